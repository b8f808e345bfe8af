"""A source without a browser: speaks to the public site over plain HTTP, cookies and form tokens and all."""

import http.client
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
_CODENAME = re.compile(r'id="codename"[^>]*>([^<]+)<')
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Answered:
    """An answer of the site."""

    status: int
    headers: dict[str, str] = field(repr=False)
    text: str = field(repr=False)

    def hidden(self, name: str, form: int = -1) -> str:
        """Return a hidden field's value, by default of the last form that has it (the first is the page's head)."""
        return [unescape(value) for found, value in _HIDDEN.findall(self.text) if found == name][form]


@dataclass(frozen=True)
class SentFile:
    """A file to send: its name, its type, and its bytes in pieces with their whole length."""

    name: str
    declared_type: str
    size: int
    pieces: Iterable[bytes] = field(repr=False)

    @classmethod
    def of(cls, name: str, content: bytes, declared_type: str = "application/octet-stream") -> "SentFile":
        """Return a file with this content."""
        return cls(name, declared_type, len(content), (content[i : i + _PIECE] for i in range(0, len(content), _PIECE)))


class SourceClient:
    """One visit to the site. `road` may be handed over to go another one than plain TCP."""

    def __init__(self, url: str, road: http.client.HTTPConnection | None = None) -> None:
        parts = urlsplit(url)
        self._http = road or http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=600)
        self.cookies: dict[str, str] = {}

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    def get(self, path: str) -> Answered:
        """Get a page."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, values: Mapping[str, str | list[str]]) -> Answered:
        """Send a small form; a field may have several values."""
        body = urlencode(values, doseq=True).encode("ascii")
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def post_multipart(self, path: str, values: list[tuple[str, str]], files: Iterable[SentFile] = ()) -> Answered:
        """Send a form with files, piece by piece."""
        headers, parts = multipart(values, list(files))
        return self._ask("POST", path, _body(parts), headers)

    def take_codename(self) -> str:
        """Visit the codename page and return the seven words."""
        found = _CODENAME.search(self.get("/codename").text)
        if found is None:
            raise RuntimeError("the page shows no codename")
        return found.group(1).strip()

    def report(self, message: str, *, codename: str | None, files: Iterable[SentFile] = (), **more: str) -> Answered:
        """Fill in the report form and send it; no codename means one way."""
        return self.post_multipart("/report", [*self.fill_in(message, codename=codename), *more.items()], files)

    def fill_in(self, message: str, *, codename: str | None) -> list[tuple[str, str]]:
        """Fetch the report form and return it filled in."""
        page = self.get("/report")
        return [
            ("csrf_token", page.hidden("csrf_token")),
            ("submission", page.hidden("submission")),
            ("held", ""),
            ("codename_check", codename) if codename else ("one_way", "yes"),
            ("message", message),
        ]

    def come_back(self, codename: str) -> Answered:
        """Return with a codename."""
        page = self.get("/return")
        return self.post("/return", {"csrf_token": page.hidden("csrf_token"), "codename": codename})

    def write_again(
        self, inbox: Answered, message: str, files: Iterable[SentFile] = (), answers: dict[str, str] | None = None
    ) -> Answered:
        """Send a further message from an inbox page."""
        values = [
            ("csrf_token", inbox.hidden("csrf_token", 0)),
            ("submission", inbox.hidden("submission")),
            ("held", ""),
            ("act", "send"),
            *((f"answer-{question}", text) for question, text in (answers or {}).items()),
            ("message", message),
        ]
        return self.post_multipart("/inbox", values, files)

    def cookie_header(self) -> str:
        """Return this visit's cookies as a request carries them."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str]) -> Answered:
        if self.cookies:
            headers = {**headers, "Cookie": self.cookie_header()}
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return Answered(answer.status, dict(answer.headers.items()), text)


def multipart(values: list[tuple[str, str]], files: list[SentFile]) -> tuple[dict[str, str], list[bytes | SentFile]]:
    """Return a form with files as a browser sends it: its headers, and its parts in order."""
    boundary = "----candour" + secrets.token_hex(16)
    parts = list(_parts(boundary, values, files))
    length = sum(len(part) if isinstance(part, bytes) else part.size for part in parts)
    return {"Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(length)}, parts


def _parts(boundary: str, values: list[tuple[str, str]], files: list[SentFile]) -> Iterator[bytes | SentFile]:
    for name, value in values:
        yield (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode() + b"\r\n"
        )
    for file in files:
        yield (
            f'--{boundary}\r\nContent-Disposition: form-data; name="attachments"; filename="{file.name}"\r\n'
            f"Content-Type: {file.declared_type}\r\n\r\n"
        ).encode()
        yield file
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode("ascii")


def _body(parts: list[bytes | SentFile]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part.pieces
