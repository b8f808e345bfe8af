"""Opening the post: one case per source, nothing lost, nothing doubled, nothing in clear on the disk."""

import hashlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from journalist_interface.case_documents import ReplyDocument
from journalist_interface.case_page import read_case
from journalist_interface.downloading import start_download
from journalist_interface.errors import CannotOpen, ChoiceMissing, NotCleared
from keys.hpke import SecretKey
from keys.letter import Answer, Letter
from keys.padding import attachment_size_class
from keys.reply import Reply, reply_address
from keys.statuses import Status
from store.desk.account_tables import audit
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.parcels import Parcel, ParcelPart, erase_opened, list_parcels, put_parcel, read_parcel
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list, sent_replies, write_letter
from tests.desk_person import files_of, letters_of, page_of

CANARY = "kestrel-over-the-viaduct"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def source_key() -> SecretKey:
    """Return a source's reply key."""
    return SecretKey(secrets.token_bytes(96))


def test_a_letter_becomes_a_case_with_its_files_byte_for_byte(office: Office, source_key: SecretKey) -> None:
    """What the source sent is what the reviewer reads and downloads; the post is empty afterwards."""
    files = {"a.pdf": secrets.token_bytes(300_001), "empty.txt": b"", "zeros.bin": bytes(70_000)}
    letter = office.deliver(write_letter(source_key.public, "Hello\nthere"), files)
    reference = office.open(letter)
    page = page_of(office, reference)
    [opened] = letters_of(page)
    assert (opened.message, opened.must_not_reach, opened.topics) == ("Hello\nthere", "Sergeant Blunt", ("money",))
    assert [attachment.problem for attachment in opened.attachments] == ["", "", ""]
    assert files_of(office, reference) == list(files.values())
    assert [hashlib.sha256(content).hexdigest() for content in files.values()] == [
        attachment.sha256 for attachment in opened.attachments
    ]
    with office.desk.database.reading() as connection:
        assert list_parcels(connection) == ()
    assert office.desk.post.published() == set()


def test_the_first_letter_is_acknowledged_and_the_source_told_it_is_being_read(
    office: Office, source_key: SecretKey
) -> None:
    """The source can open the acknowledgement with the reply key; a second letter gets a status alone."""
    office.open(office.deliver(write_letter(source_key.public)))
    with office.desk.database.reading() as connection:
        status, reply = waiting_deliveries(connection, 10)
    assert (status.kind, status.status, status.address) == (
        Kind.STATUS,
        Status.BEING_READ,
        reply_address(source_key.public),
    )
    assert reply.reply is not None
    assert reply.sealed is not None
    assert "999" in Reply.open(reply.sealed, reply.reply, source_key).text
    office.open(office.deliver(write_letter(source_key.public)))
    assert sent_replies(office) == 1


def test_a_further_letter_goes_into_the_same_case(office: Office, source_key: SecretKey) -> None:
    """One source is one case; a one-way letter is always a case of its own, and nobody is written to."""
    first = office.open(office.deliver(write_letter(source_key.public, topics=("money",))))
    danger = write_letter(source_key.public, topics=("hate",), answers=(Answer("q-danger", "yes"),))
    assert office.open(office.deliver(danger)) == first
    page = page_of(office, first)
    assert len(letters_of(page)) == 2
    assert page.case.card.danger
    assert page.case.card.topics == ("money", "hate")
    assert page.case.card.unread == 2
    assert page_of(office, first).case.card.unread == 0
    replies = sent_replies(office)
    one_way = [office.open(office.deliver(write_letter(None))) for _ in range(2)]
    assert len({first, *one_way}) == 3
    assert sent_replies(office) == replies


