"""Does this host's clock agree with Tor's? Tor says when it does not, and never that it does again.

So a clock that was found wrong counts as wrong until it has been set, by as much as it was wrong; after an hour in
which Tor has said nothing more, as unknown: Tor may have been told a lie.
"""

import re

# control-spec, STATUS_GENERAL: by how many seconds the clock of this host is ahead.
_SKEW = re.compile(r"STATUS_GENERAL \S+ CLOCK_SKEW .*SKEW=([+-]?[0-9]{1,12})")
# Tor allows three hours; beyond minutes codes of authenticators fail, and deadlines are wrong.
MOST_SKEW_SECONDS = 120
_SURE_SECONDS = 3600


def read_skew(event: str) -> int | None:
    """Return by how many seconds this host's clock is ahead, if the event says that it is wrong."""
    found = _SKEW.match(event)
    return int(found[1]) if found else None


class Clock:
    """What is known of this host's clock. `wall` is its time, `steady` that of a clock which nobody sets; seconds."""

    def __init__(self) -> None:
        self._skew: int | None = None
        self._offset = 0.0
        self._told_at = 0.0

    def found_wrong(self, skew: int, wall: float, steady: float) -> None:
        """Take in that Tor found the clock ahead by `skew` seconds."""
        self._skew, self._offset, self._told_at = skew, wall - steady, steady

    def skew(self, wall: float, steady: float, *, is_connected: bool) -> int | None:
        """Return by how much the clock is ahead: 0 if it agrees, None if nothing is known of it.

        `is_connected`: Tor has got all the way, and would have said what is wrong.
        """
        if self._skew is not None:
            # By how much it was set since.
            left = round(self._skew + wall - steady - self._offset)
            if abs(left) > MOST_SKEW_SECONDS:
                return left if steady - self._told_at < _SURE_SECONDS else None
            self._skew = None
        return 0 if is_connected else None
