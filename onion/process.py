"""One Tor process: started with our configuration and nothing else, and ended with us, however we end.

What Tor warns of is kept in memory and told when it ends by itself; it is written nowhere, for it may say when somebody
came.
"""

import contextlib
import os
import re
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from onion.control import Control, open_control
from onion.errors import OnionError, TorEnded
from onion.layout import TorFolder
from serving.language import gettext as _

_WHERE = "/usr/bin:/usr/sbin:/usr/local/bin"
_START_SECONDS = 60
_STOP_SECONDS = 5  # and as many again before each stronger means
_POLL_SECONDS = 0.05
_LAST_LINES = 12
# util-linux, which every Debian has.
_WITH_US = ("setpriv", "--pdeathsig", "KILL")
_TIME = re.compile(r"^[A-Z][a-z]{2} [0-9]{2} [0-9:.]+ ")


class TorProcess:
    """A Tor that runs. Made by `started`."""

    def __init__(self, command: Sequence[str], held: Sequence[int] = ()) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=held
        )
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._reader = threading.Thread(target=self._read, name="tor's warnings", daemon=True)
        self._reader.start()

    def check(self) -> None:
        """Raise TorEnded, with its last lines, if it is no more."""
        if self._process.poll() is not None:
            self._reader.join(_STOP_SECONDS)
            raise TorEnded(_("Tor ended by itself. Its last lines:\n{lines}").format(lines="\n".join(self._lines)))

    def stop(self) -> None:
        """Wait until it has ended, and see to it."""
        for hasten in (_nothing, self._process.terminate, self._process.kill):
            hasten()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
                break
        self._reader.join(_STOP_SECONDS)

    def _read(self) -> None:
        with self._process.stdout or contextlib.nullcontext(()) as lines:
            for line in lines:
                # Less the time: what Tor warns of may have to do with a visit.
                self._lines.append(_TIME.sub("", line.decode("utf-8", "replace").rstrip())[:300])


def find_program() -> str:
    """Return the path of the installed Tor. Raises TorEnded if there is none."""
    program = shutil.which("tor", path=_WHERE)
    if program is None:
        raise TorEnded(_("Tor is not installed. Debian has it: apt-get install tor"))
    return program


def program_says(option: str) -> str:
    """Return what the installed Tor prints for `--version` or `--list-modules`. Raises TorEnded."""
    asked = subprocess.run(
        [find_program(), option], capture_output=True, text=True, check=False, timeout=_START_SECONDS
    )
    return asked.stdout


@contextlib.contextmanager
def started(
    folder: TorFolder, beside: Path | None, more: Sequence[str] = (), *, lock: int | None = None
) -> Iterator[TorProcess]:
    """Start Tor with the torrc in `folder`, the lines of `beside` and the options `more`. Raises TorEnded.

    `lock` is what `own_files.alone` gave: Tor holds it for as long as it lives.
    """
    # The kernel kills it with this process, also before Tor has opened the socket through which it would hear of that.
    command = [*_WITH_US, find_program(), "-f", str(folder.torrc), "--defaults-torrc", str(beside or os.devnull)]
    # And Tor looks every fifteen seconds whether this process lives, and ends when it does not.
    command += ["--__OwningControllerProcess", str(os.getpid()), *more]
    process = TorProcess(command, () if lock is None else (lock,))
    try:
        yield process
    finally:
        process.stop()


@contextlib.contextmanager
def controlled(folder: TorFolder, process: TorProcess) -> Iterator[Control]:
    """Open the control socket of a Tor that has just been started, as soon as it is there. Raises OnionError.

    Tor ends when this connection does, whoever closed it: also when this process is killed. Not by SIGTERM alone: in
    its system-call sandbox Tor 0.4.9 hears that every other time.
    """
    with contextlib.ExitStack() as stack:
        control = _first_control(folder, process, stack)
        control.ask("TAKEOWNERSHIP")
        yield control


def _first_control(folder: TorFolder, process: TorProcess, stack: contextlib.ExitStack) -> Control:
    ends = time.monotonic() + _START_SECONDS
    while True:
        process.check()
        try:
            return stack.enter_context(open_control(folder.control_socket, folder.cookie))
        except OnionError:
            if time.monotonic() > ends:
                raise
            time.sleep(_POLL_SECONDS)


def _nothing() -> None:
    """Tor ends by itself as soon as it sees that its owner's connection is closed."""
