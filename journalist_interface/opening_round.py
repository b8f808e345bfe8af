"""Opening the queue in one go: in a thread, so that the page can show how far it is; stopped by locking the key.

A letter that says whom it must not reach is left where it is, and so is every other letter of that source: a person
looks at the name, then at who is cleared.

One round at a time for each officer. Each parcel is opened whole or not at all (see opening.py), so a round that is
cut off, even by the end of the process, is simply started again.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CannotOpen, ChoiceMissing, IntakeLocked, NotCleared
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening import open_parcel
from journalist_interface.post_queue import held_back, note_problem
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.parcels import Parcel, list_parcels
from store.errors import Missing, NoRoom

# A short round is over before its page is shown; a longer one shows its progress.
_PATIENCE = 4.0  # seconds


@dataclass
class Progress:
    """How far a round is. `sentence` says how it ended before its end, if it did."""

    total: int
    done: int = 0
    running: bool = True
    sentence: str = ""
    finished: threading.Event = field(default_factory=threading.Event, repr=False)


class OpeningRounds:
    """The rounds of all officers, in memory."""

    def __init__(self, desk: Desk, lock: IntakeLock) -> None:
        self._desk = desk
        self._lock = lock
        self._progress: dict[str, Progress] = {}
        self._guard = threading.Lock()

    def progress(self, username: str) -> Progress | None:
        """Return how far the officer's last round is, or None if there was none."""
        return self._progress.get(username)

    def start(self, signed_in: SignedIn, cleared: Collection[str]) -> None:
        """Open every letter without a "must not reach" note. Returns when done, or when it will clearly take a while.

        Raises IntakeLocked, and ChoiceMissing if nobody would be cleared.
        """
        self._lock.passphrase(signed_in)
        if not cleared:
            raise ChoiceMissing(_("Choose at least one reviewer who may read what you open."))
        with self._guard:
            running = self._progress.get(signed_in.username)
            if running is None or not running.running:
                with self._desk.database.reading() as connection:
                    waiting = [parcel for parcel in list_parcels(connection) if parcel.problem is None]
                running = self._progress[signed_in.username] = Progress(len(waiting))
                threading.Thread(
                    target=self._open_all, args=(signed_in, tuple(cleared), waiting, running), daemon=True
                ).start()
        running.finished.wait(_PATIENCE)

    def _open_all(
        self, signed_in: SignedIn, cleared: Collection[str], waiting: list[Parcel], progress: Progress
    ) -> None:
        try:
            left_to_a_person = held_back(self._desk, self._lock, signed_in, waiting)
            for parcel in waiting:
                if parcel.submission not in left_to_a_person:
                    self._open_one(signed_in, cleared, parcel)
                progress.done += 1
        except IntakeLocked:
            progress.sentence = _("Opening stopped because the intake key was locked. The rest waits in the post.")
        except NoRoom:
            progress.sentence = _("Opening stopped because the disk is full. The rest waits in the post.")
        except Exception:
            # Not logged: a traceback can hold what somebody wrote.
            progress.sentence = _("Opening stopped because of a fault. The rest waits in the post.")
        finally:
            progress.running = False
            progress.finished.set()

    def _open_one(self, signed_in: SignedIn, cleared: Collection[str], parcel: Parcel) -> None:
        # Asked for anew each time: locking the key must end the round.
        passphrase = self._lock.passphrase(signed_in)
        try:
            open_parcel(self._desk, signed_in, passphrase, parcel.submission, cleared)
        except CannotOpen as reason:
            note_problem(self._desk, signed_in, parcel, reason)
        except (NotCleared, Missing):
            return  # a colleague's, or a colleague was faster
