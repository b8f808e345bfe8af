"""A raw client of the running site, and what its source host holds: for the tests of attacks."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from source_interface.drop_folder import DropFolder, make_drop
from tests.conftest import IntakeSecret
from tests.raw_http import TELLING, RawAnswer, exchange
from tests.source_site import running_site


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> DropFolder:
    """A source host's folder."""
    root = tmp_path_factory.mktemp("attacked")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    return DropFolder(root / "drop")


@pytest.fixture(scope="module")
def site(folder: DropFolder) -> Iterator[str]:
    """The running site, which must have said nothing when it is stopped."""
    with running_site(folder.root) as url:
        yield url


SMALL, LARGE = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"


def contents(folder: DropFolder) -> dict[str, list[str]]:
    """Every row and every blob of the source host."""
    with sqlite3.connect(folder.database) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}")))  # noqa: S608  (our own tables)
            for name in names
        }
    connection.close()
    return {**found, "blobs": sorted(str(path) for path in folder.blobs.rglob("*"))}


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    """Spell a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: candour.onion", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def one(url: str, request: bytes) -> RawAnswer:
    """Return the only answer to a request, which tells nothing of what serves it."""
    (answer,) = exchange(url, request)
    assert not TELLING.search(answer.head + answer.body)
    assert not answer.header("Server")
    assert not answer.header("Date")
    return answer


@dataclass
class Member:
    """A source who is signed in, as a raw client needs it."""

    url: str
    cookie: str
    token: str
    submission: str

    def post(self, path: str, fields: list[tuple[str, str]], *headers: str, kind: str = LARGE) -> RawAnswer:
        """Send a form."""
        if kind == SMALL:
            body = "&".join(f"{name}={value}" for name, value in fields)
        else:
            parts = (
                f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
            )
            body = "".join(parts) + "--b--\r\n"
        told = [f"Cookie: visit={self.cookie}"] if self.cookie else []
        head = get(path, *told, *headers, f"Content-Type: {kind}", f"Content-Length: {len(body)}", method="POST")
        return one(self.url, head + body.encode())
