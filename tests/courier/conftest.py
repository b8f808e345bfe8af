"""Two empty hosts and the real door between them."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from source_interface.drop_folder import DropFolder, make_drop
from store.blobs import BlobFolder
from store.database import open_database
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.courier.ground import TOKEN, DeskGround, DropGround, make_desk_ground, make_drop_ground, serving


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[DropGround]:
    """An empty source host."""
    made = make_drop_ground(tmp_path / "drop")
    yield made
    made.database.close()


@pytest.fixture
def real_drop(tmp_path: Path, intake_secret: IntakeSecret) -> Iterator[DropGround]:
    """A source host with all that `candour-drop door` wants, whose token is the tests'."""
    folder = DropFolder(tmp_path / "real-drop")
    make_drop(folder.root, intake_secret.public, tmp_path / "real-pairing.json")
    folder.door_token.unlink()
    write_private_file(folder.door_token, sha256(TOKEN.encode()).hexdigest().encode())
    made = DropGround(folder.root, open_database(folder.database, "store.drop.migrations"), BlobFolder(folder.blobs))
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
