"""Somebody who holds the door's token: asks it, and posts to it what the courier posts."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import urllib3

from keys.reply import reply_address
from store.drop.intake import NewSource
from tests.courier.ground import TODAY, TOKEN

PASS = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Caller:
    """Somebody who holds the token."""

    url: str

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send one request."""
        headers = {**PASS, **options.pop("headers", {})}
        return urllib3.request(method, self.url + path, headers=headers, retries=False, redirect=False, **options)

    def post(self, path: str, document: object) -> urllib3.BaseHTTPResponse:
        """Post a document."""
        body = json.dumps(document).encode()
        return self.ask("POST", path, body=body, headers={"Content-Type": "application/json"})

    def deliver(self, *deliveries: dict[str, Any]) -> list[str]:
        """Post deliveries and return the answers."""
        answer = self.post("/v1/deliveries", {"candour_door": 1, "deliveries": deliveries})
        assert answer.status == 200, answer.data
        return [one["answer"] for one in answer.json()["deliveries"]]


def reply_delivery(source: NewSource, **changes: Any) -> dict[str, Any]:
    """Spell a reply to a source."""
    return {
        "id": "d0" * 16,
        "kind": "reply",
        "address": reply_address(source.reply_key),
        "day": TODAY,
        "reply": "e0" * 16,
        "sealed": base64.b64encode(b"sealed").decode(),
    } | changes
