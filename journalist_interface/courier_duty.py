"""The courier of one data folder on duty: one run at a time, its heart, and what the desk is told of it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.courier import Courier
from journalist_interface.courier_errors import AnotherRun, NotPaired
from journalist_interface.courier_plan import Plan
from journalist_interface.courier_report import Report, Watcher
from journalist_interface.desk_folder import COURIER_LOCK, MIGRATIONS, DeskPaths
from journalist_interface.door_client import DoorClient
from journalist_interface.pairing import Pairing, read_pairing
from journalist_interface.tor_road import TorRoad
from serving.language import gettext as _
from store.blobs import BlobFolder
from store.database import open_database
from store.desk.courier_state import (
    Doing,
    beat,
    note_source_room,
    note_source_tor,
    read_courier,
    say_finished,
    say_next,
    say_started,
)
from store.desk.health import SOURCE, note_health
from store.desk.successions import note_drop_key
from store.errors import NoRoom, StoreError
from store.folder import check_private_folder
from store.host_health import Thing

BEAT_SECONDS = 5  # the desk believes a courier gone after a minute without a beat


class Duty:
    """The courier of the desk in `folder`. Raises FolderExposed, StoreOutdated or NotPaired when it cannot begin."""

    def __init__(self, folder: Path, watcher: Watcher, plan: Plan | None = None) -> None:
        paths = DeskPaths(check_private_folder(folder))
        read_pairing(folder)
        if not paths.database.is_file():
            raise NotPaired(_("There is no desk in {path}. Run candour-desk init first.").format(path=folder))
        self._folder = folder
        self._watcher = watcher
        self._plan = plan or Plan()
        self._database = open_database(paths.database, MIGRATIONS)
        self._post = BlobFolder(paths.post)
        self._outgoing = BlobFolder(paths.outgoing)
        self._beaten_at = 0.0

    def run(self) -> Report:
        """Make one run and tell the desk how it went. Raises AnotherRun; every other trouble is in the report."""
        with self._alone():
            try:
                return self._told_run()
            except (StoreError, SQLAlchemyError, OSError) as reason:
                # Our own disk. A database's error spells out the values of its query, so only its type is told.
                why = str(reason) if isinstance(reason, StoreError) else type(reason).__name__
                return Report(problems=[_("This host could not keep what came: {why}.").format(why=why)])

    def is_wanted(self) -> bool:
        """Tell whether the desk asked for a collection."""
        with self._database.reading() as connection:
            return read_courier(connection).wanted

    def beat(self) -> None:
        """Tell the desk, every few seconds, that the courier is there."""
        if time.monotonic() - self._beaten_at >= BEAT_SECONDS:
            # A full disk passes; a courier that died of it would have to be started by hand.
            with suppress(NoRoom), self._database.writing() as connection:
                beat(connection, _now())
            self._beaten_at = time.monotonic()

    def wait_for(self, seconds: float) -> None:
        """Tell the desk in how many seconds the next run is meant to begin: who sent a reply wants to know."""
        with suppress(NoRoom), self._database.writing() as connection:
            say_next(connection, _now() + int(seconds))

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def bytes_came(self, came: int, size: int) -> None:
        """Beat while a large file comes, and pass it on (Watcher)."""
        self.beat()
        self._watcher.bytes_came(came, size)

    def submission_stored(self, files: int, size: int) -> None:
        """Pass it on (Watcher)."""
        self.beat()
        self._watcher.submission_stored(files, size)

    def _told_run(self) -> Report:
        with self._database.writing() as connection:
            say_started(connection, _now())
        # What the desk is told if this process is asked to stop, or meets something nobody thought of.
        report = Report(problems=[_("The courier stopped in the middle of a collection. Nothing is lost.")])
        try:
            pairing = read_pairing(self._folder)  # at each run: pairing again takes effect without a restart
            with closing(self._door(pairing)) as door:
                report = Courier(self._database, self._post, self._outgoing, door, self, self._plan.roads).run()
        except NotPaired as reason:
            report = Report(problems=[str(reason)])
        finally:
            doing = Doing.FAILED if report.problems else Doing.DONE
            with self._database.writing() as connection:
                say_finished(connection, _now(), doing, report.sentence())
                if report.source_room is not None:
                    note_source_room(connection, report.source_room)
                if report.source_key is not None:
                    note_drop_key(connection, report.source_key, _now())
                if report.source_tor is not None:
                    note_source_tor(connection, report.source_tor)
                note_health(connection, SOURCE, _health_of(report), _today())
        return report

    def _door(self, pairing: Pairing) -> DoorClient:
        # Anew for each run: nothing links the circuits of one run to those of another.
        road = TorRoad(pairing.socks) if pairing.socks else None
        manner = self._plan.manner(through_tor=road is not None)
        return DoorClient(pairing.door_url, pairing.token, road=road, manner=manner)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._folder / COURIER_LOCK, flags, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as held:
                raise AnotherRun from held
            yield
        finally:
            os.close(descriptor)  # and with it the lock


def _health_of(report: Report) -> dict[Thing, str]:
    """Return what this run tells of the source host: also that it could not be reached."""
    words = {**report.source_health, Thing.COLLECTION: "failed" if report.problems else "done"}
    if not report.problems:
        words[Thing.COLLECTED] = "done"
    if report.source_tor is not None:
        words[Thing.TOR] = report.source_tor.value
    return words


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _now() -> int:
    return int(time.time())
