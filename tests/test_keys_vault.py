"""The vault: a file of any size opens with its own case's key and in its own place, whole or not at all."""

import io
import tempfile
import tracemalloc
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.padding import attachment_size_class
from keys.vault import FRAME_SIZE, VaultReader, VaultWriter, vault_file_size
from tests.vault_of_before import unpadded_vault_file

CASE = "0123456789abcdef" * 2
PLACE = f"{CASE} attachment 1"
# libsodium's secretstream: a 24-byte header, 17 bytes more on every frame.
HEADER_SIZE = 24
FRAME_OVERHEAD = 17
FRAME = FRAME_SIZE + FRAME_OVERHEAD
KEY = CaseKey(bytes(range(32)))


def vault_file(plaintext: bytes, key: CaseKey = KEY, place: str = PLACE, piece: int = 50_000) -> bytes:
    """A finished vault file, written in pieces."""
    file = io.BytesIO()
    writer = VaultWriter(key, place, file, len(plaintext))
    for start in range(0, len(plaintext), piece):
        writer.write(memoryview(plaintext)[start : start + piece])
    writer.finish()
    return file.getvalue()


def opened(sealed: bytes, key: CaseKey = KEY, place: str = PLACE) -> bytes:
    """The whole plaintext of a vault file."""
    source: IO[bytes] = io.BytesIO(sealed)
    return b"".join(VaultReader(key, place, source).pieces())


def frames(sealed: bytes) -> list[bytes]:
    """The header and the frames of a vault file."""
    starts = range(HEADER_SIZE, len(sealed), FRAME)
    return [sealed[:HEADER_SIZE], *(sealed[start : start + FRAME] for start in starts)]


