"""What lies at the desk has the size of its class: neither a file nor a note is recognised by its length."""

import secrets
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import update

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import LetterDocument, StoredAttachment
from journalist_interface.case_page import read_case
from journalist_interface.case_places import attachment_place
from journalist_interface.checking import check_desk
from journalist_interface.downloading import start_download
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note, write_reply
from keys.hpke import SecretKey
from keys.letter import Answer
from keys.padding import attachment_size_class
from keys.vault import vault_file_size
from store.blobs import new_blob_id
from store.desk.case_tables import attachments
from tests.desk_office import Office, new_office, write_letter
from tests.harms import flatten
from tests.vault_of_before import unpadded_vault_file


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two reviewers."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek")
        yield made


def stored(office: Office, reference: str) -> list[StoredAttachment]:
    """The attachments of a case, in the order of its letters."""
    entries = read_case(office.desk, office.signed_in(), reference).entries
    return [
        file for entry in entries if isinstance(entry.document, LetterDocument) for file in entry.document.attachments
    ]


def content(office: Office, reference: str, attachment: StoredAttachment) -> bytes:
    """An attachment as it is downloaded."""
    return b"".join(start_download(office.desk, office.signed_in(), reference, attachment.id).pieces())


def weights(office: Office) -> dict[str, set[int]]:
    """The sizes of the vault's files, on the disk and as the rows have them."""
    with sqlite3.connect(office.desk.paths.database) as connection:
        noted = {row[0] for row in connection.execute("SELECT size FROM attachments")}
    connection.close()
    on_disk = {office.desk.vault.path(name).stat().st_size for name in office.desk.vault.published()}
    return {"noted": noted, "on the disk": on_disk}


def make_as_before(office: Office, reference: str, attachment: StoredAttachment, plaintext: bytes) -> None:
    """Put a vault file of an earlier version in the place of an attachment's, row and all."""
    with office.desk.database.reading() as connection:
        case = open_case(connection, office.signed_in(), reference)
    place = attachment_place(case.row.id, attachment.id)
    sealed = unpadded_vault_file(plaintext, case.key, place)
    path = office.desk.vault.path(attachment.id)
    path.write_bytes(sealed)
    flatten(path)
    row = {"size": len(sealed), "sha256": sha256(sealed).hexdigest()}
    with office.desk.database.writing() as writing:
        writing.execute(update(attachments).where(attachments.c.id == attachment.id).values(row))


def test_files_of_a_class_weigh_the_same_and_come_back_exactly(office: Office) -> None:
    """Empty, small, and both ends of a large class: two sizes on the disk, every byte of each file in the download."""
    largest = attachment_size_class(300_000)
    files = {"empty": b"", "small": b"s", "edge": b"e" * 65_536, "low": b"l" * 300_000, "high": b"h" * largest}
    reference = office.open(office.deliver(write_letter(None), files))
    wanted = {vault_file_size(1), vault_file_size(300_000)}
    assert weights(office) == {"noted": wanted, "on the disk": wanted}
    found = {file.name: content(office, reference, file) for file in stored(office, reference)}
    assert found == files
    assert {file.name: file.size for file in stored(office, reference)} == {name: len(files[name]) for name in files}


def test_a_sealed_original_that_is_kept_has_the_size_of_its_class(office: Office) -> None:
    """What could not be opened lies padded too, and is handed out as it came."""
    letter = office.deliver(write_letter(None), {"a.pdf": b"a" * 100_000})
    path = office.desk.post.path(letter.attachments[0].blob)
    came = bytearray(path.read_bytes())
    came[5_000] ^= 1
    path.write_bytes(came)
    reference = office.open(letter)
    [kept] = stored(office, reference)
    assert kept.problem
    assert content(office, reference, kept) == came
    assert office.desk.vault.path(kept.id).stat().st_size == vault_file_size(len(came))


def test_a_file_of_before_is_read_checked_and_padded_with_the_next_key(office: Office) -> None:
    """It is downloaded whole while it lies there; keeping somebody out pads it as it goes."""
    files = {"a.pdf": b"a" * 200_123, "b.txt": b"b" * 10}
    reference = office.open(office.deliver(write_letter(None), files), cleared=("amina", "bartek"))
    for file in stored(office, reference):
        make_as_before(office, reference, file, files[file.name])
    exact = {24 + 200_123 + 4 * 17, 24 + 10 + 17}
    assert weights(office) == {"noted": exact, "on the disk": exact}
    assert {file.name: content(office, reference, file) for file in stored(office, reference)} == files
    assert all(finding.sound for finding in check_desk(office.folder))
    withdraw(office.desk, office.signed_in(), reference, "bartek", "a friend")
    classes = {vault_file_size(200_123), vault_file_size(10)}
    assert weights(office) == {"noted": classes, "on the disk": classes}
    assert {file.name: content(office, reference, file) for file in stored(office, reference)} == files
    assert all(finding.sound for finding in check_desk(office.folder))


def test_rows_tell_nothing_by_their_length(office: Office) -> None:
    """A letter, a note, a reply and a card of few words weigh as much as those of a page; and danger weighs nothing."""
    long = "x" * 3_000
    shapes = []
    for words, answer, topics in (("a", "no", ()), (long, "yes", ("money", "hate", "sexual"))):
        key = SecretKey(secrets.token_bytes(96)).public
        letter = write_letter(key, words, answers=(Answer("q-danger", answer),), topics=topics)
        reference = office.open(office.deliver(letter))
        write_note(office.desk, office.signed_in(), reference, new_blob_id(), words)
        write_reply(office.desk, office.signed_in(), reference, new_blob_id(), words.replace("x", "y"), ())
        shapes.append(lengths(office, reference))
    assert shapes[0] == shapes[1]


def lengths(office: Office, reference: str) -> list[tuple[object, ...]]:
    """The lengths of everything sealed in a case and waiting in the outbox for its source."""
    asked = """
        SELECT 'card', length(sealed_card) FROM cases WHERE reference = :reference
        UNION ALL SELECT kind, length(items.sealed) FROM items JOIN cases ON case_id = cases.id
        WHERE reference = :reference
        UNION ALL SELECT 'outbox ' || kind, length(sealed) FROM outbox JOIN cases USING (address)
        WHERE reference = :reference
        UNION ALL SELECT 'key', length(sealed_key) FROM clearances JOIN cases ON case_id = cases.id
        WHERE reference = :reference
    """
    with sqlite3.connect(office.desk.paths.database) as connection:
        found = sorted(connection.execute(asked, {"reference": reference}).fetchall(), key=str)
    connection.close()
    return found
