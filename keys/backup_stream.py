"""The content of a backup, sealed piece by piece: no byte of it is believed that was altered, moved or cut off.

STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
CRYPTO 2015), as age has it: ChaCha20-Poly1305, chunks of one size, the nonce a counter of 11 bytes and one byte that
says whether this chunk is the last.

- The key is for one stream alone. It is derived from the backup's own key and its head (keys.backup_head), so that a
  head that was changed by a bit opens nothing.
- A chunk in another's place has another nonce; a stream that was cut has no last chunk; nothing may follow the last.
- Every chunk but the last is full, and only an empty stream has an empty one: each content has one spelling.
"""

from hashlib import sha256
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.errors import SealBroken

CHUNK = 1024 * 1024  # bytes of content
TAG = 16
_LABEL = b"candour v1 backup stream\x00"
_COUNTER = 11  # bytes


def stream_key(file_key: bytes, head: bytes) -> bytes:
    """Return the 32-byte key of the stream that follows this head, of a backup with this key."""
    # Expand alone: the file key is uniform already (RFC 5869, section 3.3).
    return HKDFExpand(SHA256(), 32, _LABEL + sha256(head).digest()).derive(file_key)


class SealingStream:
    """Seals what is written to it into `out`. `close` must be called, or the stream has no end and never opens."""

    def __init__(self, key: bytes, out: IO[bytes]) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._out = out
        self._held = bytearray()
        self._chunks = 0
        self.written = 0  # bytes of content so far

    def write(self, content: bytes) -> None:
        """Take more of the content."""
        self.written += len(content)
        self._held += content
        # The last full chunk is held back: only `close` knows that it is the last.
        while len(self._held) > CHUNK:
            self._seal(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def close(self) -> None:
        """Seal the last chunk."""
        self._seal(bytes(self._held), last=True)
        self._held.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._chunks, last=last), chunk, None))
        self._chunks += 1


class OpeningStream:
    """Gives what was sealed. What it gave is the beginning of what was sealed; whole it is only once `finish` returned.

    Raises SealBroken wherever the stream was altered, cut, or sealed with another key.
    """

    def __init__(self, key: bytes, sealed: IO[bytes]) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._sealed = sealed
        self._ahead = sealed.read(CHUNK + TAG)
        self._held = b""
        self._at = 0
        self._chunks = 0
        self._ended = False

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes more, and none only at the end."""
        while self._at == len(self._held) and not self._ended:
            self._held, self._at = self._next(), 0
        found = self._held[self._at : self._at + size]
        self._at += len(found)
        return found

    def finish(self) -> int:
        """Read to the end; return how many bytes were left. Raises SealBroken unless the end is the one sealed."""
        left = 0
        while piece := self.read(CHUNK):
            left += len(piece)
        return left

    def _next(self) -> bytes:
        chunk, self._ahead = self._ahead, self._sealed.read(CHUNK + TAG)
        self._ended = not self._ahead
        try:
            opened = self._cipher.decrypt(_nonce(self._chunks, last=self._ended), chunk, None)
        except (InvalidTag, ValueError):
            raise SealBroken("a chunk of the backup is not as it was sealed") from None
        if not opened and self._chunks:
            raise SealBroken("a backup ends with an empty chunk")
        self._chunks += 1
        return opened


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER, "big") + bytes([last])