SIZES = [0, 1, *(FRAME_SIZE + by for by in (-9, -8, -7, -1, 0, 1)), 2 * FRAME_SIZE, 3 * FRAME_SIZE + 17]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [1_000, FRAME_SIZE, 10 * FRAME_SIZE])
def test_a_file_of_any_size_comes_back(size: int, piece: int) -> None:
    """Whatever its size and the pieces it is written in, a file comes back byte for byte, in one piece at least."""
    plaintext = bytes(index % 251 for index in range(size))
    sealed = vault_file(plaintext, piece=piece)
    reader = VaultReader(KEY, PLACE, io.BytesIO(sealed))
    assert reader.size == size
    pieces = list(reader.pieces())
    assert pieces
    assert b"".join(pieces) == plaintext
    padded = 8 + attachment_size_class(size)
    assert len(sealed) == vault_file_size(size) == HEADER_SIZE + padded + -(-padded // FRAME_SIZE) * FRAME_OVERHEAD


@settings(max_examples=60)
@given(st.integers(0, 400_000))
def test_a_files_length_tells_its_class_alone(size: int) -> None:
    """Every file of a class weighs as much as the largest of it: 12 % more than its content, at most."""
    sealed = vault_file(bytes(size))
    assert len(sealed) == len(vault_file(b"x" * attachment_size_class(size)))
    assert len(sealed) <= max(65_700, size * 1.12) + 200


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_before_opens(size: int) -> None:
    """Not padded, without its size in front; and no file of one kind passes for one of the other."""
    plaintext = bytes(index % 251 for index in range(size))
    reader = VaultReader(KEY, PLACE, io.BytesIO(unpadded_vault_file(plaintext, KEY, PLACE)))
    assert reader.size == size
    assert b"".join(reader.pieces()) == plaintext


def test_a_file_of_before_that_imitates_a_padded_one_is_itself() -> None:
    """Whoever chose the bytes of a file did not choose its kind."""
    imitation = (1).to_bytes(8, "big") + bytes(FRAME_SIZE)
    assert opened(unpadded_vault_file(imitation, KEY, PLACE)) == imitation


def test_a_writer_that_was_told_another_size_finishes_nothing() -> None:
    """A size that is not the content's would make the file unreadable: it is noticed when it can still be mended."""
    with pytest.raises(ValueError, match="more"):
        VaultWriter(KEY, PLACE, io.BytesIO(), 3).write(b"four")
    short = VaultWriter(KEY, PLACE, io.BytesIO(), 3)
    short.write(b"no")
    with pytest.raises(ValueError, match="less"):
        short.finish()


def of_frames(plaintext: bytes) -> bytes:
    """A file sealed as a padded one, whatever is in it: nobody without the case key can make it."""
    return unpadded_vault_file(plaintext, KEY, PLACE + "\x00padded")


THREE = b"a" * FRAME_SIZE + b"b" * FRAME_SIZE + b"c" * 1_000
HEADER, FIRST, SECOND, LAST = frames(vault_file(THREE))
OTHER_HEADER, OTHER_FIRST, *_REST = frames(vault_file(THREE))
ONE_FRAME = vault_file(b"x" * FRAME_SIZE)
EMPTY = vault_file(b"")

VAULT_ATTACKS = {
    "nothing": b"",
    "half a header": HEADER[:10],
    "the header alone": HEADER,
    "cut after the first frame": HEADER + FIRST,
    "cut after the second frame": HEADER + FIRST + SECOND,
    "cut inside the first frame": HEADER + FIRST[:1_000],
    "cut inside the last frame": HEADER + FIRST + SECOND + LAST[:-1],
    "cut to less than a tag": HEADER + FIRST + SECOND + LAST[:5],
    "the frames swapped": HEADER + SECOND + FIRST + LAST,
    "the last frame first": HEADER + LAST,
    "the last frame after the first": HEADER + FIRST + LAST,
    "a frame repeated": HEADER + FIRST + FIRST + SECOND + LAST,
    "the last frame repeated": HEADER + FIRST + SECOND + LAST + LAST,
    "a byte more": HEADER + FIRST + SECOND + LAST + b"\x00",
    "a byte more after one whole frame": ONE_FRAME + b"\x00",
    "a frame more after one whole frame": ONE_FRAME + FIRST,
    "a byte more after an empty file": EMPTY + b"\x00",
    "an empty file cut short": EMPTY[:-1],
    "one whole frame cut short": ONE_FRAME[:-1],
    "another file's header": OTHER_HEADER + FIRST + SECOND + LAST,
    "another file's frame": HEADER + OTHER_FIRST + SECOND + LAST,
    "one of before, cut short": unpadded_vault_file(THREE, KEY, PLACE)[:-1],
    "one of before, cut after the first frame": unpadded_vault_file(THREE, KEY, PLACE)[: HEADER_SIZE + FRAME],
    "one of before, with a byte more": unpadded_vault_file(THREE, KEY, PLACE) + b"\x00",
    "one that says it holds more than it does": of_frames((FRAME_SIZE).to_bytes(8, "big") + bytes(FRAME_SIZE - 8)),
    "one that says it holds less than it does": of_frames((3).to_bytes(8, "big") + b"four" + bytes(FRAME_SIZE - 12)),
    "one with less padding than its class": of_frames((3).to_bytes(8, "big") + b"two" + bytes(FRAME_SIZE - 12)),
    "one without its whole size": of_frames(b"\x00" * 7),
}


@pytest.mark.parametrize("sealed", VAULT_ATTACKS.values(), ids=VAULT_ATTACKS.keys())
def test_a_vault_file_is_refused(sealed: bytes) -> None:
    """A file cut, grown, or put together otherwise than it was written raises SealBroken."""
    with pytest.raises(SealBroken):
        opened(sealed)


def test_a_vault_file_opens_in_its_place_alone() -> None:
    """Another case's key, or the name of another place, opens not even the first frame."""
    sealed = vault_file(THREE)
    for key, place in ((CaseKey.draw(), PLACE), (KEY, PLACE + "0")):
        with pytest.raises(SealBroken):
            VaultReader(key, place, io.BytesIO(sealed))


@settings(max_examples=60)
@given(st.integers(0, vault_file_size(len(THREE)) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_vault_file_is_seen(place: int, change: int) -> None:
    """Whichever byte of a vault file is changed, it does not open to its end."""
    altered = bytearray(HEADER + FIRST + SECOND + LAST)
    altered[place] ^= change
    with pytest.raises(SealBroken):
        opened(bytes(altered))


def test_an_unfinished_vault_file_is_not_whole() -> None:
    """A file whose writer never finished does not open, whatever reached the disk."""
    file = io.BytesIO()
    writer = VaultWriter(KEY, PLACE, file, 3 * FRAME_SIZE)
    writer.write(b"x" * (3 * FRAME_SIZE))
    with pytest.raises(SealBroken):
        opened(file.getvalue())


def test_the_vault_shows_nothing_of_what_it_holds() -> None:
    """No part of the plaintext stands in the file."""
    assert b"canary" not in vault_file(b"canary" * 50_000)


def test_memory_does_not_grow_with_the_file() -> None:
    """Padding, too, is written and read piece by piece."""
    piece, count = bytes(256 * 1024), 513  # 134 MB, and 4 of padding
    with tempfile.TemporaryFile() as file:
        tracemalloc.start()
        try:
            writer = VaultWriter(KEY, PLACE, file, count * len(piece))
            for _piece in range(count):
                writer.write(piece)
            writer.finish()
            file.seek(0)
            assert sum(map(len, VaultReader(KEY, PLACE, file).pieces())) == count * len(piece)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 2_000_000
