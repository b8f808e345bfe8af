"""Breaking what goes through an onion service: joined circuits are closed at a Tor, as when a relay of theirs dies."""

import re
import time
from collections.abc import Iterable
from contextlib import suppress

from onion.control import Control
from onion.errors import TorRefused

_JOINED = re.compile(r"^(\d+) BUILT .*HS_STATE=HS[SC]R_JOINED", re.MULTILINE)
_CARRIED = re.compile(r"CIRC_BW ID=\d+ READ=(\d+) WRITTEN=(\d+) ")
_PATIENCE_SECONDS = 120


def joined_circuits(control: Control) -> set[str]:
    """Return the numbers of this Tor's circuits that join a visitor and an onion service."""
    return set(_JOINED.findall(control.info("circuit-status")))


def cut_circuits(control: Control) -> int:
    """Close all of those; return how many there were."""
    found = joined_circuits(control)
    cut(control, found)
    return len(found)


def cut(control: Control, circuits: Iterable[str]) -> None:
    """Close these circuits of this Tor."""
    for circuit in circuits:
        with suppress(TorRefused):  # it went by itself meanwhile
            control.ask(f"CLOSECIRCUIT {circuit}")


class Carried:
    """Adds up what a Tor sends over its circuits, in bytes of relay cells, from now on; Tor tells it once a second."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.sent = 0
        control.ask("SETEVENTS CIRC_BW BW")

    def settle(self) -> int:
        """Wait until all is told that was sent so far, and return it."""
        self._control.info("version")  # events that were told before this are here now
        while event := self._control.next_event(0):
            self._note(event)
        told, deadline = 0, time.monotonic() + _PATIENCE_SECONDS
        while told < 2:  # the second in which it ended, and the one after
            assert time.monotonic() < deadline, "Tor tells nothing"
            event = self._control.next_event(1) or ""
            self._note(event)
            told += event.startswith("BW ")
        return self.sent

    def _note(self, event: str) -> None:
        if found := _CARRIED.match(event):
            self.sent += int(found[2])
