"""Files of a reply at the real door: how they are announced, brought and delivered, and what is then on the disk.

`ground`, `source` and `url` are fixtures: who imports them names them in `__all__`.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import urllib3

from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from store.drop.deliveries import Outcome, ReplyDelivery, apply_delivery
from store.drop.intake import NewSource
from tests.courier.ground import TODAY, TOKEN, DropGround, make_drop_ground, new_source, serving

SEALED = secrets.token_bytes(200_000)
BLOB, REPLY = "b1" * 16, "e0" * 16
PASS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[DropGround]:
    """A source host."""
    made = make_drop_ground(tmp_path / "drop")
    yield made
    made.database.close()


@pytest.fixture
def source(ground: DropGround) -> NewSource:
    """A source whose report is there."""
    made = new_source()
    ground.submit(b"a letter", source=made)
    return made


@pytest.fixture
def url(ground: DropGround) -> Iterator[str]:
    """The door."""
    with serving(ground.app()) as found:
        yield found


def one_file(**changes: Any) -> dict[str, Any]:
    """A file as it is announced."""
    return {"blob": BLOB, "size": len(SEALED), "sha256": sha256(SEALED).hexdigest(), **changes}


def announcement(source: NewSource, **changes: Any) -> dict[str, Any]:
    """An announcement of one file, with changes."""
    address = reply_address(source.reply_key)
    return {"candour_door": 1, "address": address, "reply": REPLY, "files": [one_file()], **changes}


def post(url: str, path: str, body: bytes, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
    """Post something."""
    return urllib3.request("POST", url + path, body=body, headers=headers, retries=False, redirect=False)


def announce(url: str, document: object) -> tuple[int, Any]:
    """Announce; return the status, and the answers or the error."""
    answer = post(url, "/v1/files", json.dumps(document).encode(), {**PASS, "Content-Type": "application/json"})
    said = answer.json()
    return answer.status, [each["answer"] for each in said["files"]] if answer.status == 200 else said["error"]


def bring(url: str, body: bytes = SEALED, blob: str = BLOB, kind: str = "application/octet-stream") -> int:
    """Bring a file; return the status."""
    return post(url, f"/v1/files/{blob}", body, {**PASS, "Content-Type": kind}).status


def there(ground: DropGround) -> dict[str, bytes]:
    """Every file of a reply on the disk, whatever its name."""
    folder = ground.folder / "reply-files"
    return {
        path.name: path.read_bytes() for name in ("incoming", "held", "sealed") for path in (folder / name).iterdir()
    }


def deliver(ground: DropGround, source: NewSource, files: tuple[str, ...] = (BLOB,), **changes: str) -> Outcome:
    """Have the reply delivered that names these files."""
    address = reply_address(source.reply_key)
    delivery = ReplyDelivery(secrets.token_hex(16), address, TODAY, REPLY, Ciphertext(b"sealed"), files)
    return apply_delivery(ground.database, replace(delivery, **changes), TODAY)  # type: ignore[arg-type]
