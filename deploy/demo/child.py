"""One child process and the last lines that it wrote.

Rules:
- A child leads a session of its own, so Ctrl-C reaches the demonstration alone and is acted on once.
- Output is kept in memory only, the last lines of it: nothing here writes a log.
- Should the demonstration itself be killed, the kernel asks the child to end (setpriv --pdeathsig).
"""

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from threading import Event, Thread
from typing import IO, cast

LINES_KEPT = 50


class Shown(Enum):
    """Which of a child's lines a person sees at once. The others are kept for the case that it fails."""

    NOTHING = auto()
    ERRORS = auto()
    ALL = auto()

    def includes(self, stream: str) -> bool:
        """Whether lines of `stream` ("stdout" or "stderr") are shown."""
        return self is Shown.ALL or (self is Shown.ERRORS and stream == "stderr")


class Child:
    """A process that was started. `name` is what a person calls it."""

    def __init__(
        self, name: str, command: Sequence[str], *, fds: Sequence[int] = (), stdin: str = "", shown: Shown
    ) -> None:
        """Starts `command` with the file descriptors `fds` and with `stdin`, a few lines at most, to read."""
        self.name = name
        self._said: deque[tuple[str, str]] = deque(maxlen=LINES_KEPT)  # stream, line
        self._ended = Event()
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            start_new_session=True,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.pid = self._process.pid
        self._readers = [
            Thread(target=self._listen, args=(stream, shown.includes(stream)), daemon=True)
            for stream in ("stdout", "stderr")
        ]
        for reader in self._readers:
            reader.start()
        # A child that ends without reading is told apart by its exit code, not by the broken pipe.
        with contextlib.suppress(BrokenPipeError), cast(IO[str], self._process.stdin) as pipe:
            pipe.write(stdin)

    def _listen(self, stream: str, show: bool) -> None:
        for line in cast(IO[str], getattr(self._process, stream)):
            self._said.append((stream, line.rstrip("\n")))
            # With the terminal gone the pipe must still be emptied, or the child would stand still.
            with contextlib.suppress(OSError):
                if show:
                    print(f"{self.name}: {line}", end="", flush=True)

    def _hear_out(self) -> None:
        for reader in self._readers:
            # A grandchild may hold the pipe open for ever: what has been said by then must do.
            reader.join(timeout=2)

    def output(self) -> str:
        """The last lines of standard output."""
        self._hear_out()
        return "\n".join(line for stream, line in self._said if stream == "stdout")

    def tail(self) -> str:
        """The last lines of both streams, each indented, for a person."""
        self._hear_out()
        return "\n".join(f"  {line}" for _stream, line in self._said)

    def wait(self) -> None:
        """Returns once the child has ended. It is not reaped, so its number stays its own until `bury`."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._ended.set()

    def exit_code(self) -> int:
        """The exit code of a child that has ended, or minus the number of the signal that ended it."""
        result = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if result is None:
            raise ChildProcessError(self.name)
        return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status

    def ask_to_end(self) -> None:
        """Sends SIGTERM to the child, which ends its own children."""
        os.kill(self.pid, signal.SIGTERM)  # cannot miss: the child is not reaped before `bury`

    def bury(self, deadline: float) -> None:
        """Waits until the child ends, by `deadline` (time.monotonic), then kills all that is left of its group."""
        self._ended.wait(timeout=max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
