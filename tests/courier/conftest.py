"""Two empty hosts and the real door between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.courier.ground import DeskGround, DropGround, make_desk_ground, make_drop_ground, serving


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[DropGround]:
    """An empty source host."""
    made = make_drop_ground(tmp_path / "drop")
    yield made
    made.database.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskGround]:
    """An empty reviewer host."""
    made = make_desk_ground(tmp_path / "desk")
    yield made
    made.database.close()


@pytest.fixture
def url(drop: DropGround) -> Iterator[str]:
    """The source host's real door."""
    with serving(drop.app()) as found:
        yield found
