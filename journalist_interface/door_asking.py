"""One request after the other over one road to the door: what goes out with each, and which answers are believed.

Every answer is capped in bytes and in time. No redirect is followed, no proxy is taken from the environment, nothing is
tried again. Raises DoorSilent, DoorClosed, DoorFull, DoorRefused or DoorDistrusted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.util import SKIP_HEADER

from journalist_interface import courier_cover as covers
from journalist_interface.courier_cover import Cover
from journalist_interface.courier_errors import DoorClosed, DoorDistrusted, DoorFull, DoorRefused
from journalist_interface.courier_patience import Patience
from journalist_interface.courier_rules import LARGEST_DOCUMENT
from journalist_interface.door_address import ONION_PORT
from journalist_interface.door_answers import PADDING, bytes_of, length_of, network
from journalist_interface.timed_connection import Deadline
from journalist_interface.tor_road import TorRoad, open_pool

PAD = "Candour-Pad"  # asks that an answer be padded to a multiple of so many bytes


class DoorAsking:
    """A connection to one door, over `road`, or straight if that is None; with its token, and a deadline for each."""

    def __init__(self, url: str, token: str, patience: Patience, road: TorRoad | None, cover: Cover) -> None:
        self.patience = patience
        self.deadline = Deadline(patience.silence, patience.fresh)
        self._cover = cover
        parts = urlsplit(url)
        self._pool = open_pool(parts.hostname or "", parts.port or ONION_PORT, road, self.deadline)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "identity",
            "User-Agent": SKIP_HEADER,
        }

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    def post_bytes(self, path: str, size: int, body: Iterator[bytes], padding: int = 0) -> bytes:
        """Post `size` bytes, the last `padding` of which mean nothing."""
        seconds = self.patience.document + size / self.patience.least_speed
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        if padding:
            headers[PADDING] = str(padding)
        return self.document("POST", path, body, headers=headers, seconds=seconds)

    def document(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
        answer: int = covers.WORD_ANSWER,
    ) -> bytes:
        """Return the document that is the answer; a body without `headers` is one, too. `seconds`: at most, in all."""
        sent = headers or ({} if body is None else {"Content-Type": "application/json"})
        patience = self.patience.document if seconds is None else seconds
        with self.ask(method, path, 200, patience, headers=sent, body=body, answer=answer) as response:
            if response.headers.get("Content-Type") != "application/json":
                raise DoorDistrusted("an answer is not JSON")
            length = length_of(response)
            if length > LARGEST_DOCUMENT:
                raise DoorDistrusted(f"an answer is longer than {LARGEST_DOCUMENT} bytes")
            return b"".join(bytes_of(response, length))

    @contextmanager
    def ask(
        self,
        method: str,
        path: str,
        wanted: int,
        seconds: float,
        *,
        headers: Mapping[str, str],
        body: bytes | Iterator[bytes] | None = None,
        answer: int = 0,
    ) -> Iterator[BaseHTTPResponse]:
        """Give the answer, which must have the status `wanted`, to be read within `seconds`.

        `answer`: with a cover, that it be padded to a multiple of so many bytes.
        """
        self.deadline.start(seconds)
        pad = {PAD: str(answer)} if answer and self._cover.is_on else {}
        with network():
            response = self._pool.urlopen(
                method,
                path,
                body=body,
                headers={**self._headers, **headers, **pad},
                retries=False,
                redirect=False,
                timeout=Timeout(connect=self.patience.connect, read=self.patience.silence),
                preload_content=False,
                decode_content=False,
            )
        try:
            _check_status(response.status, wanted)
            yield response
        finally:
            # A connection whose answer was read to its end is back in the pool by now; any other is cut.
            response.close()


def _check_status(status: int, wanted: int) -> None:
    """Raise DoorClosed, DoorFull or DoorRefused if the door answers otherwise than is wanted."""
    if status == 401:
        raise DoorClosed
    if status == 507:
        raise DoorFull
    if status != wanted:
        raise DoorRefused(status)
