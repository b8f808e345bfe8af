"""Attaching files to a reply: bounded, one's own, under the case's key, for some days; and sent whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from journalist_interface.case_documents import ReplyDocument
from journalist_interface.case_page import read_case
from journalist_interface.casework.prepared_files import (
    KEPT_DAYS,
    ReceivedFile,
    attach_files,
    forget_old_files,
    take_file_away,
)
from journalist_interface.casework.search_text import texts_of
from journalist_interface.desk_folder import clear_desk_leftovers
from journalist_interface.downloading import start_download
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import withdraw
from keys.reply import LONGEST_REPLY, Reply
from keys.reply_file import MOST_FILE_BYTES, MOST_FILES
from store.blobs import new_blob_id
from store.desk import outbox
from store.desk.case_tables import attachments, sheets
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.post_tables import outgoing_erasing
from store.errors import Missing
from tests.attaching import FILE, KEY, REPLY, Desk, desk_for_files
from tests.desk_person import Person


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Such a desk."""
    with desk_for_files(tmp_path / "desk") as made:
        yield made


def test_each_reviewer_has_their_own_and_a_colleague_sees_none_of_it(desk: Desk) -> None:
    """What is being prepared is nobody else's: neither shown, nor sent, nor taken away by them."""
    desk.attach(FILE)
    assert (desk.waiting(), desk.waiting("ben")) == (["leaflet.pdf"], [])
    take_file_away(desk.office.desk, desk.office.signed_in("ben"), desk.reference, desk.ids()[0])
    with pytest.raises(WritingRefused, match="changed meanwhile"):
        desk.reply(desk.ids(), who="ben")
    with pytest.raises(Missing):
        start_download(desk.office.desk, desk.office.signed_in("ben"), desk.reference, desk.ids()[0])
    assert desk.waiting() == ["leaflet.pdf"]


