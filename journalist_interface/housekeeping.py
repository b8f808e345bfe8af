"""The housekeeper of a serving desk: what was erased leaves the database's log too, however busy it was then; what was
kept in memory for a session leaves with it, whoever or whatever ended it; drafts that are too old go; and so do keys to
the desk of whoever is nobody here any more.

An act that erases (a wall's old key, a password, a session) empties the log right after, if nobody reads or writes just
then. Otherwise it is done here; and so is what another process erased, `candour-desk recovery-shares renew` for one.
Therefore nobody keeps a note of what is owed: a note would be lost in a crash, and would be one process's only.
"""

import threading
from contextlib import suppress
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.casework.board import Boards
from journalist_interface.casework.drafts import erase_old_drafts
from journalist_interface.casework.prepared_files import forget_old_files
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.entrances import close_entrances, settle_keys
from journalist_interface.errors import EntranceStays
from journalist_interface.sessions import is_alive
from store.desk.outgoing import finish_outgoing
from store.errors import StoreError

ROUND_SECONDS = 30
BUSY_SECONDS = 1  # until it is tried again because somebody read or wrote


class Housekeeper:
    """Empties the log twice a minute, in a thread of its own, from `start` to `stop`."""

    def __init__(self, desk: Desk, boards: Boards) -> None:
        self._desk = desk
        self._boards = boards
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="housekeeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the round that is under way."""
        self._stopped.set()
        self._thread.join()

    def round(self) -> float:
        """Forget ended sessions' boards, erase old drafts, files of replies that were never sent, or are delivered, and
        empty the log; return in how many seconds to look again.
        """
        # A database that cannot be read just now must not end the rounds: the log would never be emptied again.
        with suppress(SQLAlchemyError, StoreError), self._desk.database.reading() as connection:
            self._boards.sweep(partial(is_alive, connection))
        # Each as the one before: what fails now is done in the next round.
        with suppress(SQLAlchemyError, StoreError, OSError):
            settle_keys(self._desk)
        with suppress(SQLAlchemyError, StoreError, OSError, EntranceStays):
            close_entrances(self._desk)
        with suppress(SQLAlchemyError, StoreError):
            erase_old_drafts(self._desk, now())
        with suppress(SQLAlchemyError, StoreError, OSError):
            forget_old_files(self._desk)
        with suppress(SQLAlchemyError, StoreError, OSError):
            finish_outgoing(self._desk.database, self._desk.outgoing)
        return ROUND_SECONDS if self._desk.database.leave_no_trace() else BUSY_SECONDS

    def _work(self) -> None:
        seconds = self.round()
        while not self._stopped.wait(seconds):
            seconds = self.round()
