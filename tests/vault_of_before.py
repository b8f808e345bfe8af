"""A vault file as it was made before vault files were padded: header, then the content in frames, and nothing else."""

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)

from keys.case_key import CaseKey

_FRAME = 64 * 1024
_MESSAGE, _FINAL = 0, 3


def unpadded_vault_file(content: bytes, key: CaseKey, place: str) -> bytes:
    """Return the whole file: as long as its content, with 24 bytes before it and 17 for each frame."""
    state = crypto_secretstream_xchacha20poly1305_state()
    sealed = crypto_secretstream_xchacha20poly1305_init_push(state, key.raw)
    starts = range(0, max(1, len(content)), _FRAME)
    for start in starts:
        tag = _FINAL if start == starts[-1] else _MESSAGE
        frame = content[start : start + _FRAME]
        sealed += crypto_secretstream_xchacha20poly1305_push(state, frame, place.encode(), tag)
    return sealed
