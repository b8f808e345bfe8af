"""The source host's data folder: making it, and opening it only if everything in it can be trusted.

Fail closed: no pepper, no usable intake key, a folder others can read: no start, and one sentence that says why.
"""

import base64
import fcntl
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from keys.intake_key import IntakeKey, load_intake_key
from serving.language import gettext as _
from store.ballast import Ballast
from store.blobs import BlobFolder
from store.database import Database, open_database
from store.errors import FolderExposed
from store.folder import (
    check_private_folder,
    make_private_file,
    make_private_folder,
    read_private_file,
    write_new_private_file,
    write_private_file,
)

PEPPER_SIZE = 32  # bytes; keys.derivation checks it again where it is used
DOOR_TOKEN_BYTES = 32
MIGRATIONS = "store.drop.migrations"
_TOKEN_HASH = re.compile(r"[0-9a-f]{64}\n?\Z")


class AlreadyMade(Exception):
    """There is a source host in this folder; making it again would lose its pepper and with it every codename."""


class AlreadyServed(Exception):
    """A site serves this folder: a second one would take the first one's work for what a crash left behind."""


@dataclass(frozen=True)
class DropFolder:
    """Where each thing of a source host lies."""

    root: Path

    @property
    def pepper(self) -> Path:
        """The 32-byte pepper."""
        return self.root / "pepper"

    @property
    def intake_key(self) -> Path:
        """The intake public key."""
        return self.root / "intake-key.asc"

    @property
    def door_token(self) -> Path:
        """The SHA-256 of the door's token, in hexadecimal."""
        return self.root / "door-token.sha256"

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
        return self.root / "drop.sqlite"

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
    pepper: bytes = field(repr=False)
    database: Database
    blobs: BlobFolder
    reply_files: BlobFolder


def make_drop(root: Path, intake_key: Path, pairing: Path) -> IntakeKey:
    """Make a source host's folder and its pairing file; return the intake key. Raises AlreadyMade, IntakeKeyUnusable.

    The pairing file holds the door's token, which is nowhere else: carry it to the reviewer host and erase it.
    """
    folder = DropFolder(root)
    if any(path.exists() for path in (folder.pepper, folder.database, folder.door_token)):
        raise AlreadyMade(_("There is a source host in {path} already; nothing was changed.").format(path=root))
    if pairing.exists():
        raise AlreadyMade(_("{path} exists already; nothing was changed.").format(path=pairing))
    key = load_intake_key(intake_key)
    make_private_folder(root)
    write_private_file(folder.intake_key, intake_key.read_bytes())
    write_pairing(folder, key, pairing)
    open_database(folder.database, MIGRATIONS, Ballast(folder.ballast)).close()
    BlobFolder(folder.blobs)
    BlobFolder(folder.reply_files)
    # Last: the pepper is what says that a source host is here.
    write_private_file(folder.pepper, secrets.token_bytes(PEPPER_SIZE))
    return key


def write_pairing(folder: DropFolder, key: IntakeKey, pairing: Path, door: str | None = None) -> None:
    """Make a new token for the door and write it into a new pairing file; the token before opens nothing any more.

    `door` is its `….onion`, if it has one. Raises AlreadyMade if there is a file of that name.
    """
    spelt = base64.urlsafe_b64encode(secrets.token_bytes(DOOR_TOKEN_BYTES)).rstrip(b"=").decode("ascii")
    document = {"candour_pairing": 1, "token": spelt, "fingerprint": key.fingerprint}
    if door is not None:
        document["door_url"] = f"http://{door}"
    # First the file: a token that nobody has would shut the courier out.
    try:
        write_new_private_file(pairing, json.dumps(document).encode("ascii"))
    except FileExistsError as taken:
        raise AlreadyMade(
            _(
                "{path} exists already; nothing was changed: the old token still opens the door. Choose another name."
            ).format(path=pairing)
        ) from taken
    write_private_file(folder.door_token, sha256(spelt.encode("ascii")).hexdigest().encode("ascii"))


def read_door_token(folder: DropFolder) -> str:
    """Return the SHA-256 of the door's token, in hexadecimal. Raises FolderExposed with a sentence."""
    found = read_private_file(folder.door_token, _("The door's token")).decode("utf-8", "replace")
    if not _TOKEN_HASH.match(found):
        raise FolderExposed(
            _("The door's token in {path} is damaged. Restore it from the backup.").format(path=folder.door_token)
        )
    return found.strip()


def read_pepper(folder: DropFolder) -> bytes:
    """Return the pepper. Raises FolderExposed with a sentence."""
    pepper = read_private_file(folder.pepper, _("The pepper, without which no codename can be found,"))
    if len(pepper) != PEPPER_SIZE:
        raise FolderExposed(
            _("The pepper in {path} is damaged. Restore it from the backup.").format(path=folder.pepper)
        )
    return pepper


@contextmanager
def only_site(root: Path) -> Iterator[None]:
    """Be the one site that serves this folder, for as long as the context lasts. Raises AlreadyServed.

    The lock is the open file's (flock(2)), so that serving processes started meanwhile share it, and a killed one
    leaves none behind.
    """
    make_private_file(root / ".site.lock")
    with (root / ".site.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise AlreadyServed(_("Another site serves {path} already.").format(path=root)) from reason
        yield


def check_drop(root: Path) -> None:
    """Open a source host's folder and close it again: for a start to fail before anything listens."""
    open_drop(root).database.close()


def open_drop(root: Path) -> OpenDrop:
    """Open a source host's folder. Raises FolderExposed, IntakeKeyUnusable or StoreOutdated, each with a sentence."""
    folder = DropFolder(check_private_folder(root))
    if not folder.database.is_file():
        # Opening would make an empty one, in which no source and no submission is known.
        raise FolderExposed(
            _("The database {path} is missing. Restore it from the backup.").format(path=folder.database)
        )
    return OpenDrop(
        folder=folder,
        pepper=read_pepper(folder),
        intake_key=load_intake_key(folder.intake_key),
        database=open_database(folder.database, MIGRATIONS, Ballast(folder.ballast)),
        blobs=BlobFolder(folder.blobs),
        reply_files=BlobFolder(folder.reply_files),
    )
