"""A file sealed in pieces, under a key of 32 bytes: libsodium's secretstream (XChaCha20-Poly1305).

Attachments in the vault are sealed so, under the key of their case (keys.vault), and the files that go with a reply,
each under a key that stands in the reply (keys.reply_file).

File: 24-byte header, then frames of 64 KiB of plaintext (+17 bytes each), the last one tagged FINAL. A frame that was
altered, dropped, repeated, moved, or a file cut short does not open. The name of the place (which file of what) is
the additional data of every frame, so that no file passes for another.

Plaintext: the size of the content in 8 bytes, big-endian; the content; zeros up to the content's Padmé size class. So
the length of a file on the disk is that of every file of its class, and the true size is sealed with the rest. Files
made before were not padded and have no size in front; the two kinds have different additional data, so that a file
opens as what it was written as, or not at all.
"""

import hashlib
import os
from collections.abc import Iterator
from typing import IO

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_ABYTES as FRAME_OVERHEAD,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_HEADERBYTES as HEADER_SIZE,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_FINAL as FINAL,
)
from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MESSAGE,
)
from nacl.exceptions import CryptoError

from keys.errors import SealBroken
from keys.padding import attachment_size_class

FRAME_SIZE = 64 * 1024
SIZE_FIELD = 8  # bytes


def sealed_file_size(size: int) -> int:
    """Return how many bytes a sealed file has whose content has `size`: the same for its whole size class."""
    plaintext = SIZE_FIELD + attachment_size_class(size)
    return HEADER_SIZE + plaintext + -(-plaintext // FRAME_SIZE) * FRAME_OVERHEAD


class SealedFileWriter:
    """Seals `size` bytes of content into an open file. `finish` is what makes the file whole."""

    def __init__(self, key: bytes, place: str, output: IO[bytes], size: int) -> None:
        self._state = crypto_secretstream_xchacha20poly1305_state()
        self._data = _padded(place)
        self._output = output
        self._left = size
        self._padding = attachment_size_class(size) - size
        self._pending = bytearray(size.to_bytes(SIZE_FIELD, "big"))
        output.write(crypto_secretstream_xchacha20poly1305_init_push(self._state, key))

    def write(self, content: bytes | memoryview) -> None:
        """Take the next piece, of any size. Raises ValueError if it is more than was announced."""
        if len(content) > self._left:
            raise ValueError("more content than was announced")
        self._left -= len(content)
        self._take(content)

    def finish(self) -> None:
        """Pad, and write the final frame. Raises ValueError if content is missing."""
        if self._left:
            raise ValueError("less content than was announced")
        while self._padding:
            zeros = bytes(min(self._padding, FRAME_SIZE))
            self._padding -= len(zeros)
            self._take(zeros)
        self._push(bytes(self._pending), FINAL)
        self._pending.clear()

    def _take(self, plaintext: bytes | memoryview) -> None:
        rest = memoryview(plaintext)
        # The last full frame waits: only `finish` knows whether it is the final one.
        while len(self._pending) + len(rest) > FRAME_SIZE:
            cut = FRAME_SIZE - len(self._pending)
            self._push(b"".join((self._pending, rest[:cut])), MESSAGE)
            self._pending.clear()
            rest = rest[cut:]
        self._pending += rest

    def _push(self, frame: bytes, tag: int) -> None:
        self._output.write(crypto_secretstream_xchacha20poly1305_push(self._state, frame, self._data, tag))


class SealedFileReader:
    """A sealed file, opened at its first frame. `size` is that of the content; only a whole reading has proved it."""

    def __init__(self, key: bytes, place: str, source: IO[bytes]) -> None:
        """Read the first frame. Raises SealBroken if it does not open."""
        self._source = source
        header, first = source.read(HEADER_SIZE), source.read(FRAME_SIZE + FRAME_OVERHEAD)
        if len(header) != HEADER_SIZE or not first:
            raise SealBroken("this sealed file is cut short")
        try:
            frame = self._begin(key, header, first, _padded(place))
            self.size = int.from_bytes(frame[:SIZE_FIELD], "big")
            self._padding = attachment_size_class(self.size) - self.size
            self._first = frame[SIZE_FIELD:]
        except SealBroken:
            self._first = self._begin(key, header, first, place.encode("utf-8"))
            self.size = _size_of_unpadded(source)
            self._padding = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the content, once, in pieces of at most 64 KiB. Raises SealBroken, at the end at latest, if not whole.

        There is one piece at least; it may be empty.
        """
        left, padding = self.size, self._padding
        for frame in self._frames():
            own = frame[:left]
            left -= len(own)
            padding -= len(frame) - len(own)
            if padding < 0 or frame.count(0, len(own)) != len(frame) - len(own):
                raise SealBroken("this sealed file holds more than it should")
            if own or frame is self._first:
                yield own
        if left or padding:
            raise SealBroken("this sealed file is cut short")

    def checked_pieces(self, sha256: str) -> Iterator[bytes]:
        """Yield the content as `pieces` does; the last piece only once the whole has this SHA-256, in hexadecimal.

        Raises SealBroken. Whoever sends the pieces on then stops short, and nobody takes the rest for the whole.
        """
        digest = hashlib.sha256()
        waiting = b""
        for piece in self.pieces():
            digest.update(piece)
            if waiting:
                yield waiting
            waiting = piece
        if digest.hexdigest() != sha256:
            raise SealBroken("the file is not the one that was sealed")
        yield waiting

    def _begin(self, key: bytes, header: bytes, first: bytes, data: bytes) -> bytes:
        self._state = crypto_secretstream_xchacha20poly1305_state()
        crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)
        self._data = data
        frame, self._tag = self._pull(first)
        return frame

    def _frames(self) -> Iterator[bytes]:
        yield self._first
        while sealed := self._source.read(FRAME_SIZE + FRAME_OVERHEAD):
            if self._tag == FINAL:
                raise SealBroken("this sealed file goes on after its end")
            frame, self._tag = self._pull(sealed)
            yield frame
        if self._tag != FINAL:
            raise SealBroken("this sealed file is cut short")

    def _pull(self, sealed: bytes) -> tuple[bytes, int]:
        try:
            return crypto_secretstream_xchacha20poly1305_pull(self._state, sealed, self._data)
        except (CryptoError, ValueError, RuntimeError) as reason:
            raise SealBroken("this sealed file was altered or is another's") from reason


def _padded(place: str) -> bytes:
    # No place holds a NUL: the data of a padded file is that of no file made before.
    return f"{place}\x00padded".encode()


def _size_of_unpadded(source: IO[bytes]) -> int:
    here = source.tell()
    sealed = source.seek(0, os.SEEK_END) - HEADER_SIZE
    source.seek(here)
    return sealed - -(-sealed // (FRAME_SIZE + FRAME_OVERHEAD)) * FRAME_OVERHEAD
