"""A source host whose pepper changes: rotated, opened again, and what a thief of it could try guesses on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keys.codename import Codename
from keys.derivation import SourceKeys, derive
from keys.reply import reply_address
from source_interface.drop_folder import DropFolder
from source_interface.pepper_changing import changing_pepper, finish, rotate
from source_interface.peppers import Peppers, read_peppers
from source_interface.returning import sign_in
from tests.conftest import IntakeSecret
from tests.source_ground import SourceGround, opened_ground


def rotated(folder: DropFolder) -> Peppers:
    """Make a new pepper, while nothing is served."""
    with changing_pepper(folder.root) as drop:
        return rotate(drop)


def finished(folder: DropFolder) -> Peppers:
    """End the time of the older one."""
    with changing_pepper(folder.root) as drop:
        finish(drop)
    return read_peppers(folder.pepper)


@contextmanager
def started_again(folder: DropFolder, secret: IntakeSecret) -> Iterator[SourceGround]:
    """The host as its next start finds it."""
    with opened_ground(folder, secret) as ground:
        yield ground


def come_back(ground: SourceGround, codename: Codename) -> SourceKeys:
    """The keys of a source who comes back. Raises NotFound."""
    return sign_in(ground.host, codename.reveal(), None)[0]


def stolen_database(ground: SourceGround) -> bytes:
    """All bytes of the database and of what lies beside it, once the housekeeper has been round."""
    assert ground.host.drop.database.leave_no_trace()
    return bytes_of_database(ground.folder.root)


def bytes_of_database(root: Path) -> bytes:
    """All bytes of the database and of its log."""
    return b"".join(path.read_bytes() for path in sorted(root.glob("drop.sqlite*")) if path.suffix != ".sqlite-shm")


def gives_away(database: bytes, codename: Codename, pepper: bytes) -> dict[str, bool]:
    """Whether a thief with a pepper and these bytes sees that a guessed codename is right: by which of its values."""
    keys = derive(codename, pepper)
    public = keys.reply_key().public
    return {
        "the lookup id": keys.lookup_id in database,
        "the address": reply_address(public).encode() in database,
        # A row of 1.2 KB may go on in another page.
        "the reply key": public[:64] in database,
    }
