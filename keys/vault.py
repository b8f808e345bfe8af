"""Attachments in the vault: libsodium's secretstream (XChaCha20-Poly1305), in pieces, under the key of the case.

File: 24-byte header, then frames of 64 KiB of plaintext (+17 bytes each), the last one tagged FINAL. A frame that was
altered, dropped, repeated, moved, or a file cut short does not open. The name of the place (case and attachment) is
the additional data of every frame, so that no file passes for another.
"""

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

from keys.case_key import CaseKey
from keys.errors import SealBroken

FRAME_SIZE = 64 * 1024


class VaultWriter:
    """Seals what is written to it into an open file. `finish` is what makes the file whole."""

    def __init__(self, key: CaseKey, place: str, output: IO[bytes]) -> None:
        self._state = crypto_secretstream_xchacha20poly1305_state()
        self._place = place.encode("utf-8")
        self._output = output
        self._pending = bytearray()
        output.write(crypto_secretstream_xchacha20poly1305_init_push(self._state, key.raw))

    def write(self, plaintext: bytes | memoryview) -> None:
        """Take the next piece, of any size."""
        self._pending += plaintext
        # The last full frame waits: only `finish` knows whether it is the final one.
        while len(self._pending) > FRAME_SIZE:
            self._push(bytes(self._pending[:FRAME_SIZE]), MESSAGE)
            del self._pending[:FRAME_SIZE]

    def finish(self) -> None:
        """Write the final frame."""
        self._push(bytes(self._pending), FINAL)
        self._pending.clear()

    def _push(self, frame: bytes, tag: int) -> None:
        self._output.write(crypto_secretstream_xchacha20poly1305_push(self._state, frame, self._place, tag))


def read_vault(key: CaseKey, place: str, source: IO[bytes]) -> Iterator[bytes]:
    """Yield the plaintext in frames of at most 64 KiB. Raises SealBroken, at the end at latest, if not whole."""
    state = crypto_secretstream_xchacha20poly1305_state()
    header = source.read(HEADER_SIZE)
    if len(header) != HEADER_SIZE:
        raise SealBroken("this vault file is cut short")
    crypto_secretstream_xchacha20poly1305_init_pull(state, header, key.raw)
    tag = MESSAGE
    while sealed := source.read(FRAME_SIZE + FRAME_OVERHEAD):
        if tag == FINAL:
            raise SealBroken("this vault file goes on after its end")
        try:
            frame, tag = crypto_secretstream_xchacha20poly1305_pull(state, sealed, place.encode("utf-8"))
        except (CryptoError, ValueError, RuntimeError) as reason:
            raise SealBroken("this vault file was altered or is another's") from reason
        yield frame
    if tag != FINAL:
        raise SealBroken("this vault file is cut short")
