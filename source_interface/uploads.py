"""How far each upload is, in memory alone, for the small frame that shows it; and what a broken one leaves behind.

Over Tor an upload can take an hour. Its page carries an id that nobody can guess; the frame beside the form asks for
that id. If the connection breaks, the words that had arrived are kept here for a while, sealed under a key that only
the page's id gives, and the finished files are held as for any form with a mistake: the source goes on from there.

Rules:
- Nothing of this is ever on a disk or in a log, and no time of it outlives the upload.
- An id answers only to the visit that began it. Any other, or an unknown id, is an upload that has not begun.
- The number of uploads known, and the bytes kept for broken ones, are bounded; the oldest are forgotten first.
"""

import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from source_interface.upload_speed import Speed

_UPLOAD_ID = re.compile(r"[0-9a-f]{32}\Z")
_MOST_KNOWN = 2_000
_MOST_KEPT_BYTES = 64_000_000
_NONCE_SIZE = 12


class Stage(StrEnum):
    """Where an upload is."""

    WAITING = "waiting"  # not begun, or not this visit's
    ARRIVING = "arriving"
    CLOSING = "closing"  # all of it is here and is being stored
    DONE = "done"  # stored: the source may rely on it
    RETURNED = "returned"  # the answer beside the frame says what is to be mended
    BROKEN = "broken"


class Trouble(StrEnum):
    """Why an upload that still arrives will not be taken as it is: to be told at once, not after an hour."""

    NONE = ""
    TOO_LARGE = "too large"
    BUSY = "busy"
    CIRCUIT = "circuit"  # as busy, but only on this one


@dataclass(frozen=True)
class Shown:
    """What the frame shows. Bytes of the whole form; `files` are those that are here whole, `words` that the text is.

    `can_go_on` tells that `open_kept` would give something.
    """

    stage: Stage
    trouble: Trouble = Trouble.NONE
    received: int = 0
    total: int = 0
    seconds_left: int | None = None
    files: tuple[str, ...] = field(default=(), repr=False)
    words: bool = False
    can_go_on: bool = False


class Upload:
    """One form being sent; one thread writes to it. As a context, it is over at the end."""

    def __init__(self, upload_id: str, owner: str, page: str, total: int, clock: Callable[[], float]) -> None:
        self.key = _index(upload_id)
        self.owner = owner
        self.page = page
        self.stage = Stage.ARRIVING
        self.trouble = Trouble.NONE
        self.received = 0
        self.total = total
        self.files: list[str] = []
        self.words = False
        self.kept: bytes | None = None
        self.last_seen = clock()
        self._clock = clock
        self._speed = Speed(self.last_seen)
        self._secret = ChaCha20Poly1305(sha256(b"candour v1 kept words\x00" + upload_id.encode("ascii")).digest())

    def __enter__(self) -> "Upload":
        return self

    def __exit__(self, *_error: object) -> None:
        # Whatever happened, it goes on no longer: what still ran would be remembered for ever.
        if self.is_running:
            self.ended(Stage.RETURNED)

    @property
    def is_running(self) -> bool:
        """Tell whether it is not over yet."""
        return self.stage in (Stage.ARRIVING, Stage.CLOSING)

    def arrived(self, size: int) -> None:
        """Note that so many more bytes have come."""
        self.received += size
        self.last_seen = self._clock()
        self._speed.note(self.last_seen, self.received)
        if self.received >= self.total:
            self.stage = Stage.CLOSING

    def ended(self, stage: Stage) -> None:
        """Note how it ended."""
        self.stage = stage
        self.last_seen = self._clock()

    def shown_anew(self, *, going_on: bool) -> None:
        """Note that the page of this upload is made once more: nothing of it is being sent yet.

        What has arrived stays so, and so does what broke: until its source is `going_on` from there, the frame offers
        it, for whoever loads the page again in the middle of sending has done nothing else.
        """
        offers = self.stage is Stage.BROKEN and self.kept is not None and not going_on
        if not self.is_running and self.stage is not Stage.DONE and not offers:
            self.ended(Stage.WAITING)

    def broke(self, words: bytes | None) -> None:
        """Note that the connection broke, and keep the words if there are any; else what was kept before stays."""
        if words is not None:
            nonce = secrets.token_bytes(_NONCE_SIZE)
            self.kept = nonce + self._secret.encrypt(nonce, words, None)
        self.ended(Stage.BROKEN)

    def open_kept(self) -> bytes | None:
        """Return the words of a broken upload, or None."""
        if self.kept is None:
            return None
        return self._secret.decrypt(self.kept[:_NONCE_SIZE], self.kept[_NONCE_SIZE:], None)

    def shown(self) -> Shown:
        """Return how it is."""
        left = self._speed.seconds_left(self.total) if self.stage is Stage.ARRIVING else None
        return Shown(
            stage=self.stage,
            trouble=self.trouble,
            received=min(self.received, self.total),
            total=self.total,
            seconds_left=left,
            files=tuple(self.files),
            words=self.words,
            can_go_on=self.kept is not None,
        )


