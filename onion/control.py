"""Speaking with a running Tor through its control socket (control-spec): a unix socket, and the cookie beside it.

Whoever can open this socket can have Tor tell who is connected where, and change what it does: so it is for commands
that an administrator starts, and for tests; no process that answers strangers opens it.
"""

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from onion.errors import TorRefused, TorSilent
from serving.language import gettext as _

_COOKIE_SIZE = 32  # bytes
_LONGEST_ANSWER = 16 * 1024 * 1024  # bytes; a whole consensus has three
_LINE = re.compile(r"([0-9]{3})([ +-])(.*)\Z", re.DOTALL)
_ASYNCHRONOUS = 650


class Control:
    """One connection to Tor's control socket. Made by `open_control`."""

    def __init__(self, connection: socket.socket, patience: float) -> None:
        self._connection = connection
        self._patience = patience
        self._read = b""
        self._events: list[str] = []

    def ask(self, command: str) -> list[str]:
        """Return what Tor answers to a command, line by line; a block of data is one item with its line ends.

        Raises TorRefused with the status of the answer, TorSilent when none comes.
        """
        if "\r" in command or "\n" in command:
            raise ValueError("one command is one line")
        self._send(command.encode("utf-8") + b"\r\n")
        return self._answer()

    def load(self, torrc: str) -> None:
        """Have Tor take this text for its configuration from now on (LOADCONF). Raises TorRefused, TorSilent."""
        lines = "".join("." + line if line.startswith(".") else line for line in torrc.splitlines(keepends=True))
        self._send(b"+LOADCONF\r\n" + lines.replace("\n", "\r\n").encode("utf-8") + b".\r\n")
        self._answer()

    def info(self, key: str) -> str:
        """Return the value of one GETINFO key. Raises TorRefused if Tor does not know it."""
        return self.ask(f"GETINFO {key}")[0].partition("=")[2].lstrip("\r\n")

    def next_event(self, seconds: float) -> str | None:
        """Return the next line of an event asked for with SETEVENTS, or None if none comes within that time."""
        ends = time.monotonic() + seconds
        while not self._events:
            left = ends - time.monotonic()
            if left <= 0:
                return None
            status, _more, text = self._line(left)
            if status is None:
                return None
            self._take_event(text)
        return self._events.pop(0)

    def _answer(self) -> list[str]:
        lines: list[str] = []
        while True:
            status, more, text = self._line(self._patience)
            if status is None:
                raise TorSilent(_("Tor's control socket does not answer. Is Tor running?"))
            if more == "+":
                text += "\n" + self._data()
            if status == _ASYNCHRONOUS:
                self._take_event(text)
                continue
            if status >= 400:
                raise TorRefused(status, _("Tor refused: {why}.").format(why=text))
            lines.append(text)
            if more == " ":
                return lines

    def _take_event(self, text: str) -> None:
        self._events.append(text)

    def _data(self) -> str:
        lines = []
        while (line := self._raw_line(self._patience)) != b".\r\n":
            if line is None:
                raise TorSilent(_("Tor's control socket stopped in the middle of an answer."))
            lines.append(line.removeprefix(b"."))
        return b"".join(lines).decode("utf-8", "replace").replace("\r\n", "\n")

    def _line(self, seconds: float) -> tuple[int | None, str, str]:
        line = self._raw_line(seconds)
        if line is None:
            return None, "", ""
        found = _LINE.match(line.decode("utf-8", "replace").removesuffix("\r\n"))
        if not found:
            raise TorSilent(_("What answers at Tor's control socket is not Tor."))
        return int(found[1]), found[2], found[3]

    def _send(self, command: bytes) -> None:
        try:
            self._connection.settimeout(self._patience)
            self._connection.sendall(command)
        except OSError as reason:
            raise _gone() from reason

    def _raw_line(self, seconds: float) -> bytes | None:
        ends = time.monotonic() + seconds
        while b"\r\n" not in self._read:
            left = ends - time.monotonic()
            if left <= 0:
                return None
            self._connection.settimeout(left)
            try:
                came = self._connection.recv(65_536)
            except TimeoutError:
                return None
            except OSError as reason:
                raise _gone() from reason
            if not came or len(self._read) > _LONGEST_ANSWER:
                raise _gone()
            self._read += came
        line, ending, self._read = self._read.partition(b"\r\n")
        return line + ending


@contextlib.contextmanager
def open_control(control_socket: Path, cookie: Path, patience: float = 10) -> Iterator[Control]:
    """Open the control socket of a running Tor and prove with its cookie that one may. Raises TorSilent, TorRefused.

    `patience` is how long to wait for each answer, in seconds.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with connection:
        try:
            connection.settimeout(patience)
            connection.connect(str(control_socket))
            secret = cookie.read_bytes()
        except OSError as reason:
            raise TorSilent(
                _("Tor does not run: nothing answers at {path} ({why}).").format(
                    path=control_socket, why=reason.strerror
                )
            ) from reason
        if len(secret) != _COOKIE_SIZE:
            raise TorSilent(_("{path} is not Tor's cookie.").format(path=cookie))
        control = Control(connection, patience)
        control.ask(f"AUTHENTICATE {secret.hex()}")
        yield control


def _gone() -> TorSilent:
    return TorSilent(_("Tor's control socket closed the connection. Did Tor stop?"))
