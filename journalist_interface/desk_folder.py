"""The desk's data folder, opened: the database, the post, the vault, the GnuPG home."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from journalist_interface.errors import SetUpRefused
from journalist_interface.intake_homes import finish_if_left
from journalist_interface.not_newer import DATABASE
from journalist_interface.not_newer import MIGRATIONS as MIGRATIONS
from serving.language import gettext as _
from store.blobs import BlobFolder
from store.database import Database, open_database
from store.desk.case_tables import vault_erasing
from store.desk.destroyed_list import bring_up_to_date
from store.desk.items import blobs_named
from store.desk.outgoing import blobs_named as outgoing_named
from store.desk.outgoing import finish_outgoing
from store.desk.parcels import finish_openings
from store.desk.settings import Setting, read_setting
from store.erasing import finish_erasing
from store.errors import Missing
from store.folder import check_private_folder, make_private_file, make_private_folder
from store.leftovers import clear_leftovers

COURIER_LOCK = "courier.lock"
DESK_LOCK = ".desk.lock"
_ATTEMPTS = 40  # while others read or write
_BETWEEN_ATTEMPTS = 0.05  # seconds


@dataclass(frozen=True)
class DeskPaths:
    """Where everything of one desk lies."""

    folder: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / DATABASE

    @property
    def gnupg(self) -> Path:
        """The GnuPG home with the intake secret key, under its passphrase."""
        return self.folder / "gnupg"

    @property
    def intake_key(self) -> Path:
        """The intake public key, armoured: what the source host is given."""
        return self.folder / "intake-key.asc"

    @property
    def recovery_key(self) -> Path:
        """Where a desk made before there were shares wrote its recovery key, to be taken off this host."""
        return self.folder / "recovery-key.txt"

    @property
    def next_signing_key(self) -> Path:
        """A new key for it, until the trail names it and it has come into its place."""
        return self.folder / "audit-signing-key-next"

    @property
    def signing_key(self) -> Path:
        """The secret half of the key that signs checkpoints of the audit trail."""
        return self.folder / "audit-signing-key"

    @property
    def destroyed(self) -> Path:
        """The list of destroyed cases: their references and days (store.desk.destroyed_list)."""
        return self.folder / "destroyed-cases.txt"

    @property
    def post(self) -> Path:
        """Sealed parcels that the courier brought."""
        return self.folder / "post"

    @property
    def vault(self) -> Path:
        """Attachments of cases, each under its case key."""
        return self.folder / "vault"

    @property
    def outgoing(self) -> Path:
        """Files on their way to the source host with replies, each sealed for its source."""
        return self.folder / "outgoing"


@dataclass(frozen=True)
class Desk:
    """One desk, open for work.

    The recovery public key is not here: it may be replaced while the desk works, so it is read where it is used.
    """

    paths: DeskPaths
    database: Database
    post: BlobFolder
    vault: BlobFolder
    outgoing: BlobFolder
    intake_fingerprint: str


@contextmanager
def only_desk(folder: Path) -> Iterator[None]:
    """Be the one desk that serves this folder, for as long as the context lasts. Raises SetUpRefused.

    A second one would take what the first is moving into the vault for what a crash left behind. The lock is the open
    file's (flock(2)): serving processes started meanwhile share it, and a killed one leaves none behind.
    """
    make_private_file(folder / DESK_LOCK)
    with (folder / DESK_LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            # The socket that systemd holds starts the desk again, as soon as any open page asks for the next one.
            raise SetUpRefused(
                _(
                    "Another desk serves {path} already. Nothing was changed. To stop it, as root, its socket too: "
                    "systemctl stop candour-desk.socket candour-desk"
                ).format(path=folder)
            ) from reason
        yield


@contextmanager
def no_courier(folder: Path) -> Iterator[None]:
    """Keep the courier from collecting for as long as the context lasts. Raises SetUpRefused if it is at work."""
    make_private_file(folder / COURIER_LOCK)
    with (folder / COURIER_LOCK).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise SetUpRefused(_("The courier is at work in {path}.").format(path=folder)) from reason
        yield


def open_desk(folder: Path) -> Desk:
    """Return the desk in `folder`. Raises FolderExposed, StoreOutdated, or SetUpRefused if `init` did not finish."""
    paths = DeskPaths(check_private_folder(folder))
    if not paths.database.is_file():
        raise SetUpRefused(_("There is no desk in {path}. Run candour-desk init first.").format(path=folder))
    database = open_database(paths.database, MIGRATIONS)
    try:
        with database.reading() as connection:
            read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)
            fingerprint = read_setting(connection, Setting.INTAKE_FINGERPRINT).decode("ascii")
    except Missing as reason:
        database.close()
        raise SetUpRefused(
            _("The desk in {path} was not made to its end. Choose a new folder and run candour-desk init.").format(
                path=folder
            )
        ) from reason
    finish_if_left(folder, fingerprint)
    post, vault, outgoing = (BlobFolder(path) for path in (paths.post, paths.vault, paths.outgoing))
    return Desk(paths, database, post, vault, outgoing, fingerprint)


@contextmanager
def opened_desk(folder: Path) -> Iterator[Desk]:
    """Give the desk in `folder`, and close it whatever happens. Raises what `open_desk` raises."""
    desk = open_desk(folder)
    try:
        yield desk
    finally:
        desk.database.close()


def open_blob_folder(path: Path) -> BlobFolder:
    """Return the blob folder at `path`, made private if it is new."""
    return BlobFolder(make_private_folder(path))


def empty_log(desk: Desk) -> bool:
    """Empty the database's log of what was erased, trying for two seconds; tell whether it is done.

    If it is not, somebody reads all the time: the housekeeper of the serving desk goes on trying.
    """
    for _attempt in range(_ATTEMPTS):
        if desk.database.leave_no_trace():
            return True
        time.sleep(_BETWEEN_ATTEMPTS)
    return False


def clear_desk_leftovers(desk: Desk) -> None:
    """Erase what a crash left: vault files of openings and resealings that never came to their end, the files that
    those which did have made superfluous, and copies for sources whose reply was never queued, or is delivered. What
    those erased leaves the database's log too.

    Only for the start of the one desk process, before anything is opened.
    """
    clear_leftovers(desk.vault, partial(blobs_named, desk.database))
    finish_openings(desk.database, desk.post)
    finish_erasing(desk.database, vault_erasing, desk.vault)
    clear_leftovers(desk.outgoing, partial(outgoing_named, desk.database))
    finish_outgoing(desk.database, desk.outgoing)
    with suppress(OSError):
        bring_up_to_date(desk.database, desk.paths.destroyed)
    # A crash between a wall, or a destruction, and this left the old key there.
    desk.database.leave_no_trace()