HARMS = {
    "altered": "altered or cut short",
    "missing": "not in the post folder",
    "padded with something": "padding is not empty",
    "another file": "SHA-256",
    "too short": "shorter",
    "too long": "longer",
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_attachment_does_not_hide_the_letter(office: Office, harm: str) -> None:
    """The letter opens, the other file is whole, the damaged one is named with its reason and kept as it came."""
    letter = office.deliver(write_letter(None), {"bad.pdf": b"b" * 90_000, "good.pdf": b"g" * 90_000})
    with office.desk.database.reading() as connection:
        parcel = read_parcel(connection, letter.submission)
    blob = letter.attachments[0].blob
    path = office.desk.post.path(blob)
    if harm == "altered":
        sealed_bytes = bytearray(path.read_bytes())
        sealed_bytes[5_000] ^= 1
        path.write_bytes(sealed_bytes)
    elif harm == "missing":
        path.unlink()
    else:
        size = attachment_size_class(90_000)
        made = {
            "padded with something": (b"b" * 90_000).ljust(size - 1, b"\x00") + b"x",
            "another file": (b"B" * 90_000).ljust(size, b"\x00"),
            "too short": (b"b" * 90_000).ljust(size - 1, b"\x00"),
            "too long": (b"b" * 90_000).ljust(size + 1, b"\x00"),
        }
        sealed = office.seal(made[harm])
        office.desk.post.path(sealed.id).rename(path)
    original = path.read_bytes() if harm != "missing" else b""
    reference = office.open(letter)
    bad, good = letters_of(page_of(office, reference))[0].attachments
    assert HARMS[harm] in bad.problem
    assert not good.problem
    assert len(parcel.parts) == 3
    if original:
        kept = b"".join(start_download(office.desk, office.signed_in(), reference, bad.id).pieces())
        assert kept == original
    assert files_of(office, reference)[-1] == b"g" * 90_000


def test_a_file_the_letter_does_not_name_is_kept_and_shown(office: Office) -> None:
    """A source host that adds a file, or leaves one out, cannot do it unseen."""
    named = office.deliver(write_letter(None), {"a.pdf": b"a"})
    lacking = replace(named, submission=secrets.token_hex(16), attachments=())
    with office.desk.database.writing() as connection:
        erase_opened(connection, named.submission)
    sealed, added = office.seal(lacking.to_padded()), office.seal(b"a".ljust(65_536, b"\x00"))
    parts = (
        ParcelPart(sealed.id, "letter", sealed.size, sealed.sha256),
        ParcelPart(added.id, "attachment", added.size, added.sha256),
    )
    put_parcel(office.desk.database, Parcel(lacking.submission, "2026-11-20", "2026-11-20", None, parts))
    [shown] = letters_of(page_of(office, office.open(lacking)))[0].attachments
    assert "does not name" in shown.problem
    assert shown.id


def test_a_letter_that_does_not_open_is_kept(office: Office) -> None:
    """Altered, sealed to nobody, or of another submission: the parcel stays."""
    letter = office.deliver(write_letter(None))
    with office.desk.database.reading() as connection:
        part = read_parcel(connection, letter.submission).letter
    path = office.desk.post.path(part.blob)
    path.write_bytes(path.read_bytes()[:-30] + bytes(30))
    with pytest.raises(CannotOpen):
        office.open(letter)
    sealed = office.seal(write_letter(None).to_padded())
    office.desk.post.path(sealed.id).rename(path)
    with pytest.raises(CannotOpen, match="another submission"):
        office.open(letter)
    with office.desk.database.reading() as connection:
        assert len(list_parcels(connection)) == 1


def test_nobody_cleared_is_no_case(office: Office) -> None:
    """A new case that nobody could read is refused before anything is written."""
    letter = office.deliver(write_letter(None))
    with pytest.raises(ChoiceMissing):
        office.open(letter, cleared=())


def test_a_reviewer_who_is_not_cleared_finds_nothing(office: Office, source_key: SecretKey) -> None:
    """No row, no count, no file, no way to open the next letter of that source, which waits for a colleague."""
    office.add("bartek")
    reference = office.open(office.deliver(write_letter(source_key.public), {"a.pdf": b"a"}))
    [attachment] = letters_of(page_of(office, reference))[0].attachments
    bartek = office.signed_in("bartek")
    assert read_list(office.desk, bartek).total == 0
    assert read_list(office.desk, bartek).cases == ()
    with pytest.raises(Missing):
        read_case(office.desk, bartek, reference)
    with pytest.raises(Missing):
        start_download(office.desk, bartek, reference, attachment.id)
    further = office.deliver(write_letter(source_key.public))
    with pytest.raises(NotCleared):
        office.open(further, "bartek", cleared=("bartek",))
    assert office.open(further) == reference


def test_both_cleared_reviewers_read_the_case(office: Office) -> None:
    """A case is sealed to each reviewer that the opener chose."""
    office.add("bartek")
    reference = office.open(office.deliver(write_letter(None, "for two")), cleared=("amina", "bartek"))
    assert letters_of(page_of(office, reference, "bartek"))[0].message == "for two"


def test_nothing_of_a_case_is_in_clear_on_the_disk(office: Office, source_key: SecretKey) -> None:
    """Message, answers, file name, file content, must-not-reach: in no file, database page or WAL of the folder."""
    letter = write_letter(
        source_key.public, CANARY, must_not_reach=CANARY, answers=(Answer("q-who", CANARY), Answer("q-danger", "no"))
    )
    office.open(office.deliver(letter, {f"{CANARY}.txt": CANARY.encode() * 5000}))
    found = [path for path in everything_in(office.folder) if CANARY.encode() in path.read_bytes()]
    assert found == []
    assert (office.folder / "desk.sqlite-wal").is_file()


def everything_in(folder: Path) -> Iterator[Path]:
    """Yield every ordinary file below a folder."""
    return (path for path in folder.rglob("*") if path.is_file())


def test_the_acknowledgement_is_a_reply_without_an_author(office: Office, source_key: SecretKey) -> None:
    """No reviewer's name goes with what the desk sends by itself."""
    reference = office.open(office.deliver(write_letter(source_key.public)))
    replies = [entry for entry in page_of(office, reference).entries if isinstance(entry.document, ReplyDocument)]
    assert [(entry.state, entry.document.author) for entry in replies if isinstance(entry.document, ReplyDocument)] == [
        ("scheduled", "")
    ]


def test_the_trail_says_who_was_cleared(office: Office) -> None:
    """Who opened a wall to whom is an act like any other."""
    office.add("bartek")
    office.open(office.deliver(write_letter(None)), cleared=("amina", "bartek"))
    with office.desk.database.reading() as connection:
        notes = [row.note for row in connection.execute(select(audit)) if row.act == "open"]
    assert notes == ["amina, bartek"]


def test_letters_opened_at_the_same_moment_are_one_case_for_each_source(office: Office, source_key: SecretKey) -> None:
    """The first two letters of one source make one case; a stranger's waits for neither, and each is opened once."""
    letters = [office.deliver(write_letter(source_key.public), {"a.bin": bytes(300_000)}) for _letter in range(2)]
    letters.append(office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public)))

    def open_or_miss(letter: Letter) -> str:
        try:
            return office.open(letter)
        except Missing:
            return ""

    with ThreadPoolExecutor(6) as threads:
        references = list(threads.map(open_or_miss, letters * 2))
    assert len(set(references) - {""}) == 2
    assert read_list(office.desk, office.signed_in()).total == 2
    assert references.count("") == len(letters)
    with office.desk.database.reading() as connection:
        assert list_parcels(connection) == ()
    assert office.desk.vault.published() == office.vault_files()
