"""Opening the queue in one go: in a thread, so that the page can show how far it is; stopped by locking the key.

Every letter is read first, and whatever the courier brings meanwhile is, before another one is opened. Then each new
case is opened to the reviewers proposed for it, and each further letter in its case. What needs a person is left where
it is: a letter that says whom it must not reach, one in which somebody has a conflict, one for which too few can be
proposed, every other letter of such a source, and a new one that says that its source wrote before.

One round at a time for each officer. Each parcel is opened whole or not at all (see opening.py), so a round that is
cut off, even by the end of the process, is simply started again.
"""

import threading
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CannotOpen, ChoiceMissing, IntakeLocked, KeyExchanged, NotCleared
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening import open_parcel
from journalist_interface.post_preview import Preview, place_in_queue
from journalist_interface.post_queue import needs_a_person
from journalist_interface.post_reading import note_problem, read_post
from journalist_interface.proposing import Proposal, propose
from journalist_interface.sessions import SignedIn
from journalist_interface.who_can_read import candidates, load_of_reviewers
from serving.language import gettext as _
from serving.language import ngettext
from store.desk.parcels import read_parcel, waiting_submissions
from store.errors import Missing, NoRoom

# A short round is over before its page is shown; a longer one shows its progress.
_PATIENCE = 4.0  # seconds


@dataclass
class Progress:
    """How far a round is; `total` is 0 while the letters are read. `sentence` says how it ended before its end, if it
    did, or what it left."""

    total: int = 0
    done: int = 0
    running: bool = True
    sentence: str = ""
    finished: threading.Event = field(default_factory=threading.Event, repr=False)


@dataclass(frozen=True)
class _Waiting:
    """What is left of a round: the submissions that were in the post before it was read, and the letters."""

    known: frozenset[str]
    previews: list[Preview]


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

    def start(self, signed_in: SignedIn) -> None:
        """Open every letter that needs no person. Returns when done, or when it will clearly take a while.

        Raises IntakeLocked.
        """
        self._lock.passphrase(signed_in)
        with self._guard:
            running = self._progress.get(signed_in.username)
            if running is None or not running.running:
                running = Progress()
                threading.Thread(target=self._open_all, args=(signed_in, running), daemon=True).start()
                self._progress[signed_in.username] = running  # not before: without a thread it would never end
        running.finished.wait(_PATIENCE)

    def _open_all(self, signed_in: SignedIn, progress: Progress) -> None:
        try:
            with self._desk.database.reading() as connection:
                load = load_of_reviewers(connection, signed_in.username, now())
            done: set[str] = set()
            left = 0
            while waiting := self._read_all(signed_in, done):
                progress.total = len(done) + len(waiting.previews)
                for preview in waiting.previews:
                    if self._came_since(waiting):
                        break  # what came may say whom these letters must not reach
                    left += not self._open_one(signed_in, preview, load)
                    done.add(preview.submission)
                    progress.done += 1
            progress.sentence = _left(left)
        except KeyExchanged as reason:
            progress.sentence = reason.sentence
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

    def _read_all(self, signed_in: SignedIn, done: set[str]) -> _Waiting | None:
        """Return every letter that this round has not dealt with yet, all of them read; None if there is none."""
        known = self._submissions()
        reading = read_post(self._desk, self._lock, signed_in, None)
        if not reading.has_room:
            raise NoRoom("the letters cannot be read")
        previews = [preview for preview in reading.previews if preview.submission not in done]
        return _Waiting(known, sorted(previews, key=place_in_queue)) if previews else None

    def _came_since(self, waiting: _Waiting) -> bool:
        return not self._submissions() <= waiting.known

    def _submissions(self) -> frozenset[str]:
        with self._desk.database.reading() as connection:
            return waiting_submissions(connection)

    def _open_one(self, signed_in: SignedIn, preview: Preview, load: Counter[str]) -> bool:
        """Open a letter, or return False if it is left to a person."""
        # Asked for anew each time: locking the key must end the round.
        passphrase = self._lock.passphrase(signed_in)
        proposal = None if preview.case else self._propose(preview, load)
        if needs_a_person(preview, proposal):
            return False
        cleared: Collection[str] = () if proposal is None else proposal.names
        try:
            open_parcel(self._desk, signed_in, passphrase, preview.submission, cleared)
            load.update(cleared)
        except CannotOpen as reason:
            with self._desk.database.reading() as connection:
                parcel = read_parcel(connection, preview.submission)
            note_problem(self._desk, signed_in, parcel, reason)
        except (ChoiceMissing, NotCleared, Missing):
            pass  # a colleague was faster, or it is a colleague's by now: the queue, read again, tells
        return True

    def _propose(self, preview: Preview, load: Counter[str]) -> Proposal:
        with self._desk.database.reading() as connection:
            reviewers = candidates(connection, load)
        return propose(preview.topics, reviewers, preview.conflicts, today())


def _left(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "{n} letter was left for you: look at who may read it.",
        "{n} letters were left for you: look at who may read each.",
        count,
    ).format(n=count)
