"""The intake key's passphrase, in memory and for a while only, and what was read with it.

Each officer unlocks for themselves, and for one session: who signs in anew unlocks anew. After `minutes` the
passphrase is forgotten by a timer, whether anybody looks or not; the process's end forgets it too. It is never written
anywhere.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from journalist_interface.accounts import open_passphrase
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import IntakeLocked
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.reviewers import find_reviewer

UNLOCKED_MINUTES = 15.0


@dataclass
class _Unlocked:
    passphrase: str = field(repr=False)
    ends_at: float
    timer: threading.Timer
    # What the queue shows of letters read so far, by submission; forgotten with the passphrase.
    previews: dict[str, Any] = field(default_factory=dict, repr=False)


class IntakeLock:
    """Who has the intake key unlocked. `clock` gives Unix seconds."""

    def __init__(self, minutes: float = UNLOCKED_MINUTES, clock: Callable[[], float] = time.time) -> None:
        self._seconds = minutes * 60
        self._clock = clock
        self._unlocked: dict[bytes, _Unlocked] = {}  # by the session's lookup hash
        self._guard = threading.Lock()

    def unlock(self, desk: Desk, signed_in: SignedIn) -> None:
        """Open the sealed passphrase and keep it. Raises NotAnOfficer, or SealBroken if the row was altered."""
        with desk.database.writing() as connection:
            passphrase = open_passphrase(find_reviewer(connection, signed_in.username), signed_in.key)
            record_act(connection, signed_in.username, Act.UNLOCK)
        timer = threading.Timer(self._seconds, self._forget, [signed_in.token.lookup_hash()])
        timer.daemon = True
        with self._guard:
            self._drop(signed_in.token.lookup_hash())
            self._unlocked[signed_in.token.lookup_hash()] = _Unlocked(passphrase, self._clock() + self._seconds, timer)
        timer.start()

    def lock(self, desk: Desk, signed_in: SignedIn) -> None:
        """Forget the passphrase now, and record it if it was there."""
        with self._guard:
            was_unlocked = self._drop(signed_in.token.lookup_hash())
        if was_unlocked:
            with desk.database.writing() as connection:
                record_act(connection, signed_in.username, Act.LOCK)

    def forget_session(self, session: bytes) -> None:
        """Forget the passphrase that was unlocked in a session, by its lookup hash: the session is over."""
        with self._guard:
            self._drop(session)

    def passphrase(self, signed_in: SignedIn) -> str:
        """Return the passphrase. Raises IntakeLocked."""
        return self._held(signed_in.token.lookup_hash()).passphrase

    def previews(self, signed_in: SignedIn) -> dict[str, Any]:
        """Return what was read of the queue so far, to be filled in place. Raises IntakeLocked."""
        return self._held(signed_in.token.lookup_hash()).previews

    def locks_at(self, signed_in: SignedIn) -> float | None:
        """Return when the key locks by itself, in Unix seconds, or None while it is locked."""
        try:
            return self._held(signed_in.token.lookup_hash()).ends_at
        except IntakeLocked:
            return None

    def _held(self, session: bytes) -> _Unlocked:
        with self._guard:
            held = self._unlocked.get(session)
            if held is None or held.ends_at <= self._clock():
                self._drop(session)
                raise IntakeLocked(_("The intake key is locked. Unlock it first."))
            return held

    def _forget(self, session: bytes) -> None:
        with self._guard:
            held = self._unlocked.get(session)
            # A timer that was overtaken by a second unlocking must not end that one.
            if held is not None and held.timer is threading.current_thread():
                self._drop(session)

    def _drop(self, session: bytes) -> bool:
        held = self._unlocked.pop(session, None)
        if held is not None:
            held.timer.cancel()
            held.previews.clear()
        return held is not None
