"""The source host's data folder: making it, and opening it only if everything in it can be trusted.

Fail closed: no pepper, no usable intake key, a folder others can read: no start, and one sentence that says why.
"""

import fcntl
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keys.door_token import draw_token, hash_of
from keys.intake_key import IntakeKey, load_intake_key
from serving.language import gettext as _
from source_interface.door_tokens import DoorToken, TokenFiles, keep_pending, last_day, put_in_force
from source_interface.peppers import PEPPER_SIZE, Peppers, read_peppers
from source_interface.silenced import refuse_if_silenced
from store.ballast import Ballast
from store.blobs import BlobFolder
from store.database import Database, open_database
from store.errors import FolderExposed
from store.folder import (
    check_private_folder,
    make_private_file,
    make_private_folder,
    write_new_private_file,
    write_private_file,
)

MIGRATIONS = "store.drop.migrations"
DATABASE = "drop.sqlite"
SITE_LOCK = ".site.lock"


class AlreadyMade(Exception):
    """There is a source host in this folder; making it again would lose its pepper and with it every codename."""


class AlreadyServed(Exception):
    """Somebody is at work on this folder: a second one would take the first one's work for what a crash left behind."""


@dataclass(frozen=True)
class DropFolder:
    """Where each thing of a source host lies."""

    root: Path

    @property
    def pepper(self) -> Path:
        """The pepper, and the one before while that is not over (source_interface.peppers)."""
        return self.root / "pepper"

    @property
    def intake_key(self) -> Path:
        """The intake public key."""
        return self.root / "intake-key.asc"

    @property
    def key_history(self) -> Path:
        """Which intake keys this host had, one after the other, if there were several."""
        return self.root / "intake-key-history.json"

    @property
    def door_token(self) -> Path:
        """The SHA-256 of the door's token, in hexadecimal, and from which day it is."""
        return self.root / "door-token.sha256"

    @property
    def tokens(self) -> TokenFiles:
        """The door's token, and a new one beside it."""
        return TokenFiles(self.door_token, self.root / "door-token-next.sha256")

    @property
    def desk_lost(self) -> Path:
        """What holds since a reviewer host was lost, if one was."""
        return self.root / "desk-lost.json"

    @property
    def site_address(self) -> Path:
        """The onion address under which the site answers, once there is one."""
        return self.root / "site-address"

    @property
    def settings(self) -> Path:
        """The settings, if any differ from the defaults."""
        return self.root / "settings.json"

    @property
    def database(self) -> Path:
        """The database."""
        return self.root / DATABASE

    @property
    def ballast(self) -> Path:
        """Room that is given up so that a full disk can be emptied."""
        return self.root / "ballast"

    @property
    def blobs(self) -> Path:
        """The sealed blobs."""
        return self.root / "blobs"

    @property
    def reply_files(self) -> Path:
        """The files that go with replies, sealed on the reviewer host."""
        return self.root / "reply-files"

    @property
    def tor(self) -> Path:
        """The files of this host's Tor, the keys of its onion services among them."""
        return self.root / "tor"

    @property
    def sockets(self) -> Path:
        """What Tor is shown of this folder besides its own: each socket is another file after each start."""
        return self.root / "sockets"

    @property
    def site_socket(self) -> Path:
        """Where Tor brings sources."""
        return self.sockets / "site.sock"

    @property
    def door_socket(self) -> Path:
        """Where Tor brings the courier."""
        return self.sockets / "door.sock"


@dataclass(frozen=True)
class OpenDrop:
    """A source host's folder, checked and open."""

    folder: DropFolder
    intake_key: IntakeKey
    peppers: Peppers
    database: Database
    blobs: BlobFolder
    reply_files: BlobFolder

    @property
    def pepper(self) -> bytes:
        """The 32-byte pepper of new sources."""
        return self.peppers.newest


def make_drop(root: Path, intake_key: Path, pairing: Path) -> IntakeKey:
    """Make a source host's folder and its pairing file; return the intake key. Raises AlreadyMade, IntakeKeyUnusable.

    The pairing file holds the door's token, which is nowhere else: carry it to the reviewer host and erase it.
    """
    folder = DropFolder(root)
    refuse_if_there(root)
    if pairing.exists():
        raise AlreadyMade(_("{path} exists already; nothing was changed.").format(path=pairing))
    key = load_intake_key(intake_key)
    make_private_folder(root)
    write_private_file(folder.intake_key, intake_key.read_bytes())
    write_pairing(folder, key, pairing, NewPairing(at_once=True))
    open_database(folder.database, MIGRATIONS, Ballast(folder.ballast)).close()
    BlobFolder(folder.blobs)
    BlobFolder(folder.reply_files)
    # Last: the pepper is what says that a source host is here.
    write_private_file(folder.pepper, secrets.token_bytes(PEPPER_SIZE))
    return key