class Uploads:
    """The uploads of one serving process. `keep_seconds` is how long one that has ended is remembered."""

    def __init__(self, keep_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keep = keep_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[bytes, Upload] = {}

    def begin(self, untrusted_id: str, owner: str, page: str, total: int) -> Upload:
        """Begin an upload of `total` bytes to the form of `page`, or begin it anew: what a broken one kept stays.

        A form that came without an id of ours, or with another visit's, gets an upload that is not remembered.
        """
        if not is_upload_id(untrusted_id):
            return Upload(new_upload_id(), owner, page, total, self._clock)
        before = self.find(untrusted_id, owner)
        upload = Upload(untrusted_id, owner, page, total, self._clock)
        if before is not None:
            upload.kept = before.kept
        with self._lock:
            if self._known.get(upload.key) is before:
                self._known[upload.key] = upload
        self.forget_old()
        return upload

    def remembers(self, upload: Upload) -> bool:
        """Tell whether anybody can still ask for this upload."""
        with self._lock:
            return self._known.get(upload.key) is upload

    def find(self, untrusted_id: str, owner: str) -> Upload | None:
        """Return this visit's upload of that id, or None."""
        if not is_upload_id(untrusted_id):
            return None
        with self._lock:
            found = self._known.get(_index(untrusted_id))
        return found if found is not None and hmac.compare_digest(found.owner, owner) else None

    def look(self, untrusted_id: str, owner: str) -> Shown:
        """Return what the frame shows."""
        found = self.find(untrusted_id, owner)
        return Shown(Stage.WAITING) if found is None else found.shown()

    def forget(self, owner: str) -> None:
        """Forget every upload of a visit that was left."""
        with self._lock:
            for key in [key for key, upload in self._known.items() if hmac.compare_digest(upload.owner, owner)]:
                del self._known[key]

    def forget_old(self) -> None:
        """Forget what ended long ago, and the oldest of too many. The housekeeper calls this too."""
        limit = self._clock() - self._keep
        with self._lock:
            over = [upload for upload in self._known.values() if not upload.is_running]
            # Those that keep nothing go first: anybody can begin many.
            by_age = sorted(over, key=lambda upload: (upload.kept is not None, upload.last_seen))
            kept_bytes = sum(len(upload.kept or b"") for upload in by_age)
            too_many = len(by_age) - _MOST_KNOWN
            for place, upload in enumerate(by_age):
                is_old = upload.last_seen <= limit
                if is_old or place < too_many or (upload.kept and kept_bytes > _MOST_KEPT_BYTES):
                    kept_bytes -= len(upload.kept or b"")
                    del self._known[upload.key]


def is_upload_id(untrusted_id: str) -> bool:
    """Tell whether this is spelt as an upload's id."""
    return _UPLOAD_ID.match(untrusted_id) is not None


def upload_id_of(owner: str, submission: str) -> str:
    """Return the id under which a visit sends one form: 32 hexadecimal digits, the same however often its page is made.

    Only the page itself gives it: the form's own id, which goes into it, is not kept here (HMAC-SHA256, RFC 2104).
    """
    told = b"candour v1 upload id\x00" + submission.encode("utf-8")
    return hmac.digest(owner.encode("utf-8"), told, sha256)[:16].hex()


def new_upload_id() -> str:
    """Return 32 random hexadecimal digits, for an upload that no page asks for."""
    return secrets.token_hex(16)


def _index(upload_id: str) -> bytes:
    # The id itself, which opens what is kept, is not kept.
    return sha256(b"candour v1 upload\x00" + upload_id.encode("ascii")).digest()
