"""The seals of a backup: every bit of it counts, and so does the order of its chunks; a code is one backup's."""

import io
import secrets
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.backup_code import read_backup_code, spell_backup_code
from keys.backup_head import About, BackupHead, BackupSigner, HostKind, make_head
from keys.backup_stream import CHUNK, TAG, OpeningStream, SealingStream, stream_key
from keys.errors import BackupNewer, KeysError, Malformed, SealBroken, SignatureBroken
from keys.recovery_key import RecoverySecret
from keys.strict_json import write_object

RECOVERY = RecoverySecret(bytes(range(32))).key()
SIGNER = BackupSigner(b"\x07" * 32)
ABOUT = About(HostKind.DROP, "0.1.0", "2026-11-20", "AAAA BBBB CCCC DDDD EEEE FFFF", SIGNER.public)
HEAD, KEY = make_head(ABOUT, RECOVERY.public, SIGNER)
CONTENT = secrets.token_bytes(2 * CHUNK + 1234)
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7)


def sealed(content: bytes, key: bytes = KEY) -> bytes:
    """The stream of a content, given in pieces of odd sizes."""
    out = io.BytesIO()
    stream = SealingStream(stream_key(key, HEAD), out)
    for at in range(0, len(content), 300_007):
        stream.write(content[at : at + 300_007])
    stream.close()
    return out.getvalue()


SEALED = sealed(CONTENT)


