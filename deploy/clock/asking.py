"""Asking one web server for the time: TLS whose certificate is checked, over Tor's SOCKS5 (RFC 1928, RFC 1929).

Each question goes over circuits of its own, for it has a name of its own at the proxy. What is asked is the first page,
without a word of who asks; of the answer the head is read, and no more.
"""

import secrets
import socket
import ssl
import time
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path

from deploy.clock.judging import Answer

PATIENCE_SECONDS = 40.0
_LARGEST_HEAD = 16_384  # bytes


class NoAnswer(Exception):
    """The server, or the proxy, did not answer as it should."""


def ask(proxy: Path, name: str, trust: ssl.SSLContext) -> Answer:
    """Return what the server `name` says of the time. Raises NoAnswer."""
    try:
        with closing(_connected(proxy, name)) as plain, trust.wrap_socket(plain, server_hostname=name) as server:
            # The connection stands: what follows takes one way there and back.
            asked = time.time()
            server.sendall(f"HEAD / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode("ascii"))
            head = _head(server)
            return Answer(_date(head), asked, time.time())
    except (OSError, ValueError) as reason:
        raise NoAnswer(f"{name}: {type(reason).__name__}") from reason


def _connected(proxy: Path, name: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(PATIENCE_SECONDS)
    try:
        made.connect(str(proxy))
        made.sendall(b"\x05\x01\x02")
        _expect(made, b"\x05\x02")
        own = secrets.token_hex(16).encode("ascii")
        made.sendall(b"\x01" + _counted(own) + _counted(own))
        _expect(made, b"\x01\x00")
        made.sendall(b"\x05\x01\x00\x03" + _counted(name.encode("ascii")) + (443).to_bytes(2, "big"))
        _expect(made, b"\x05\x00\x00")
        length = {1: 4, 4: 16, 3: None}[_read(made, 1)[0]]
        _read(made, (_read(made, 1)[0] if length is None else length) + 2)
    except KeyError as strange:
        made.close()
        raise ValueError("no address") from strange
    except BaseException:
        made.close()
        raise
    return made


def _counted(word: bytes) -> bytes:
    return bytes([len(word)]) + word


def _expect(connection: socket.socket, wanted: bytes) -> None:
    if _read(connection, len(wanted)) != wanted:
        raise ValueError("the proxy refused")


def _read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = connection.recv(count - len(found))
        if not piece:
            raise ValueError("closed")
        found += piece
    return found


def _head(server: ssl.SSLSocket) -> bytes:
    ends = time.monotonic() + PATIENCE_SECONDS
    found = b""
    while b"\r\n\r\n" not in found:
        piece = server.recv(4096)
        if not piece or len(found) > _LARGEST_HEAD or time.monotonic() > ends:
            raise ValueError("no head")
        found += piece
    return found.split(b"\r\n\r\n", 1)[0]


def _date(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"date":
            found = parsedate_to_datetime(value.decode("ascii").strip())
            if found.tzinfo is None:
                raise ValueError("no zone")
            return int(found.timestamp())
    raise ValueError("no date")
