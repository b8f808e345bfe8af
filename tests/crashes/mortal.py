"""The tests' end of the nursery: starting processes that can be killed at a gate, or at any moment."""

import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.memory import wiping_environment
from tests.crashes.steps import Step, When, gate_name

_CHECKOUT = Path(__file__).resolve().parent.parent.parent
_PATIENCE_SECONDS = 180
_LATE_SECONDS = 10


class Nursery:
    """A running nursery. Give orders from one thread at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def order(self, **order: Any) -> dict[str, int]:
        """Give an order and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        if not select.select([self._process.stdout], [], [], _PATIENCE_SECONDS)[0]:
            raise AssertionError(f"not done after {_PATIENCE_SECONDS} seconds: {order}")
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("the nursery is gone")
        answer: dict[str, int] = json.loads(line)
        return answer


@contextmanager
def open_nursery() -> Iterator[Nursery]:
    """Give a nursery, and end it with everything it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crashes.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_CHECKOUT,
        # As it is when it serves: it would begin again otherwise, and leave the gates behind.
        env=wiping_environment(os.environ),
    )
    with process:
        try:
            yield Nursery(process)
        finally:
            process.kill()


@dataclass(frozen=True)
class Alive:
    """A process that was started: the number of its group, and where it listens."""

    pid: int
    port: int

    def kill(self) -> None:
        """Kill the whole group at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


class Mortal:
    """One command that is started over and over: its gates, its words, and its life at the moment, if it has one."""

    def __init__(self, nursery: Nursery, folder: Path, arguments: list[str]) -> None:
        folder.mkdir()
        self._nursery = nursery
        self._folder = folder
        self._arguments = arguments
        self.alive: Alive | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self.alive is not None
        return f"http://127.0.0.1:{self.alive.port}"

    def start(self) -> None:
        """Start it; what listens takes connections from this moment on, and answers when it can."""
        assert self.alive is None
        answer = self._nursery.order(
            do="bear", arguments=self._arguments, gates=str(self._folder), said=str(self._folder / "said")
        )
        self.alive = Alive(answer["pid"], answer["port"])

    def bury(self) -> int:
        """Wait until it and all that it started is gone; return its exit code, or minus the signal that killed it."""
        assert self.alive is not None
        answer = self._nursery.order(do="bury", pid=self.alive.pid)
        self.alive = None
        return answer["status"]

    def end(self) -> int:
        """Ask it to end, and return its exit code; 0 if it was not running."""
        if self.alive is None:
            return 0
        self.alive.ask_to_end()
        return self.bury()

    def arm(self, step: Step, when: When, nth: int) -> None:
        """Have it killed when it comes to this side of a step for the n-th time from now on."""
        new = self._folder / "armed.new"
        new.write_text(f"{gate_name(step, when)}\n{nth}\n{secrets.token_hex(4)}", "ascii")
        new.rename(self._folder / "armed")

    def disarm(self) -> bool:
        """Take the order to die back; tell whether it was carried out.

        What stands at the end of an answer may still be on its way when the answer is here: it gets some seconds.
        """
        fired = self._folder / "fired"
        was_killed = in_time(fired.exists)
        (self._folder / "armed").unlink(missing_ok=True)
        fired.unlink(missing_ok=True)
        return was_killed

    def forget_passed(self) -> None:
        """Begin to count anew which gates are passed."""
        # Cut to nothing, not erased: a running process appends to it.
        (self._folder / "passed").open("w").close()

    def has_passed(self, gate: str, nth: int) -> bool:
        """Tell whether a gate was passed so often, or is in the next seconds."""
        return in_time(lambda: (self._folder / "passed").read_text("ascii").splitlines().count(gate) >= nth)

    def said(self) -> str:
        """Return everything it ever said."""
        said = self._folder / "said"
        return said.read_text("utf-8", "replace") if said.exists() else ""


def in_time(is_so: Callable[[], bool]) -> bool:
    """Tell whether something is so, or is so within the next seconds."""
    ends = time.monotonic() + _LATE_SECONDS
    while not (found := is_so()) and time.monotonic() < ends:
        time.sleep(0.01)
    return found
