"""What is not this host's Tor: another machine, or another program in its place; it gets neither time nor token."""

import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from journalist_interface.courier_errors import DoorSilent, OnionUnreachable, TorAway
from journalist_interface.courier_patience import Patience
from journalist_interface.door_address import Socks, read_socks
from tests.courier.ground import TOKEN
from tests.courier.stand_in_tor import through

IMPATIENT = Patience(connect=2, silence=1, document=2, least_speed=10_000_000)


@contextmanager
def strange(answer: Callable[[socket.socket], Iterable[bytes]], over: threading.Event) -> Iterator[str]:
    """Serve what is no Tor on loopback: it answers as it is told, then stays until `over`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            client, _address = listening.accept()
            with client, suppress(OSError):
                for piece in answer(client):
                    client.sendall(piece)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        listening.close()


def silent(client: socket.socket) -> Iterator[bytes]:
    """Read, and say nothing more."""
    while client.recv(65_536):
        yield b""


def endless(_client: socket.socket) -> Iterator[bytes]:
    """Answer for ever."""
    while True:
        yield b"\x05\x02" * 1_000


def drip(client: socket.socket) -> Iterator[bytes]:
    """Take the name, then give an answer byte by byte, never silent for long."""
    yield b"\x05\x02"
    yield b"\x01\x00"
    yield b"\x05\x00\x00\x03\xff"
    client.settimeout(0.2)
    while True:
        with suppress(TimeoutError):
            if not client.recv(65_536):
                return
        yield b"x"


STRANGE: dict[str, tuple[Callable[[socket.socket], Iterable[bytes]], type[DoorSilent]]] = {
    "SOCKS 4": (lambda _client: [b"\x04\x5a" + bytes(6)], TorAway),
    "a web server": (lambda _client: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], TorAway),
    "one that wants no name": (lambda _client: [b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6)], TorAway),
    "one that takes no way in": (lambda _client: [b"\x05\xff"], TorAway),
    "one that wants Kerberos": (lambda _client: [b"\x05\x01"], TorAway),
    "one that refuses the name": (lambda _client: [b"\x05\x02", b"\x01\x01"], TorAway),
    "one that closes at once": (lambda _client: [], TorAway),
    "one that closes midway": (lambda _client: [b"\x05\x02", b"\x01\x00", b"\x05\x00"], TorAway),
    "an answer of a strange kind": (lambda _client: [b"\x05\x02", b"\x01\x00", b"\x05\x00\x00\x09"], TorAway),
    "one that refuses": (lambda _client: [b"\x05\x02", b"\x01\x00", b"\x05\xf0\x00\x01"], OnionUnreachable),
    "silence": (silent, DoorSilent),
    "an answer byte by byte": (drip, DoorSilent),
    "an endless answer": (endless, DoorSilent),
}


@pytest.mark.parametrize("how", STRANGE)
def test_what_is_no_tor_gets_neither_patience_nor_the_token(how: str) -> None:
    """The run ends in time, in a sentence, and the token was not sent."""
    answer, error = STRANGE[how]
    over = threading.Event()
    heard: list[bytes] = []

    def listen(client: socket.socket) -> Iterator[bytes]:
        yield from answer(client)
        # Until the other side closes: what lies here unread would make the kernel break the connection off.
        client.shutdown(socket.SHUT_WR)
        while piece := client.recv(65_536):
            heard.append(piece)

    with (
        strange(listen, over) as socks,
        closing(through(socks, IMPATIENT)) as door,
        pytest.raises(DoorSilent) as caught,
    ):
        door.list_waiting("")
    assert isinstance(caught.value, error)
    assert str(caught.value)
    if how != "an endless answer":
        assert TOKEN.encode() not in b"".join(heard)


SOCKS = {
    "a relative path": "unix:tor/socks.sock",
    "no path": "unix:",
    "a path longer than the kernel's": f"unix:/{'x' * 107}",
    "a name": "localhost:9050",
    "another machine": "192.168.0.9:9050",
    "no port": "127.0.0.1",
    "port 0": "127.0.0.1:0",
    "a port too high": "127.0.0.1:70000",
    "a name and a password": "u:p@127.0.0.1:9050",
    "a path behind it": "127.0.0.1:9050/x",
    "a scheme": "socks5://127.0.0.1:9050",
    "nothing": "",
}


@pytest.mark.parametrize("how", SOCKS)
def test_tor_is_on_this_machine_or_nowhere(how: str) -> None:
    """Another machine would learn where the courier goes, and when."""
    with pytest.raises(Exception, match=re.escape("Tor's SOCKS must be given as")):
        read_socks(SOCKS[how])


@pytest.mark.parametrize("spelt", ["unix:/run/tor/socks", "127.0.0.1:9050", "[::1]:9050"])
def test_where_tor_is_has_one_spelling(spelt: str) -> None:
    """What is written down is what was given."""
    assert str(read_socks(spelt)) == spelt
    assert isinstance(read_socks(spelt), Socks)
