"""Two empty hosts and the real door between them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import IntakeSecret
from tests.courier.ground import DeskGround, DropGround, make_desk_ground, make_drop_ground, make_real_drop, serving


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[DropGround]:
    """An empty source host."""
    with closing(make_drop_ground(tmp_path / "drop")) as made:
        yield made


@pytest.fixture
def real_drop(tmp_path: Path, intake_secret: IntakeSecret) -> Iterator[DropGround]:
    """A source host with all that `candour-drop door` wants, whose token is the tests'."""
    with closing(make_real_drop(tmp_path, intake_secret)) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskGround]:
    """An empty reviewer host."""
    with closing(make_desk_ground(tmp_path / "desk")) as made:
        yield made


@pytest.fixture
def url(drop: DropGround) -> Iterator[str]:
    """The source host's real door."""
    with serving(drop.app()) as found:
        yield found
