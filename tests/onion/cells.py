"""Counting the cells of a visit, where the onion service meets the Tor network."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from onion.control import Control
from tests.onion.onion_site import OnionSite

# tor counts a relay cell as its payload (tor-spec, section 3: CELL_BODY_LEN), whatever is before it on the line.
CELL_BYTES = 509
# Tor tells once a second what changed in the second before; what is on its way when a visit ends comes in the next.
_TELLS = 3
_PATIENCE_SECONDS = 30
_VISITED = re.compile(r"^(\d+) BUILT .*PURPOSE=HS_SERVICE_REND HS_STATE=HSSR_JOINED", re.MULTILINE)
_COUNTED = re.compile(r"CIRC_BW ID=(\d+) READ=(\d+) WRITTEN=(\d+) ")


@dataclass(frozen=True, order=True)
class Cells:
    """Cells of one circuit: from the source to the site, and from the site to the source."""

    to_site: int
    to_source: int


class Watch:
    """A look at the circuits of visits, one visit at a time. Made by `watched`."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._counts: dict[str, Counter[str]] = {}

    @contextmanager
    def visit(self) -> Iterator[list[str]]:
        """Give a list in which, after the visit, stand the circuits that came with it. They stay open."""
        before, new = self._circuits(), list[str]()
        yield new
        new.extend(sorted(self._circuits() - before))

    def settle(self) -> None:
        """Wait until Tor has told everything about the visits so far."""
        self._circuits()  # whatever Tor told before it answers this was told too early
        while event := self._control.next_event(0):
            self._note(event)
        told, deadline = 0, time.monotonic() + _PATIENCE_SECONDS
        while told < _TELLS:
            event = self._control.next_event(1)
            assert time.monotonic() < deadline, "Tor tells nothing"
            self._note(event or "")
            told += event is not None and event.startswith("BW ")

    def cells(self, circuit: str) -> Cells:
        """Return what went over a circuit. Only after `settle`."""
        counted = self._counts[circuit]
        return Cells(counted["read"] // CELL_BYTES, counted["written"] // CELL_BYTES)

    def _circuits(self) -> set[str]:
        return set(_VISITED.findall(self._control.info("circuit-status")))

    def _note(self, event: str) -> None:
        if found := _COUNTED.match(event):
            counted = self._counts.setdefault(found[1], Counter())
            counted.update(read=int(found[2]), written=int(found[3]))


@contextmanager
def watched(site: OnionSite) -> Iterator[Watch]:
    """Look at the circuits of the Tor that offers this site, from now on."""
    with site.tor.control() as control:
        control.ask("SETEVENTS CIRC_BW BW")
        yield Watch(control)