def refuse_if_there(root: Path) -> None:
    """Raise AlreadyMade if there is a source host, or a part of one."""
    folder = DropFolder(root)
    if any(path.exists() for path in (folder.pepper, folder.database, folder.door_token)):
        raise AlreadyMade(_("There is a source host in {path} already; nothing was changed.").format(path=root))


def clear_half_made(root: Path) -> None:
    """Take away what a `make_drop` left that did not come to its end. Raises AlreadyMade if there is a source host.

    Only for who knows that there was nothing before it began: a database without a pepper may be all that is left. The
    intake key stays, which is in nobody's way: it may be the very file that was brought.
    """
    folder = DropFolder(root)
    if folder.pepper.exists():
        refuse_if_there(root)
    beside = [folder.database.with_name(folder.database.name + ending) for ending in ("", "-wal", "-shm")]
    for path in (folder.door_token, folder.ballast, *beside):
        path.unlink(missing_ok=True)
    for each in (folder.blobs, folder.reply_files):
        shutil.rmtree(each, ignore_errors=True)


@dataclass(frozen=True)
class NewPairing:
    """How a pairing file is to be made. `door`: its `….onion`, if it has one; `courier_key`: the public half of a new
    key that is let in there; `ends`: those of keys that end once the new token is used; `lets_in`: the one that goes if
    it is not used. `at_once`: the token before opens nothing from now on."""

    at_once: bool
    door: str | None = None
    courier_key: str | None = None
    ends: tuple[str, ...] = ()
    lets_in: str | None = None


def write_pairing(folder: DropFolder, key: IntakeKey, pairing: Path, new: NewPairing) -> DoorToken:
    """Make a new token for the door, write it into a new pairing file, and return what is kept of it.

    Raises AlreadyMade if there is a file of that name.
    """
    spelt, today = draw_token(), datetime.now(UTC).date().isoformat()
    # With a token that holds at once there is nothing that could lapse.
    token = DoorToken(hash_of(spelt), today, new.ends, None if new.at_once else new.lets_in)
    document = {"candour_pairing": 1, "token": spelt, "fingerprint": key.fingerprint}
    if not new.at_once:
        document["until"] = last_day(today)
    if new.door is not None:
        document["door_url"] = f"http://{new.door}"
    if new.courier_key is not None:
        document["courier_key"] = new.courier_key
    # First the file: a token that nobody has would shut the courier out.
    try:
        write_new_private_file(pairing, json.dumps(document).encode("ascii"))
    except FileExistsError:
        refuse_taken(pairing)
        raise
    (put_in_force if new.at_once else keep_pending)(folder.tokens, token)
    return token


def refuse_taken(pairing: Path) -> None:
    """Raise AlreadyMade if there is a file of the name that a new pairing file is to have."""
    if pairing.exists() or pairing.is_symlink():
        why = _("{path} exists already; nothing was changed: what opened the door still does. Choose another name.")
        raise AlreadyMade(why.format(path=pairing))


@contextmanager
def only_site(root: Path) -> Iterator[None]:
    """Be the one site that serves this folder, for as long as the context lasts. Raises AlreadyServed.

    The lock is the open file's (flock(2)), so that serving processes started meanwhile share it, and a killed one
    leaves none behind.
    """
    busy = _(
        "Another site serves {path} already. Nothing was changed. To stop it, as root: systemctl stop candour-site"
    )
    with _alone(root / SITE_LOCK, busy.format(path=root)):
        yield


@contextmanager
def only_hand_on_pepper(root: Path) -> Iterator[None]:
    """Keep the pepper as it is for everybody else: while it is changed, and while a backup is made.

    A backup takes the pepper first and the database a moment later: the two must belong together. Raises AlreadyServed.
    """
    busy = _("A backup of this host is being made, or its pepper is being changed. Wait until that is done.")
    with _alone(root / ".pepper.lock", busy):
        yield


@contextmanager
def _alone(lock_file: Path, busy: str) -> Iterator[None]:
    make_private_file(lock_file)
    with lock_file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise AlreadyServed(busy) from reason
        yield


def check_drop(root: Path) -> None:
    """Open a source host's folder and close it again: for a start to fail before anything listens."""
    open_drop(root).database.close()


def open_drop(root: Path) -> OpenDrop:
    """Open a source host's folder. Raises FolderExposed, IntakeKeyUnusable or StoreOutdated, each with a sentence."""
    folder = DropFolder(check_private_folder(root))
    refuse_if_silenced(root)
    if not folder.database.is_file():
        # Opening would make an empty one, in which no source and no submission is known.
        raise FolderExposed(
            _("The database {path} is missing. Restore it from the backup.").format(path=folder.database)
        )
    return OpenDrop(
        folder=folder,
        peppers=read_peppers(folder.pepper),
        intake_key=load_intake_key(folder.intake_key),
        database=open_database(folder.database, MIGRATIONS, Ballast(folder.ballast)),
        blobs=BlobFolder(folder.blobs),
        reply_files=BlobFolder(folder.reply_files),
    )
