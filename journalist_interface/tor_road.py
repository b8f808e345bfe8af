"""The road through this host's own Tor: SOCKS5 (RFC 1928) over a unix socket or loopback, and nowhere else.

- The name of the onion service is handed to Tor as it is: nothing here ever asks a name server.
- There is no other road. When Tor is away, or answers strangely, the run ends with a sentence.
- Each road has a user name and a password of its own, random and never used again (RFC 1929). Tor gives streams of
  other names other circuits (IsolateSOCKSAuth, its default), so what is slow or watched on one is not on another.
- Whatever listens there gets one answer's worth of patience: the deadline holds for the handshake too.
"""

import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import socks

from journalist_interface.courier_errors import DoorSilent, OnionUnreachable, TorAway
from journalist_interface.door_address import Socks
from journalist_interface.timed_connection import Deadline, Timed, TimedConnection, TimedPool, timed

_REPLY = re.compile(r"0x([0-9a-f]{2}): ")
_NO_NAME_NEEDED = b"\x05\x00"


@dataclass(frozen=True)
class TorRoad:
    """One road through Tor: where its SOCKS is, and the name that gives this road circuits of its own."""

    socks: Socks
    name: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def another(self) -> "TorRoad":
        """Return a road through the same Tor over other circuits."""
        return TorRoad(self.socks)


class _TorSocket(Timed, socks.socksocket):  # type: ignore[misc]  # PySocks ships no types
    """PySocks' socket, which also speaks over a unix socket, keeps the deadline and insists on its name."""

    _asked_for_name = False

    def _proxy_addr(self) -> Any:
        _kind, host, port, *_rest = self.proxy
        # PySocks knows host and port alone; the kernel wants a path for a unix socket.
        return host if self.family == socket.AF_UNIX else (host, port)

    def _readall(self, file: Any, count: int) -> bytes:
        found = bytes(super()._readall(file, count))
        if not self._asked_for_name:
            self._asked_for_name = True
            # Tor takes the name if it is offered one. What does not would mix this road with others', or is no Tor.
            if found == _NO_NAME_NEEDED:
                raise socks.SOCKS5AuthError("the name of the road was not wanted")
        return found


class _TorConnection(TimedConnection):
    """A connection to an onion service. Takes `road=TorRoad(…)`."""

    def __init__(self, *arguments: Any, road: TorRoad, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._road = road

    def _new_conn(self) -> socket.socket:
        made = _TorSocket(_family(self._road.socks))
        try:
            return self._negotiated(made)
        except BaseException:
            made.close()
            raise

    def _negotiated(self, made: _TorSocket) -> socket.socket:
        where = self._road.socks
        made.deadline = self.deadline
        made.set_proxy(socks.SOCKS5, where.path or where.host, where.port, True, self._road.name, self._road.password)
        made.settimeout(self.timeout)
        self.deadline.hold(made)
        try:
            # `catch_errors` is PySocks' word for raising what happened as it is.
            made.connect((self.host, self.port), catch_errors=True)  # type: ignore[call-arg]
        except socks.SOCKS5Error as refused:
            raise OnionUnreachable(_reply(refused)) from refused
        except (ConnectionRefusedError, FileNotFoundError, PermissionError) as away:
            raise TorAway(str(where)) from away
        except TimeoutError as silent:
            raise DoorSilent.said_nothing() from silent
        except OSError as strange:  # PySocks' own errors are among them
            raise TorAway.strange(str(where)) from strange
        if made.family != socket.AF_UNIX:
            with suppress(OSError):
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return timed(made, self.deadline)


class TorPool(TimedPool):
    """One reusable connection to one onion service. Takes `deadline=Deadline(…)` and `road=TorRoad(…)`."""

    ConnectionCls = _TorConnection  # type: ignore[assignment]  # it is made with TorPool's own options


def open_pool(host: str, port: int, road: TorRoad | None, deadline: Deadline) -> TimedPool:
    """Return the pool for a door: through Tor if there is a road, straight if not (loopback)."""
    if road is None:
        return TimedPool(host, port, maxsize=1, deadline=deadline)
    return TorPool(host, port, maxsize=1, deadline=deadline, road=road)


def _family(where: Socks) -> socket.AddressFamily:
    if where.path:
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in where.host else socket.AF_INET


def _reply(refused: Exception) -> int:
    found = _REPLY.match(str(refused))
    return int(found[1], 16) if found else 0x01
