"""SOCKS5 over a unix socket (RFC 1928, RFC 1929), as Tor offers it: a name for each visit, a circuit for each name."""

import http.client
import socket
from contextlib import suppress
from pathlib import Path

from bench.source_client import SourceClient

PATIENCE_SECONDS = 60
_SILENCE_SECONDS = 5  # less than a server of ours keeps a connection on which nothing is asked
_ANSWER_SECONDS = 20  # an answer takes less than one
_VERSION, _BY_NAME, _CONNECT, _DOMAIN = 5, 2, 1, 3


class Refused(ConnectionError):
    """The proxy would not, or could not, connect; `code` is RFC 1928's or Tor's own."""

    def __init__(self, code: int) -> None:
        super().__init__(f"SOCKS refused with {code:#x}")
        self.code = code


def connect_through(socks: Path, host: str, port: int, who: str, patience: float = PATIENCE_SECONDS) -> socket.socket:
    """Return a connection to `host` through the client's SOCKS socket. Raises Refused, OSError.

    Another `who` is another circuit (IsolateSOCKSAuth, which Tor has on by itself).
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(patience)
        connection.connect(str(socks))
        _greet(connection, who.encode("ascii"))
        name = host.encode("ascii")
        connection.sendall(bytes([_VERSION, _CONNECT, 0, _DOMAIN, len(name)]) + name + port.to_bytes(2, "big"))
        answer = _read(connection, 4)
        if answer[1] != 0:
            raise Refused(answer[1])
        _read(connection, {1: 4, 4: 16}[answer[3]] + 2)
    except BaseException:
        connection.close()
        raise
    return connection


def is_over(road: socket.socket, request: bytes) -> bool:
    """Tell whether nobody is at the other end any more: it ends, or a request on it gets no answer.

    The Tor at the other end is gone when it has been started again, but the word of that is lost between relays once in
    some thirty times (Tor 0.4.9 in a network that votes every ten seconds): then this end hears nothing for minutes.
    """
    road.settimeout(_SILENCE_SECONDS)
    try:
        with suppress(TimeoutError):
            while road.recv(65_536):
                """What was on its way."""
            return True
        road.settimeout(_ANSWER_SECONDS)
        road.sendall(request)
        return not road.recv(65_536)
    except OSError:
        return True


def _greet(connection: socket.socket, who: bytes) -> None:
    connection.sendall(bytes([_VERSION, 1, _BY_NAME]))
    if _read(connection, 2) != bytes([_VERSION, _BY_NAME]):
        raise Refused(0xFF)
    connection.sendall(bytes([1, len(who)]) + who + bytes([1]) + b"x")
    if (answer := _read(connection, 2))[1] != 0:
        raise Refused(answer[1])


def _read(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = connection.recv(size - len(found))
        if not piece:
            raise OSError("the proxy closed the connection")
        found += piece
    return found


class _ThroughTor(http.client.HTTPConnection):
    """A connection of `http.client` that goes through Tor."""

    def __init__(self, socks: Path, host: str, who: str) -> None:
        super().__init__(host, 80, timeout=PATIENCE_SECONDS)
        self._road = socks, who

    def connect(self) -> None:
        """Take the road through Tor."""
        socks, who = self._road
        self.sock = connect_through(socks, self.host, self.port, who)


def source_through(socks: Path, address: str, who: str) -> SourceClient:
    """Return a source whose visit goes through Tor, on a circuit of its own if nobody else is called `who`."""
    return SourceClient(f"http://{address}", _ThroughTor(socks, address, who))
