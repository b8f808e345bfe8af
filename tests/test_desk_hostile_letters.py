"""What a source host under hostile control can send inside the seal: bombs, floods, lies. The desk goes on working."""

import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from journalist_interface.errors import CannotOpen
from keys.errors import Malformed, OpenPGPFailed
from keys.intake_secret import open_bytes
from keys.letter import AttachmentRecord, Letter
from keys.message_shape import check_shape
from keys.openpgp import gpg_program, seal_bytes
from keys.padding import pad_text
from keys.strict_json import write_object
from store.blobs import new_blob_id
from store.desk.parcels import Parcel, ParcelPart, put_parcel
from tests.conftest import IntakeSecret
from tests.desk_office import DAY, Office, new_office, write_letter

SECONDS = 90  # far more than an honest letter takes on a busy machine, far less than a hung one


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


def sealed_letter(secret: IntakeSecret, folder: Path, content: bytes = b"hello") -> bytes:
    """Seal as the source host does; return the bytes."""
    path = folder / "sealed"
    with path.open("w+b") as file:
        seal_bytes(secret.public, content, file.fileno())
    return path.read_bytes()


def first_packet(message: bytes) -> bytes:
    """The recipient packet of a message: a header of two bytes (tag 1, one byte of length), and its body."""
    assert message[0] == 0x84
    return message[: 2 + message[1]]


def try_to_open(secret: IntakeSecret, folder: Path, message: bytes) -> None:
    """Open the message as a letter."""
    path = folder / "hostile"
    path.write_bytes(message)
    with path.open("rb") as file:
        open_bytes(secret.home, secret.passphrase, file, 1 << 20, SECONDS)


def test_our_own_messages_have_the_shape_we_ask_for(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """One recipient, one encrypted part; short and long."""
    for content in (b"", b"x", bytes(300_000)):
        check_shape(sealed_letter(intake_secret, tmp_path, content)[:1024])


def test_a_message_with_many_recipients_is_refused_before_gpg_tries_them(
    intake_secret: IntakeSecret, tmp_path: Path
) -> None:
    """Two thousand recipients, each a little wrong, would keep gpg busy and fill the pipe of its complaints."""
    message = sealed_letter(intake_secret, tmp_path)
    recipient = bytearray(first_packet(message))
    recipient[-1] ^= 1
    before = time.monotonic()
    with pytest.raises(OpenPGPFailed, match="more than one recipient"):
        try_to_open(intake_secret, tmp_path, bytes(recipient) * 2000 + message)
    assert time.monotonic() - before < SECONDS


def test_a_flood_of_complaints_does_not_hang_the_opening(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """The same flood behind the first packets: gpg may complain as it likes, and the opening comes to an end.

    GnuPG 2.2 refuses such a message; 2.4 passes over what follows the first.
    """
    message = sealed_letter(intake_secret, tmp_path)
    recipient = bytearray(first_packet(message))
    recipient[-1] ^= 1
    before = time.monotonic()
    with suppress(OpenPGPFailed):
        try_to_open(intake_secret, tmp_path, message + bytes(recipient) * 2000)
    # It ended by itself, and was not ended when its time was over.
    assert time.monotonic() - before < SECONDS


@pytest.mark.parametrize("head", [b"", b"\x00", b"hello", b"-----BEGIN PGP MESSAGE-----", b"\xd2\xff\xff\xff\xff\xff"])
def test_what_is_no_message_of_ours_is_refused(head: bytes) -> None:
    """Nothing, text, armour, a message without a recipient."""
    with pytest.raises(OpenPGPFailed):
        check_shape(head)


def test_a_letter_of_ten_million_objects_costs_no_memory() -> None:
    """Two bytes of JSON become a hundred of memory: they are counted before they are parsed."""
    bomb = b'{"a":[' + b"{}," * 5_000_000 + b"{}]}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Malformed, match="objects and lists"):
        Letter.from_padded(pad_text(bomb))
    # The padded copy and what the reading of it needs, not the gigabyte the objects would take.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


def test_brackets_in_a_message_are_words_and_not_objects() -> None:
    """A chat log full of them is an honest letter."""
    letter = write_letter(None, message='[12:01] {x} "\\" ' * 5_000)
    assert Letter.from_padded(letter.to_padded()) == letter


def test_a_topic_named_twice_is_refused() -> None:
    """It would make a card that does not open again."""
    letter = write_letter(None, topics=("money", "money"))
    with pytest.raises(Malformed, match="topic"):
        Letter.from_padded(letter.to_padded())


def test_a_file_that_opens_to_more_than_itself_is_kept_sealed(office: Office, tmp_path: Path) -> None:
    """A message that gpg would blow up to 200 MB is not opened at all, and the letter is."""
    bomb = tmp_path / "bomb"
    arguments = ["--homedir", "/nonexistent", "--lock-never", "--no-keyring", "--trust-model", "always", "--batch"]
    with bomb.open("wb") as out:
        subprocess.run(
            [
                gpg_program(),
                *arguments,
                "--compress-algo",
                "zlib",
                "--hidden-recipient-file",
                str(office.desk.paths.intake_key),
                "-e",
            ],
            input=bytes(200_000_000),
            stdout=out,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    blob = put_in_post(office, bomb.read_bytes())
    record = AttachmentRecord(blob.blob, "bomb.bin", "x/y", 200_000_000, "0" * 64)
    letter = write_letter(None, attachments=(record,))
    sealed = office.seal(letter.to_padded())
    part = ParcelPart(sealed.id, "letter", sealed.size, sealed.sha256)
    put_parcel(office.desk.database, Parcel(letter.submission, DAY, DAY, None, (part, blob)))
    office.open(letter)
    assert sum(path.stat().st_size for path in office.desk.paths.vault.rglob("*") if path.is_file()) < 1_000_000


def put_in_post(office: Office, sealed: bytes) -> ParcelPart:
    """Put sealed bytes into the post as they are."""
    with office.desk.post.draft(new_blob_id()) as draft:
        draft.file.write(sealed)
        blob = draft.seal_finished()
        office.desk.post.publish([blob.id])
    office.desk.post.settle([blob.id])
    return ParcelPart(blob.id, "attachment", blob.size, blob.sha256)


def test_a_letter_that_hangs_gpg_is_kept_and_said_to_be_bad(office: Office) -> None:
    """The officer reads a sentence; the sealed original stays."""
    letter = write_letter(None)
    good = office.seal(letter.to_padded())
    message = office.desk.post.path(good.id).read_bytes()
    recipient = bytearray(first_packet(message))
    recipient[-1] ^= 1
    hostile = put_in_post(office, bytes(recipient) * 1500 + message)
    part = ParcelPart(hostile.blob, "letter", hostile.size, hostile.sha256)
    put_parcel(office.desk.database, Parcel(letter.submission, DAY, DAY, None, (part,)))
    with pytest.raises(CannotOpen):
        office.open(letter)
    assert office.desk.post.path(hostile.blob).exists()


def test_a_document_that_is_honest_is_not_counted_out() -> None:
    """The bound is far above what a letter of the largest kind holds."""
    document = write_object({"a": [{} for _ in range(390)]})
    with pytest.raises(Malformed, match="lacks candour_letter"):
        Letter.from_padded(pad_text(document))