def opened(stream: bytes, key: bytes = KEY, head: bytes = HEAD) -> bytes:
    """The content of a stream, all of it."""
    opening = OpeningStream(stream_key(key, head), io.BytesIO(stream))
    found = bytearray()
    while piece := opening.read(100_003):
        found += piece
    assert opening.finish() == 0
    return bytes(found)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back(size: int) -> None:
    """At every edge of a chunk; and a chunk is never empty unless it is the only one."""
    stream = sealed(CONTENT[:size])
    assert opened(stream) == CONTENT[:size]
    assert len(stream) == size + TAG * max(1, -(-size // CHUNK))


@settings(max_examples=60)
@given(st.integers(0, len(SEALED) * 8 - 1))
def test_any_bit_flipped_is_refused(bit: int) -> None:
    """In a chunk or in its tag."""
    changed = bytearray(SEALED)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        opened(bytes(changed))


@settings(max_examples=60)
@given(st.one_of(st.integers(0, len(SEALED) - 1), st.sampled_from([CHUNK + TAG, 2 * (CHUNK + TAG)])))
def test_any_cut_is_refused(end: int) -> None:
    """Between two chunks too: the last one says that it is."""
    with pytest.raises(SealBroken):
        opened(SEALED[:end])


def chunks() -> list[bytes]:
    """The sealed chunks one by one."""
    return [SEALED[at : at + CHUNK + TAG] for at in range(0, len(SEALED), CHUNK + TAG)]


MOVED = {
    "the first two exchanged": (1, 0, 2),
    "the first left out": (1, 2),
    "one in the middle left out": (0, 2),
    "one twice": (0, 1, 1, 2),
    "the last twice": (0, 1, 2, 2),
    "the last alone": (2,),
    "the last first": (2, 0, 1),
    "none at all": (),
}


@pytest.mark.parametrize("order", MOVED)
def test_chunks_have_one_place(order: str) -> None:
    """Each is sealed for its number, and for whether it is the last."""
    with pytest.raises(SealBroken):
        opened(b"".join(chunks()[number] for number in MOVED[order]))


def test_a_stream_belongs_to_its_key_and_its_head() -> None:
    """Neither another backup's key opens it, nor the same key under a head that says something else."""
    other, _key = make_head(replace(ABOUT, day="2026-11-21"), RECOVERY.public, SIGNER)
    for key, head in ((secrets.token_bytes(32), HEAD), (KEY, other)):
        with pytest.raises(SealBroken):
            opened(SEALED, key, head)


def test_bytes_after_the_end_are_refused() -> None:
    """One is enough."""
    with pytest.raises(SealBroken):
        opened(SEALED + b"\x00")


def test_a_head_says_what_it_was_made_with_and_its_key_opens() -> None:
    """And leaves the file at the first byte of the content."""
    file = io.BytesIO(HEAD + b"content")
    head = BackupHead.read(file)
    assert (head.about, head.raw, file.read()) == (ABOUT, HEAD, b"content")
    assert head.about.signed_by == SIGNER.spoken
    assert head.open_key(RECOVERY) == KEY


@settings(max_examples=200)
@given(st.integers(0, len(HEAD) * 8 - 1))
def test_any_bit_of_a_head_counts(bit: int) -> None:
    """Whichever field it is in: it is read as no backup, or as altered."""
    changed = bytearray(HEAD)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(KeysError):
        BackupHead.read(io.BytesIO(bytes(changed)))


@settings(max_examples=60)
@given(st.integers(0, len(HEAD) - 1))
def test_a_head_that_was_cut_is_refused(end: int) -> None:
    """At any byte."""
    with pytest.raises((Malformed, SignatureBroken)):
        BackupHead.read(io.BytesIO(HEAD[:end]))


def test_a_later_format_is_told_from_no_backup() -> None:
    """The one calls for another version, the other for another file."""
    with pytest.raises(BackupNewer):
        BackupHead.read(io.BytesIO(HEAD.replace(b"candour backup 1\n", b"candour backup 2\n")))
    with pytest.raises(Malformed):
        BackupHead.read(io.BytesIO(b"-----BEGIN PGP MESSAGE-----\n"))


def test_a_head_that_claims_gigabytes_is_refused_before_they_are_read() -> None:
    """Length before content."""
    with pytest.raises(Malformed, match="too long"):
        BackupHead.read(io.BytesIO(b"candour backup 1\n\xff\xff\xff\xff"))


def test_another_recovery_key_opens_nothing() -> None:
    """Nor does the right one open a key that was sealed for another day and put into this document."""
    head = BackupHead.read(io.BytesIO(HEAD))
    with pytest.raises(SealBroken):
        head.open_key(RecoverySecret(bytes(32)).key())
    with pytest.raises(SealBroken):
        replace(head, about=replace(ABOUT, day="2026-11-21")).open_key(RECOVERY)


def test_whoever_takes_the_signers_name_is_found_out() -> None:
    """A stranger can seal to a public key; he cannot sign as the host."""
    stranger = BackupSigner(b"\x08" * 32)
    forged, _key = make_head(ABOUT, RECOVERY.public, stranger)
    with pytest.raises(SignatureBroken):
        BackupHead.read(io.BytesIO(forged))


def test_a_document_has_no_field_but_those() -> None:
    """No time, no name of a machine: what a thief reads is all there."""
    document = HEAD.split(b"\n", 1)[1][4:-64]
    assert document.startswith(write_object(ABOUT.fields())[:-1])
    assert set(ABOUT.fields()) == {"host", "program", "day", "recovery", "signer"}


@given(st.binary(min_size=32, max_size=32))
def test_a_code_gives_its_key(key: bytes) -> None:
    """However it is typed: small, without strokes, an O for a nought, an I or an L for a one."""
    code = spell_backup_code(key)
    assert len(code) == 14 * 5 - 1
    for typed in (code, code.lower(), code.replace("-", ""), code.replace("0", "o").replace("1", "l")):
        assert read_backup_code(typed) == key


@given(st.binary(min_size=32, max_size=32), st.integers(0, 55), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_wrong_sign_is_told(key: bytes, place: int, sign: str) -> None:
    """Any one, anywhere."""
    signs = spell_backup_code(key).replace("-", "")
    wrong = signs[:place] + sign + signs[place + 1 :]
    if wrong != signs:
        with pytest.raises(Malformed):
            read_backup_code(wrong)


@pytest.mark.parametrize("typed", ["", "7K3M", "U" * 56, "é" * 56, "0" * 5000])
def test_what_is_no_code_is_no_code(typed: str) -> None:
    """Too short, a sign that is none, far too long."""
    with pytest.raises(Malformed):
        read_backup_code(typed)
