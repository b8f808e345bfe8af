"""On which circuit each open connection came, as Tor said at its beginning; told to the application with each request.

Rules:
- A number is known as long as its connection's socket is, and not a moment longer. It is written nowhere.
- The application finds it under `CIRCUIT`, as a number. The address of the client stays as empty as it is on any unix
  socket: what prints an address, as programs do, cannot print the number.
"""

import socket
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

# As gunicorn types it.
_Application = Callable[[MutableMapping[str, Any], Any], Iterable[bytes]]
CIRCUIT = "candour.circuit"
_SOCKET = "gunicorn.socket"


class ToldCircuits:
    """The circuits of the connections that are open."""

    def __init__(self) -> None:
        self._numbers: WeakKeyDictionary[socket.socket, int] = WeakKeyDictionary()

    def note(self, connection: socket.socket, circuit: int) -> None:
        """Remember on which circuit a connection came, while it is open."""
        self._numbers[connection] = circuit

    def knows(self, connection: socket.socket) -> bool:
        """Tell whether it was said of this connection: it is said once, at its beginning."""
        return connection in self._numbers

    def telling(self, app: _Application) -> _Application:
        """Return the application as one that is told.

        A request on a connection of which nothing was said raises KeyError: it must never have come so far.
        """

        def told(environ: MutableMapping[str, Any], start_response: Any) -> Iterable[bytes]:
            environ[CIRCUIT] = self._numbers[environ[_SOCKET]]
            return app(environ, start_response)

        return told
