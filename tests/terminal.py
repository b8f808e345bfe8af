"""A terminal with a person at it: what is on the screen, what is left of it afterwards, and what is typed."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Where Candour's own commands are, for who types them.
BIN = str(Path(sys.executable).parent)
_PATIENCE_SECONDS = 120
_PRIVATE = re.compile(r"\x1b\[\?1049h(.*?)\x1b\[\?1049l", re.DOTALL)


class Terminal:
    """One command that runs at a terminal of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self._process = process
        self._master = master
        self._said = b""
        self._heard = 0

    @property
    def core_holds(self) -> int:
        """What of the command's memory a core of it would hold: a mask, of which nothing is zero (core(5))."""
        return int(Path(f"/proc/{self._process.pid}/coredump_filter").read_text(), 16)

    def ignores(self, number: signal.Signals) -> bool:
        """Tell whether the command takes no notice of a signal just now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
        return bool(int(mask, 16) >> (number - 1) & 1)

    @property
    def everything(self) -> str:
        """All that was written to the terminal, typed lines too."""
        return self._said.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def left(self) -> str:
        """What is left on the screen and can be scrolled back to: without what stood on a screen of its own."""
        return _PRIVATE.sub("", self.everything)

    @property
    def private(self) -> list[str]:
        """What stood on each screen of its own."""
        return _PRIVATE.findall(self.everything)

    def wait_for(self, words: str) -> str:
        """Return what was written since the last call, up to and with these words."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while words not in (fresh := self.everything[self._heard :]):
            assert self._read(deadline), f"it never said {words!r}:\n{self.everything}"
        end = fresh.index(words) + len(words)
        self._heard += end
        return fresh[:end]

    def type(self, line: str) -> None:
        """Type a line, and press Enter."""
        os.write(self._master, line.encode() + b"\n")

    def press_ctrl(self, key: str) -> None:
        """Press Ctrl and a key."""
        os.write(self._master, bytes([ord(key.upper()) & 0x1F]))

    def signal(self, number: signal.Signals) -> None:
        """Send the command a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Return the exit code, when the command has ended."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self._read(deadline):
            pass
        return self._process.wait(_PATIENCE_SECONDS)

    def _read(self, deadline: float) -> bool:
        """Take in what is written next; tell whether there was anything before the end."""
        ready, _w, _x = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # EIO: the last one at the other end has gone
            return False
        self._said += piece
        return bool(piece)


@contextmanager
def at_terminal(script: str, variables: Mapping[str, str]) -> Iterator[Terminal]:
    """Run a shell script at a new terminal, which is its controlling one, so that Ctrl-C reaches it."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        # Whoever starts the tests in the background has Ctrl-C ignored, and a shell hands that on: not at a terminal.
        ["setsid", "--ctty", "--wait", "env", "--default-signal", "/bin/sh", "-eu", "-c", f"exec {script}"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        # PYTHONPATH: the code under test may be another than the one that is installed.
        env={name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        | {"LANG": "C.UTF-8", "TERM": "xterm", "COLUMNS": "200", **variables},
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
