"""How the courier goes about its runs: how many roads, what cover, what pace; for each kind of road its defaults."""

from dataclasses import dataclass

from journalist_interface.courier_cover import Cover
from journalist_interface.courier_pace import Pace
from journalist_interface.courier_roads import MOST_ROADS
from journalist_interface.door_client import Manner

# Through Tor somebody may watch the line. A letter, its confirmation and an answer weigh far less than this.
LEAST_BYTES = 2_000_000
# 500 MB take four minutes; a line that is idle otherwise does not burst.
MOST_BYTES_A_SECOND = 2_000_000


@dataclass(frozen=True)
class Plan:
    """`least` in bytes and `at_most` in bytes a second: 0 for none, None for what suits the road."""

    roads: int = MOST_ROADS
    least: int | None = None
    at_most: int | None = None

    def manner(self, *, through_tor: bool) -> Manner:
        """Return the cover and the pace of one run. On loopback nobody watches: neither, unless asked for."""
        least = (LEAST_BYTES if through_tor else 0) if self.least is None else self.least
        at_most = (MOST_BYTES_A_SECOND if through_tor else 0) if self.at_most is None else self.at_most
        return Manner(Cover(least), Pace(at_most))
