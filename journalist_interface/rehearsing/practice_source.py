"""A made-up source, in a rehearsal: writes a letter to the scratch site, and comes back with the codename.

It speaks to the site's socket as Tor would, each connection with a line that names a circuit.
"""

import http.client
import re
import secrets
import socket
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from journalist_interface.errors import SetUpRefused
from serving.language import gettext as _

_HIDDEN = re.compile(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">')
_CODENAME = re.compile(r'id="codename"[^>]*>([^<]+)<')
_CIRCUIT = b"PROXY TCP6 fc00:dead:beef:4dad::0:1 ::1 1 80\r\n"
_SECONDS = 60
_INBOX = 'id="inbox-form"'


class _Circuit(http.client.HTTPConnection):
    """A connection to the site as Tor makes it."""

    def __init__(self, path: Path, address: str) -> None:
        super().__init__(address, timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(str(self._path))
        self.sock.sendall(_CIRCUIT)


class PracticeSource:
    """One visit. Raises SetUpRefused if the site does not answer as it should."""

    def __init__(self, site: Path, address: str) -> None:
        self._site, self._address = site, address
        self._cookies: dict[str, str] = {}

    def report(self, message: str) -> str:
        """Write a letter; return the codename."""
        found = _CODENAME.search(self._ask("GET", "/codename"))
        if found is None:
            raise _wrong()
        codename = found[1].strip()
        page = self._ask("GET", "/report")
        fields = {name: _hidden(page, name) for name in ("csrf_token", "submission")}
        self._send("/report", fields | {"held": "", "codename_check": codename, "message": message})
        return codename

    def comes_back(self, codename: str) -> bool:
        """Come back with a codename; tell whether it opens the inbox."""
        page = self._ask("GET", "/return")
        body = urlencode({"csrf_token": _hidden(page, "csrf_token"), "codename": codename}).encode("ascii")
        return _INBOX in self._ask("POST", "/return", body, "application/x-www-form-urlencoded")

    def _send(self, path: str, fields: dict[str, str]) -> str:
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()
        ]
        body = ("".join(parts) + f"--{boundary}--\r\n").encode()
        return self._ask("POST", path, body, f"multipart/form-data; boundary={boundary}")

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> str:
        """Return a page, the one that the site leads on to if it does."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        circuit = _Circuit(self._site, self._address)
        try:
            circuit.request(method, path, body, headers | ({"Content-Type": kind} if kind else {}))
            answer = circuit.getresponse()
            page = answer.read().decode("utf-8", "replace")
        finally:
            circuit.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _equals, value = cookie.split(";", 1)[0].partition("=")
            self._cookies[name] = value
        if answer.status >= http.client.BAD_REQUEST:
            raise _wrong()
        led_on = answer.headers.get("Location")
        return self._ask("GET", led_on.removeprefix(f"http://{self._address}")) if led_on else page


def _hidden(page: str, name: str) -> str:
    """Return a hidden field of the last form that has it: the first is the page's head."""
    found = [unescape(value) for field, value in _HIDDEN.findall(page) if field == name]
    if not found:
        raise _wrong()
    return found[-1]


def _wrong() -> SetUpRefused:
    return SetUpRefused(
        _("The practice site did not answer as it should. Nothing real was touched. Tell us what stands above.")
    )
