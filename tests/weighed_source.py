"""A source whose line is watched: every answer as the bytes that came over the socket, and nothing else."""

import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from bench.source_client import Answered

_COOKIE = re.compile(rb"\r\nSet-Cookie: visit=([^;]+);")
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Weighed:
    """One answer: its status, its text, and how many bytes it was on the wire."""

    status: int
    weight: int
    text: str = field(repr=False)
    location: str | None

    def hidden(self, name: str) -> str:
        """Return a hidden field's value, of the first form that has it."""
        return Answered(self.status, {}, self.text).hidden(name, 0)


class WeighedSource:
    """A browser that follows no redirect by itself and opens a connection for every request."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self.cookie = b""

    def get(self, path: str) -> Weighed:
        """Get a page."""
        return self.ask("GET", path)

    def post(self, path: str, values: dict[str, str]) -> Weighed:
        """Send a small form."""
        return self.ask("POST", path, urlencode(values).encode("ascii"), "application/x-www-form-urlencoded")

    def post_multipart(self, path: str, values: dict[str, str]) -> Weighed:
        """Send a form of the kind that may have files."""
        parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{values[name]}\r\n' for name in values]
        return self.ask("POST", path, "".join([*parts, "--b--\r\n"]).encode(), "multipart/form-data; boundary=b")

    def come_back(self, codename: str) -> Weighed:
        """Return with a codename; the page before it is not counted."""
        token = self.get("/return").hidden("csrf_token")
        return self.post("/return", {"csrf_token": token, "codename": codename})

    def ask(self, method: str, path: str, body: bytes = b"", kind: str | None = None, more: str = "") -> Weighed:
        """Send one request as it stands and read until the site closes the connection."""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}"
        if kind is not None:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        cookie = b"Cookie: visit=" + self.cookie + b"\r\n" if self.cookie else b""
        with socket.create_connection(self._address, _PATIENCE_SECONDS) as connection:
            connection.sendall(head.encode("ascii") + cookie + b"\r\n" + body)
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        found, text = answer.split(b"\r\n\r\n", 1)
        if given := _COOKIE.search(found + b"\r\n"):
            self.cookie = given[1]
        there = re.search(rb"\r\nLocation: ([^\r]+)", found)
        return Weighed(
            int(found.split(b" ")[1]), len(answer), text.decode("utf-8"), there[1].decode("ascii") if there else None
        )
