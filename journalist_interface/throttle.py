"""How often sign-in may be tried. Judges only: no database, no waiting, and no account is ever locked.

- An account's first five attempts in a row are free; then each must wait longer than the one before, up to 30 seconds.
  That leaves some 2,900 guesses a day against a password of twelve characters and a code, and its owner is let in
  half a minute after the guessing stops.
- All accounts together: 60 attempts a minute.
- An attempt counts when it begins, so that many at once gain nothing. A success clears the account's count.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from journalist_interface.errors import TryLater
from serving.language import gettext as _

FREE_ATTEMPTS = 5
LONGEST_WAIT = 30  # seconds
FORGET_AFTER = 15 * 60  # seconds without an attempt
MOST_A_MINUTE = 60
# Names remembered; the oldest is forgotten first. More than can be tried (60 a minute) before they are forgotten
# anyway, so that throw-away names push nobody's count out.
MOST_ACCOUNTS = 1_000
_LONGEST_NAME = 64  # characters, as the accounts have; what is longer is nobody's


@dataclass
class _Account:
    attempts: int = 0
    last: float = 0.0

    def opens_at(self) -> float:
        """Return when the next attempt may begin."""
        over = self.attempts - FREE_ATTEMPTS
        return self.last + min(2.0**over, LONGEST_WAIT) if over >= 0 else 0.0


class Throttle:
    """Counts attempts, in memory. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()

    def begin(self, username: str) -> None:
        """Count an attempt. Raises TryLater, and counts nothing, if it comes too soon."""
        with self._lock:
            now = self._clock()
            name = username[:_LONGEST_NAME]
            account = self._account(name, now)
            while self._recent and self._recent[0] <= now - 60:
                self._recent.popleft()
            opens_at = account.opens_at()
            if len(self._recent) >= MOST_A_MINUTE:
                opens_at = max(opens_at, self._recent[0] + 60)
            if opens_at > now:
                raise TryLater(_("Too many attempts. Wait a moment, then try again."), ceil(opens_at - now))
            # Only now is anything remembered: what is refused costs no memory.
            account.attempts += 1
            account.last = now
            self._accounts[name] = account
            self._accounts.move_to_end(name)
            while len(self._accounts) > MOST_ACCOUNTS:
                self._accounts.popitem(last=False)
            self._recent.append(now)

    def succeeded(self, username: str) -> None:
        """Forget the attempts of an account whose owner has signed in."""
        with self._lock:
            self._accounts.pop(username[:_LONGEST_NAME], None)

    def _account(self, name: str, now: float) -> _Account:
        account = self._accounts.get(name)
        return _Account() if account is None or account.last < now - FORGET_AFTER else account
