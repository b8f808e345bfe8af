"""How often sign-in may be tried. Judges only: no database, no waiting, and no account is ever locked.

- An account's first five attempts in a row are free; then each must wait longer than the one before, up to 30 seconds.
  That leaves some 2,900 guesses a day against a password of twelve characters and a code, and its owner is let in
  half a minute after the guessing stops.
- All attempts of strangers together: 60 at first, then one a second as they come. No second is lost to whoever came
  first: a flood of names that nobody has leaves everybody a chance each second, and holds up nobody who is signed in
  or holds a link (`is_stranger`). It cannot be told from its owner: a bucket for names that nobody has would tell
  which names somebody has.
- An attempt counts when it begins, so that many at once gain nothing. A success clears the account's count.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from journalist_interface.errors import TryLater
from serving.language import gettext as _

FREE_ATTEMPTS = 5
LONGEST_WAIT = 30  # seconds
FORGET_AFTER = 15 * 60  # seconds without an attempt
MOST_AT_ONCE = 60
A_SECOND = 1.0  # attempts that strangers have back each second
# Names remembered; the oldest is forgotten first. More than can be tried (one a second) before they are forgotten
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
        self._accounts: OrderedDict[tuple[bool, str], _Account] = OrderedDict()
        self._left = float(MOST_AT_ONCE)  # attempts of strangers, as of `_counted`
        self._counted = clock()
        self._lock = threading.Lock()

    def begin(self, username: str, *, is_stranger: bool = True) -> None:
        """Count an attempt. Raises TryLater, and counts nothing, if it comes too soon.

        `is_stranger`: nothing but the name says whose it is; False for somebody who has a session or a link already.
        """
        with self._lock:
            now = self._clock()
            # What strangers try under a name counts for strangers alone: else they would hold up its owner at work.
            name = (is_stranger, username[:_LONGEST_NAME])
            account = self._account(name, now)
            self._left = min(MOST_AT_ONCE, self._left + (now - self._counted) * A_SECOND)
            self._counted = now
            opens_at = account.opens_at()
            if is_stranger and self._left < 1:
                opens_at = max(opens_at, now + (1 - self._left) / A_SECOND)
            if opens_at > now:
                raise TryLater(_("Too many attempts. Wait a moment, then try again."), ceil(opens_at - now))
            # Only now is anything remembered: what is refused costs no memory.
            account.attempts += 1
            account.last = now
            self._accounts[name] = account
            self._accounts.move_to_end(name)
            while len(self._accounts) > MOST_ACCOUNTS:
                self._accounts.popitem(last=False)
            self._left -= is_stranger

    def succeeded(self, username: str) -> None:
        """Forget the attempts of an account whose owner has signed in."""
        with self._lock:
            for is_stranger in (True, False):
                self._accounts.pop((is_stranger, username[:_LONGEST_NAME]), None)

    def _account(self, name: tuple[bool, str], now: float) -> _Account:
        account = self._accounts.get(name)
        return _Account() if account is None or account.last < now - FORGET_AFTER else account