REFUSED: dict[str, tuple[list[ReceivedFile], str]] = {
    "none": ([], "Choose a file"),
    "one too many": ([ReceivedFile(f"{n}.txt", b"x") for n in range(MOST_FILES + 1)], "At most 5 files"),
    "too large together": ([ReceivedFile("a", bytes(MOST_FILE_BYTES)), ReceivedFile("b", b"x")], "at most 10 MB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_too_much_is_refused_whole(desk: Desk, what: str) -> None:
    """Nothing of it is kept, also where the rest would have fitted."""
    files, told = REFUSED[what]
    before = desk.rows()
    with pytest.raises(WritingRefused, match=told):
        desk.attach(*files)
    assert (desk.rows(), desk.is_sound()) == (before, True)


def test_the_limits_count_what_is_attached_already(desk: Desk) -> None:
    """However it came together; what is there already counts once."""
    desk.attach(*(ReceivedFile(f"{n}.txt", b"x") for n in range(MOST_FILES)))
    desk.attach(ReceivedFile("0.txt", b"x"))
    with pytest.raises(WritingRefused, match="At most 5 files"):
        desk.attach(FILE)
    assert len(desk.waiting()) == MOST_FILES


def test_a_source_who_does_not_come_back_is_sent_nothing(desk: Desk) -> None:
    """It is said before, and again by the act."""
    with pytest.raises(WritingRefused, match="did not want to come back"):
        attach_files(desk.office.desk, desk.office.signed_in(), desk.one_way, [FILE])
    assert "No file can reach them" in Person(desk.app, desk.office, "amina").get(f"/case/{desk.one_way}/files")


NAMES = {
    "../../etc/passwd": "_.._etc_passwd",
    "C:\\fakepath\\form.doc": "C__fakepath_form.doc",
    "photo\u202egpj.exe": "photogpj.exe",
    "two\nlines.txt": "two lines.txt",
    "a\u2028b.txt": "a b.txt",
    "x" * 300 + ".pdf": "x" * 116 + ".pdf",
    ".hidden": "hidden",
    "\u200b": "attachment",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_line_that_the_source_can_read(desk: Desk, name: str) -> None:
    """Whatever it was: the reply that names it can be sealed, and opens."""
    desk.attach(ReceivedFile(name, b"x"))
    assert desk.waiting() == [NAMES[name]]
    desk.reply(desk.ids())
    sent = desk.delivery()
    assert sent.sealed is not None
    assert [file.name for file in Reply.open(sent.sealed, REPLY, KEY).files] == [NAMES[name]]


def test_a_sent_file_is_the_sources_and_the_cases_and_waits_no_more(desk: Desk) -> None:
    """The copy for the source opens with what the sealed reply says, and with nothing that the desk keeps."""
    desk.attach(FILE)
    desk.reply(desk.ids())
    sent = desk.delivery()
    assert sent.sealed is not None
    [named] = Reply.open(sent.sealed, REPLY, KEY).files
    assert [file.id for file in sent.files] == [named.blob]
    with desk.office.desk.outgoing.path(named.blob).open("rb") as source:
        assert b"".join(named.reader(source).checked_pieces(named.sha256)) == FILE.content
    assert desk.waiting() == []
    page = read_case(desk.office.desk, desk.office.signed_in("ben"), desk.reference)
    [kept] = [
        each.document for each in page.entries if isinstance(each.document, ReplyDocument) and each.document.files
    ]
    assert "leaflet.pdf" in texts_of(kept)
    assert (kept.files[0].id, REPLY, None) in desk.rows()
    assert desk.is_sound()


def test_the_same_form_sent_again_sends_them_once(desk: Desk) -> None:
    """Also after a restart, and no copy is left for it."""
    desk.attach(FILE)
    ids = desk.ids()
    desk.reply(ids)
    desk.reply(ids)
    assert len(desk.office.desk.outgoing.published()) == 1
    assert desk.delivery().reply == REPLY


def test_a_reply_that_is_refused_leaves_them_where_they_were(desk: Desk) -> None:
    """Too long for the source's page with them, though not without; a file taken away meanwhile; an id of nobody."""
    desk.attach(FILE)
    with pytest.raises(WritingRefused, match="too long for one page"):
        desk.reply(desk.ids(), "x" * LONGEST_REPLY)
    for ids in ([*desk.ids(), new_blob_id()], ["../../desk.sqlite"], [row[0] for row in desk.rows()]):
        with pytest.raises(WritingRefused, match="changed meanwhile"):
            desk.reply(ids)
    assert (desk.waiting(), desk.office.desk.outgoing.published()) == (["leaflet.pdf"], set())
    desk.reply([], "x" * LONGEST_REPLY)
    assert desk.waiting() == ["leaflet.pdf"]


def test_a_damaged_file_keeps_the_reply_back(desk: Desk) -> None:
    """It is not sent without the file, nor with half of it."""
    desk.attach(FILE)
    path = desk.office.desk.vault.path(desk.ids()[0])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WritingRefused, match="damaged or missing"):
        desk.reply(desk.ids())
    assert desk.office.desk.outgoing.published() == set()


def test_a_wall_gives_prepared_and_sent_files_the_new_key(desk: Desk) -> None:
    """Both open afterwards for who stays, under other names; the old files are gone."""
    desk.attach(ReceivedFile("sent.txt", b"sent"))
    desk.reply(desk.ids())
    desk.attach(FILE)
    before = {row[0] for row in desk.rows()}
    withdraw(desk.office.desk, desk.office.signed_in(), desk.reference, "ben", "A friend of his.")
    assert before.isdisjoint(row[0] for row in desk.rows())
    assert before.isdisjoint(desk.office.desk.vault.published())
    page = read_case(desk.office.desk, desk.office.signed_in(), desk.reference)
    [sent] = [
        each.document for each in page.entries if isinstance(each.document, ReplyDocument) and each.document.files
    ]
    download = start_download(desk.office.desk, desk.office.signed_in(), desk.reference, sent.files[0].id)
    assert b"".join(download.pieces()) == b"sent"
    assert desk.waiting() == ["leaflet.pdf"]
    desk.reply(desk.ids(), reply="e1" * 16)
    assert desk.is_sound()


def test_what_was_attached_and_never_sent_is_erased_after_days(desk: Desk) -> None:
    """File, row and the sheet on which its name stood; without any key, and not a day before."""
    desk.attach(FILE)
    sent = ReceivedFile("sent.txt", b"sent")
    desk.attach(sent, who="ben")
    desk.reply(desk.ids("ben"), who="ben")
    [file] = desk.ids()
    for days, left in ((KEPT_DAYS - 1, ["leaflet.pdf"]), (1, [])):
        with desk.office.desk.database.writing() as connection:
            earlier = attachments.c.prepared_at - days * 86_400 - 5
            chosen = attachments.c.prepared_by.is_not(None)
            connection.execute(update(attachments).where(chosen).values(prepared_at=earlier))
        forget_old_files(desk.office.desk)
        assert desk.waiting() == left
    assert not desk.office.desk.vault.present([file])
    with desk.office.desk.database.reading() as connection:
        kinds = list(connection.execute(select(sheets.c.kind)).scalars())
    assert not [kind for kind in kinds if kind.startswith("reply-files")]
    assert [row[1] for row in desk.rows()].count("e0" * 16) == 1


def test_a_crash_between_copy_and_reply_leaves_no_copy(desk: Desk) -> None:
    """A copy that was published and never queued goes at the next start; one that was taken back as well."""
    with desk.office.desk.outgoing.draft() as draft:
        draft.file.write(b"sealed, and never queued")
        draft.seal_finished()
        desk.office.desk.outgoing.publish([draft.id])
    desk.attach(FILE)
    desk.reply(desk.ids())
    with desk.office.desk.database.writing() as connection:
        outbox.add_withdrawal(connection, "0" * 64, "2026-11-20", REPLY)
        assert len(connection.execute(select(outgoing_erasing)).all()) == 1
    clear_desk_leftovers(desk.office.desk)
    assert desk.office.desk.outgoing.published() == set()
    with desk.office.desk.database.reading() as connection:
        assert all(each.kind is not Kind.REPLY or not each.files for each in waiting_deliveries(connection, 100))
    assert desk.is_sound()


def test_an_altered_list_of_files_is_said_and_hides_nothing_else(desk: Desk) -> None:
    """The case is read; what waits is not sent."""
    desk.attach(FILE)
    with desk.office.desk.database.writing() as connection:
        kind = sheets.c.kind.startswith("reply-files")
        sealed = connection.execute(select(sheets.c.sealed).where(kind)).scalar_one()
        harmed = type(sealed)(bytes(sealed[:-1]) + bytes([sealed[-1] ^ 1]))
        connection.execute(update(sheets).where(kind).values(sealed=harmed))
    page = Person(desk.app, desk.office, "amina").get(f"/case/{desk.reference}")
    assert "was altered and does not open" in page
    assert "He sells what the computer knows." in page
