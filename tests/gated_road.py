"""A road between a browser and the site that stops large uploads in the middle until a test says how it goes on."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

_PIECE = 64 * 1024
_PATIENCE_SECONDS = 120


class GatedRoad:
    """Carries connections. A request of more than `large` bytes waits after half of them: see `open` and `cut`."""

    def __init__(self, listener: socket.socket, onwards: Callable[[], socket.socket], large: int) -> None:
        """`onwards` connects to the other end; `listener`, where the road begins, is closed with it."""
        self._onwards = onwards
        self._large = large
        self._listener = listener
        self.reached = threading.Event()
        self._opened = threading.Event()
        self._cuts = False
        self._is_down = False
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        """Where it begins, if that is a port."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def open(self) -> None:
        """Let what waits, and all that comes later, go on."""
        self._cuts = False
        self._opened.set()

    def cut(self) -> None:
        """Break the connection that waits, and each that is large, until `open`: a browser may try again by itself."""
        self._cuts = True
        self._opened.set()

    def go_down(self) -> None:
        """Lead nowhere: end every connection, and each that begins, until `come_up`."""
        self._is_down = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def come_up(self) -> None:
        """Lead to the site again."""
        self._is_down = False

    def close(self) -> None:
        """End every connection and take no further one."""
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _address = self._listener.accept()
                if self._is_down:
                    browser.close()
                    continue
                site = self._onwards()
                self._ends += [browser, site]
                self._start(self._carry, browser, site, True)
                self._start(self._carry, site, browser, False)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _carry(self, source: socket.socket, target: socket.socket, is_upload: bool) -> None:
        passed = 0
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                target.sendall(piece)
                passed += len(piece)
                if is_upload and passed > self._large and not self._wait():
                    break
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _wait(self) -> bool:
        self.reached.set()
        assert self._opened.wait(_PATIENCE_SECONDS)
        return not self._cuts


@contextmanager
def gated_road(site_url: str, large: int) -> Iterator[GatedRoad]:
    """Give a road to the site."""
    parts = urlsplit(site_url)
    site = (parts.hostname or "", parts.port or 80)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    with closing(GatedRoad(listener, lambda: socket.create_connection(site), large)) as road:
        yield road


@contextmanager
def gated_socket(begins: Path, leads_to: Path, large: int) -> Iterator[GatedRoad]:
    """Give a road from one unix socket, made here, to another."""

    def onwards() -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.connect(str(leads_to))
        return made

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(begins))
    listener.listen(64)
    with closing(GatedRoad(listener, onwards, large)) as road:
        yield road
