"""Running one host's Tor in the foreground, and looking after it: the one process that holds Tor's control socket.

Rules:
- Who may come to a closed service, which services this host may enter, and under which addresses it can be reached,
  changes by files alone. Tor reads them when it starts, so it is started again: then every circuit is closed and the
  introduction points are others, and a client that was revoked has nothing left to come by, not even a descriptor that
  it kept (docs/adr/0060). It is also started again when set-up wrote another torrc.
- A file that cannot be read, or that vanishes while it is looked at, ends nothing.
- What was seen is written into a small file for those who may not ask Tor.
"""

import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from onion.clients import shut
from onion.control import Control
from onion.errors import TorEnded, TorSilent
from onion.health import write_health
from onion.layout import TorFolder
from onion.own_files import alone, forget_counts, write_whole
from onion.process import TorProcess, controlled, started
from onion.stamp import Stamp, addresses_in, is_another, mark_of, stamp_of
from onion.torrc import Service, check_beside, write_torrc
from onion.watching import Watch
from serving.language import gettext as _

_LOOK_SECONDS = 20
_FIRST_LOOKS_SECONDS = 1  # until all is well for the first time
_CLIENTS_SECONDS = 1
_KEYS_SECONDS = 60
_STOP_SECONDS = 1  # between the signal that Tor gets and ours


@dataclass(frozen=True)
class Plan:
    """What the Tor of a host is to do. `beside`: a file with lines of the administrator's own, or None."""

    folder: TorFolder
    services: Sequence[Service]
    for_the_courier: bool
    beside: Path | None = None

    def write(self) -> None:
        """Make the folders, shut what is not open to all, and write the torrc. Raises OnionError or OSError."""
        # All of them before there is anything to put in: what is not there cannot be hidden from other programs.
        for made in (self.folder.root, self.folder.state, self.folder.entrances, self.folder.laid_aside):
            made.mkdir(mode=0o700, exist_ok=True)
        for service in self.services:
            # Tor makes the folder of an open one itself.
            if not service.open_to_all:
                shut(self.folder.service(service.name))
        if self.beside is not None:
            check_beside(self.beside.read_text("utf-8"))
        text = write_torrc(self.folder, self.services, for_the_courier=self.for_the_courier)
        # On a full disk Tor must start all the same: the courier, who makes room, comes through it.
        if not self._is_written(text):
            write_whole(self.folder.torrc, text)

    def _is_written(self, text: str) -> bool:
        try:
            return self.folder.torrc.read_text("utf-8") == text
        except (OSError, UnicodeDecodeError):
            return False

    def addresses(self) -> dict[str, str]:
        """Return the address of each service whose keys are made, by its name."""
        return addresses_in(self.folder, (service.name for service in self.services))

    def stamp(self) -> Stamp:
        """Return what tells whether Tor must start again (onion.stamp)."""
        return stamp_of(
            self.folder,
            (service.name for service in self.services if service.open_to_all),
            (service.name for service in self.services if not service.open_to_all),
        )

    def mark(self) -> str:
        """Return what that is without anything of it being told."""
        return mark_of(self.stamp())


def make_addresses(plan: Plan) -> dict[str, str]:
    """Have Tor make the keys of all services, without any network; return their addresses. Raises OnionError."""
    plan.write()
    wanted = {service.name for service in plan.services}
    if plan.addresses().keys() >= wanted:
        return plan.addresses()
    with (
        alone(plan.folder) as lock,
        started(plan.folder, None, ["--DisableNetwork", "1"], lock=lock) as tor,
        controlled(plan.folder, tor),
    ):
        ends = time.monotonic() + _KEYS_SECONDS
        while plan.addresses().keys() != wanted:
            tor.check()
            if time.monotonic() > ends:
                raise TorEnded(_("Tor took too long to make its keys. Nothing is lost: try again."))
            time.sleep(0.05)
    return plan.addresses()


def run_tor(plan: Plan, anew: Callable[[], Plan] | None = None) -> None:
    """Run Tor until SIGTERM or SIGINT. Raises TorEnded when it ends unasked, and other OnionErrors at the start.

    `anew` returns the plan as it is now, for a host whose services come and go while Tor runs.
    """
    read_plan = anew or (lambda: plan)
    first = read_plan()
    first.write()
    with _Asked() as asked, alone(first.folder) as lock:
        while not asked.to_stop:
            plan = read_plan()
            plan.write()
            before = plan.stamp()
            plan.folder.health.unlink(missing_ok=True)
            forget_counts(plan.folder)
            with started(plan.folder, plan.beside, lock=lock) as tor, controlled(plan.folder, tor) as control:
                _look_after(plan, _Change(read_plan, before), tor, control, asked)


@dataclass(frozen=True)
class _Change:
    """Whether who may come, where to, or what Tor is to do is another than when it was started."""

    read_plan: Callable[[], Plan]
    before: Stamp

    def has_come(self) -> bool:
        """Look anew."""
        return is_another(self.before, self.read_plan().stamp())


def _look_after(plan: Plan, change: _Change, tor: TorProcess, control: Control, asked: "_Asked") -> None:
    """Watch until it is time to stop, or to start again."""
    open_to_all = next((service.name for service in plan.services if service.open_to_all), None)
    watch = Watch(control, plan.addresses(), open_to_all)
    next_look = 0.0
    while not asked.to_stop and not change.has_come():
        try:
            watch.listen(_CLIENTS_SECONDS)
            if time.monotonic() >= next_look:
                health = replace(watch.look(), taken=mark_of(change.before))
                # A full disk passes; nobody must lose the road to this host because of it.
                with contextlib.suppress(OSError):
                    write_health(plan.folder.health, health)
                next_look = time.monotonic() + (_LOOK_SECONDS if health.is_well else _FIRST_LOOKS_SECONDS)
        except TorSilent:
            tor.check()
            raise


class _Asked:
    """As a context: takes SIGTERM and SIGINT, and remembers that one came.

    A terminal and systemd send both to Tor as well, which may be the quicker one: then that Tor has ended is no error.
    """

    def __init__(self) -> None:
        self.to_stop = False

    def __enter__(self) -> "_Asked":
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> bool:
        forgiven = kind is not None and issubclass(kind, TorEnded | TorSilent) and self._comes_to_be_asked()
        for number, was in self._before.items():
            signal.signal(number, was)
        return forgiven

    def _comes_to_be_asked(self) -> bool:
        """Tell whether a stop was asked for, or is within a moment."""
        ends = time.monotonic() + _STOP_SECONDS
        while not self.to_stop and time.monotonic() < ends:
            time.sleep(_STOP_SECONDS / 50)
        return self.to_stop

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.to_stop = True
