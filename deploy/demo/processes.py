"""The demonstration's child processes: started, watched and stopped together.

Rules:
- One queue tells the main thread of all that happens, so nothing is decided in a signal handler or in a thread.
- A child that ended is not reaped before its process group is dead: until then nobody else can get its number.
- Whatever happens, `stop` ends all of them.
"""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from gettext import gettext as _
from http.client import HTTPConnection, HTTPException
from queue import SimpleQueue
from threading import Thread
from types import FrameType, TracebackType
from typing import Self
from urllib.parse import urlsplit

from deploy.demo.child import Child, Shown
from deploy.demo.errors import CommandFailed

SECONDS_TO_ANSWER = 60
SECONDS_TO_STOP = 10
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):
    """Somebody asked the demonstration to stop: nothing went wrong, so it is no DemonstrationError."""


@dataclass(frozen=True)
class Ended:
    """A child is no more."""

    child: Child


@dataclass(frozen=True)
class Answered:
    """A child answered over HTTP."""

    child: Child


@dataclass(frozen=True)
class Silent:
    """A child did not answer over HTTP."""

    child: Child


class Processes:
    """All children of one demonstration. As a context it takes the signals that ask to stop.

    Every method but `stop` may raise StopAsked, and CommandFailed as soon as any child has ended unasked.
    """

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._events: SimpleQueue[Ended | Answered | Silent | None] = SimpleQueue()

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask_to_stop) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._events.put(None)  # SimpleQueue.put is safe in a signal handler; nothing else here would be

    def _start(self, child: Child) -> Child:
        self._children.append(child)
        Thread(target=self._wait_for, args=(child,), daemon=True).start()
        return child

    def _wait_for(self, child: Child) -> None:
        child.wait()
        self._events.put(Ended(child))

    def _next_event(self) -> Ended | Answered | Silent:
        event = self._events.get()
        if event is None:
            raise StopAsked
        return event

    def start(self, name: str, command: Sequence[str], *, fds: Sequence[int] = (), shown: Shown) -> Child:
        """Starts a child that should run until it is stopped; it inherits the file descriptors `fds`."""
        return self._start(Child(name, command, fds=fds, shown=shown))

    def finish(self, name: str, command: Sequence[str], *, stdin: str = "") -> str:
        """Runs a command to its end and gives what it wrote to standard output."""
        child = self._start(Child(name, command, stdin=stdin, shown=Shown.NOTHING))
        while (event := self._next_event()).child is not child:
            if isinstance(event, Ended):
                raise CommandFailed(ended(event.child))
        if child.exit_code() != 0:
            raise CommandFailed(ended(child))
        output = child.output()
        self._children.remove(child)
        child.bury(deadline=time.monotonic())
        return output

    def wait_until_answering(self, urls: dict[Child, str]) -> None:
        """Returns once each child has answered its URL, with any HTTP status."""
        for child, url in urls.items():
            Thread(target=self._knock, args=(child, url), daemon=True).start()
        waiting = set(urls)
        while waiting:
            match self._next_event():
                case Answered(child):
                    waiting.remove(child)
                case Ended(child):
                    raise CommandFailed(ended(child))
                case Silent(child):
                    raise CommandFailed(_("{name} does not answer.\n{tail}").format(name=child.name, tail=child.tail()))

    def _knock(self, child: Child, url: str) -> None:
        # The socket was listening before its child began, so one patient request is enough: it waits in the
        # socket's queue until the child takes it, and is cut off if the child dies.
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=SECONDS_TO_ANSWER)
        try:
            connection.request("GET", parts.path or "/")
            connection.getresponse().read()
        except (OSError, HTTPException):
            self._events.put(Silent(child))
        else:
            self._events.put(Answered(child))
        finally:
            connection.close()

    def wait_for_the_end(self) -> None:
        """Never returns: raises StopAsked when a person asks to stop, CommandFailed when a child ends unasked."""
        while True:
            event = self._next_event()
            if isinstance(event, Ended):
                raise CommandFailed(ended(event.child))

    def stop(self) -> None:
        """Asks every child to end, and kills the process groups of those that have not after ten seconds."""
        for child in self._children:
            child.ask_to_end()
        deadline = time.monotonic() + SECONDS_TO_STOP
        for child in self._children:
            child.bury(deadline)
        self._children.clear()


def ended(child: Child) -> str:
    """The sentence for a child that ended by itself, with its last lines."""
    sentence = _("{name} ended by itself with exit code {code}. Its last lines:\n{tail}")
    return sentence.format(name=child.name, code=child.exit_code(), tail=child.tail())
