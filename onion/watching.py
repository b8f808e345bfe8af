"""Looking at a running Tor: events and questions at its control socket, judged into a `Health`."""

import re
import time
from collections.abc import Mapping

from onion.control import Control
from onion.descriptor import open_descriptor
from onion.errors import DescriptorBroken, TorRefused
from onion.health import Health

_PROGRESS = re.compile(r"PROGRESS=([0-9]{1,3})")
# control-spec: "HS_DESC", action, address without its ending, …
_DESCRIPTOR = re.compile(r"HS_DESC (UPLOADED|UPLOAD|FAILED) ([a-z2-7]{56}) ")
_SKEW = re.compile(r"STATUS_GENERAL \S+ CLOCK_SKEW .*SKEW=(-?[0-9]{1,12})")
# Tor publishes a service anew every hour or two, and directories forget it after three.
_PUBLISHED_SECONDS = 3 * 3600
_SKEW_SECONDS = 3600
_EVENTS = "HS_DESC STATUS_GENERAL"


class Watch:
    """What one run of Tor has said of itself so far. `services`: addresses by the services' names."""

    def __init__(self, control: Control, services: Mapping[str, str], open_to_all: str | None) -> None:
        self._control = control
        self._names = {address.removesuffix(".onion"): name for name, address in services.items()}
        self._open_to_all = services[open_to_all] if open_to_all else None
        # When each was published last, and when the clock was last found wrong, on the monotonic clock.
        self._published: dict[str, float] = {}
        self._skew: tuple[int, float] | None = None
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
        if found := _DESCRIPTOR.match(event):
            if found[1] == "UPLOADED" and found[2] in self._names:
                self._published[self._names[found[2]]] = time.monotonic()
        elif found := _SKEW.match(event):
            self._skew = int(found[1]), time.monotonic()

    def look(self) -> Health:
        """Ask Tor how it is. Raises TorSilent, TorRefused."""
        progress = _PROGRESS.search(self._control.info("status/bootstrap-phase"))
        # The way up stays climbed when the network is lost: that shows in whether anything came from it of late.
        is_up = self._control.info("network-liveness") == "up"
        now = time.monotonic()
        return Health(
            seen_at=int(time.time()),
            progress=int(progress[1]) if progress and is_up else 0,
            published={name: self._is_published(name, now) for name in self._names.values()},
            effort=self._effort(),
            skew=self._skew[0] if self._skew and now - self._skew[1] < _SKEW_SECONDS else None,
        )

    def _is_published(self, name: str, now: float) -> bool:
        return name in self._published and now - self._published[name] < _PUBLISHED_SECONDS

    def _effort(self) -> int | None:
        if self._open_to_all is None:
            return None
        try:
            text = self._control.info(f"hs/service/desc/id/{self._open_to_all.removesuffix('.onion')}")
            return open_descriptor(text, self._open_to_all).effort
        except (TorRefused, DescriptorBroken):
            # There is none yet.
            return None
