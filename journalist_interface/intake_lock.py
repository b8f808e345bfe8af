"""The intake key's passphrase, in memory and for a while only, and what was read with it.

Each officer unlocks for themselves, and for one session: who signs in anew unlocks anew. After `minutes` the
passphrase is forgotten by a timer, whether anybody looks or not; the process's end forgets it too. It is never written
anywhere. That it was locked is recorded, by whatever it was; only the process's end, and a full disk, leave no record.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.accounts import open_passphrase
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import IntakeLocked
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.reviewers import find_reviewer
from store.errors import NoRoom

UNLOCKED_MINUTES = 15.0
_BY_ITSELF = "by itself"  # the note of a record that no button made


@dataclass
class _Unlocked:
    desk: Desk
    username: str
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
            self._unlocked[signed_in.token.lookup_hash()] = _Unlocked(
                desk, signed_in.username, passphrase, self._clock() + self._seconds, timer
            )
        timer.start()

    def lock(self, desk: Desk, signed_in: SignedIn) -> None:
        """Forget the passphrase now, and record it if it was there."""
        with self._guard:
            held = self._drop(signed_in.token.lookup_hash())
        if held is not None:
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
            if held is not None and held.ends_at > self._clock():
                return held
            ended = self._drop(session)
        _record_end(ended)
        raise IntakeLocked(_("The intake key is locked. Unlock it first."))

    def _forget(self, session: bytes) -> None:
        with self._guard:
            held = self._unlocked.get(session)
            # A timer that was overtaken by a second unlocking must not end that one.
            ended = self._drop(session) if held is not None and held.timer is threading.current_thread() else None
        _record_end(ended)

    def _drop(self, session: bytes) -> _Unlocked | None:
        held = self._unlocked.pop(session, None)
        if held is not None:
            held.timer.cancel()
            held.previews.clear()
        return held


def _record_end(ended: _Unlocked | None) -> None:
    """Record that the key locked by itself. Whoever took it out of `_unlocked` does so, hence once."""
    if ended is not None:
        # It is locked already, and must be, whether that can be recorded or not.
        with suppress(NoRoom, SQLAlchemyError), ended.desk.database.writing() as connection:
            record_act(connection, ended.username, Act.LOCK, note=_BY_ITSELF)
