"""Looking at a running Tor: events and questions at its control socket, judged into a `Health`."""

import re
import time
from collections.abc import Mapping

from onion.clock import Clock, read_skew
from onion.control import Control
from onion.descriptor import Opened, open_descriptor
from onion.errors import DescriptorBroken, TorRefused
from onion.health import Health
from onion.publishing import Publishing, read_upload

_PROGRESS = re.compile(r"PROGRESS=([0-9]{1,3})")
_EVENTS = "HS_DESC STATUS_GENERAL"


class Watch:
    """What one run of Tor has said of itself so far. `services`: addresses by the services' names."""

    def __init__(self, control: Control, services: Mapping[str, str], open_to_all: str | None) -> None:
        self._control = control
        self._addresses = {name: address.removesuffix(".onion") for name, address in services.items()}
        self._open_to_all = open_to_all
        self._uploads = {address: Publishing() for address in self._addresses.values()}
        self._clock = Clock()
        control.ask(f"SETEVENTS {_EVENTS}")

    def listen(self, seconds: float) -> None:
        """Hear what Tor says for that long. Raises TorSilent when it is gone."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            event = self._control.next_event(left)
            if event is not None:
                self.hear(event)

    def hear(self, event: str) -> None:
        """Take one event in."""
        if (upload := read_upload(event)) and upload.address in self._uploads:
            self._uploads[upload.address].hear(upload, time.monotonic())
        elif (skew := read_skew(event)) is not None:
            self._clock.found_wrong(skew, time.time(), _steady())

    def look(self) -> Health:
        """Ask Tor how it is. Raises TorSilent, TorRefused."""
        found = _PROGRESS.search(self._control.info("status/bootstrap-phase"))
        # The way up stays climbed when the network is lost: that shows in whether anything came from it of late.
        is_up = self._control.info("network-liveness") == "up"
        progress = int(found[1]) if found and is_up else 0
        published = {name: self._is_published(name) for name in self._addresses}
        opened = self._opened()
        if self._open_to_all is not None and opened is None:
            # What does not open with its address alone, strangers do not find, whatever the directories have.
            published[self._open_to_all] = False
        return Health(
            seen_at=int(time.time()),
            progress=progress,
            published=published,
            effort=opened.effort if opened else None,
            skew=self._clock.skew(time.time(), _steady(), is_connected=progress == 100),
            open_to_all=self._open_to_all,
        )

    def _is_published(self, name: str) -> bool:
        return self._uploads[self._addresses[name]].is_published(time.monotonic())

    def _opened(self) -> Opened | None:
        """Return what visitors find of the open service; None without one, or while there is no descriptor."""
        address = self._addresses.get(self._open_to_all or "")
        if address is None:
            return None
        try:
            return open_descriptor(self._control.info(f"hs/service/desc/id/{address}"), f"{address}.onion")
        except (TorRefused, DescriptorBroken):
            return None


def _steady() -> float:
    """Return the seconds on a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
