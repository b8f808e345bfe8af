"""Destroying a case, shown by its bytes: what was there is taken down before, and looked for in every file after."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from journalist_interface.case_access import open_case
from journalist_interface.case_places import sheet_place
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.board import Board
from journalist_interface.casework.destruction import agree_to_end, end_case
from journalist_interface.casework.searching import search
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.checking import check_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply
from keys.hpke import SecretKey
from keys.reply import reply_address
from keys.statuses import Status
from store.blobs import new_blob_id
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from store.desk.case_tables import cases, clearances
from store.desk.cases import change_case, put_card
from store.desk.destroying import tables_of_a_case
from store.desk.items import attachments_of, list_items
from store.desk.lapsed import lapse_clearances
from store.desk.outbox import Kind, ReplyState, mark_done, move_reply, waiting_deliveries
from store.desk.post_tables import opened, outbox
from store.desk.recovery import list_recoverable
from store.desk.roles import Role
from store.desk.sheets import put_sheet
from store.desk.tables import metadata
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list, write_letter
from tests.ended_case import close_and_wait, requests

RUN = 24  # bytes of what was sealed: none other begins so
FILES = {"photo of the rota.pdf": b"r" * 90_000, "b.txt": b"b"}
CANARIES = (b"canary of a note", b"canary of a summary", b"photo of the rota")


@dataclass(frozen=True)
class Before:
    """What there was of a case."""

    case_id: str
    reference: str
    address: str
    sealed: tuple[bytes, ...]
    keys: tuple[bytes, ...]
    replies: tuple[str, ...]
    items: tuple[str, ...]
    files: tuple[str, ...]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with four reviewers and a supervisor."""
    people = dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,)) | {"sue": (Role.SUPERVISOR,)}
    with new_office(tmp_path / "desk", people) as made:
        yield made


def furnish(office: Office, source: SecretKey) -> str:
    """A case with everything that a case can have; and another, which must stay as it is."""
    readers = ("amina", "ben", "cora", "dan")
    reference = office.open(office.deliver(write_letter(source.public), FILES), cleared=readers)
    desk, ben = office.desk, office.signed_in("ben")
    write_reply(desk, ben, reference, new_blob_id(), "Thank you.", ["When was it?"])
    write_note(desk, ben, reference, new_blob_id(), "canary of a note")
    office.open(office.deliver(write_letter(source.public, "He did it again."), {"c.txt": b"c"}))
    write_summary(desk, ben, reference, Summary(summary="canary of a summary"), "0")
    set_work(desk, ben, reference, WorkForm("ben", "high", "north"))
    assert search(desk, Board(), ben, "again", 1).hits
    with desk.database.writing() as connection:
        case = open_case(connection, ben, reference)
        draft = case.key.seal_item(b'{"text":"half a reply"}', sheet_place(case.row.id, "draft of ben"))
        put_sheet(connection, case.row.id, "draft of ben", 0, draft)
        lapse_clearances(connection, "dan", 1)
        # One of its answers has arrived there and was read, another waits still.
        arrived = next(each for each in waiting_deliveries(connection, 100) if each.kind is Kind.REPLY)
        mark_done(connection, arrived, arrived=True)
        assert arrived.reply
        move_reply(connection, arrived.reply, ReplyState.READ)
    withdraw(desk, ben, reference, "cora", "A friend of his.")
    return reference


def taken_down(office: Office, reference: str) -> Before:
    """What there is of a case, read from the tables."""
    with office.desk.database.reading() as connection:
        row = connection.execute(select(cases).where(cases.c.reference == reference)).one()
        sealed = [bytes(row.sealed_card)]
        for table in tables_of_a_case():
            for found in connection.execute(select(table).where(table.c.case_id == row.id)):
                sealed += [bytes(value) for value in found if isinstance(value, bytes) and len(value) > RUN]
        keys = connection.execute(select(clearances.c.sealed_key).where(clearances.c.case_id == row.id)).scalars()
        items = list_items(connection, row.id)
        return Before(
            row.id,
            reference,
            row.address,
            tuple(sealed),
            tuple(bytes(each) for each in keys),
            tuple(each.id for each in items if each.state is not None),
            tuple(each.id for each in items if each.state is None),
            tuple(attachments_of(connection, row.id)),
        )


def everything(folder: Path) -> dict[str, bytes]:
    """Every byte of the data folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_socket()}


def destroy(office: Office, reference: str) -> None:
    """As ben asks, and sue agrees."""
    close_and_wait(office, reference)
    assert not end_case(office.desk, office.signed_in("ben"), reference, "sue")
    [request] = requests(office, "sue")
    agree_to_end(office.desk, office.signed_in("sue"), request)


def test_nothing_is_left_of_a_case_that_had_everything(office: Office) -> None:
    """No row that names it, no file, no byte of what was sealed, no copy of its key, in any file of the folder."""
    source = SecretKey(bytes(range(96)))
    reference = furnish(office, source)
    other = office.open(office.deliver(write_letter(None, "Something else."), {"d.txt": b"d"}))
    close_and_wait(office, reference)
    before = taken_down(office, reference)
    [kept_file] = office.vault_files() - set(before.files)
    assert len(before.files) == 3
    assert len(before.keys) == 3, "amina, ben and the recovery key"
    assert len(before.sealed) > 12
    assert not end_case(office.desk, office.signed_in("ben"), reference, "sue")
    [request] = requests(office, "sue")
    agree_to_end(office.desk, office.signed_in("sue"), request)

    with office.desk.database.reading() as connection:
        rows = {name: repr(connection.execute(select(table)).all()) for name, table in metadata.tables.items()}
        assert [each.reference for each in list_recoverable(connection)] == [other]
        verify_trail(connection)
        # What makes a parcel that comes twice one: ids that nothing leads from or to.
        assert len(connection.execute(select(opened)).all()) == 3
    assert [name for name, found in rows.items() if before.case_id in found] == []
    assert [name for name, found in rows.items() if reference in found] == ["audit"]
    for gone in (*before.items, *before.files):
        assert [name for name, found in rows.items() if gone in found] == []
    files = everything(office.folder)
    wanted = [before.case_id.encode(), *CANARIES, *(each.encode() for each in before.items + before.files)]
    wanted += [each[:RUN] for each in before.sealed] + [each[-RUN:] for each in before.sealed]
    for run in wanted:
        assert [name for name, found in files.items() if run in found] == []
    assert office.desk.vault.published() == office.vault_files()
    assert not office.desk.vault.present(before.files)
    assert [*office.desk.vault.incoming.iterdir(), *office.desk.vault.held.iterdir()] == []
    # The other case is whole.
    assert {each.case.reference for each in read_list(office.desk, office.signed_in()).cases} == {other}
    download = start_download(office.desk, office.signed_in(), other, kept_file)
    assert b"".join(download.pieces()) == b"d"
    found = [finding for finding in check_desk(office.folder) if not finding.sound]
    assert found == []
    assert "1 case was destroyed; nothing of it is left." in [each.sentence for each in check_desk(office.folder)]


def test_the_source_host_is_told_and_then_nothing_names_the_source(office: Office) -> None:
    """A withdrawal of every answer, also of one whose delivery waited, then the word; no other delivery is left."""
    source = SecretKey(bytes(range(96)))
    reference = furnish(office, source)
    close_and_wait(office, reference)
    before = taken_down(office, reference)
    destroy_asked(office, reference)
    with office.desk.database.writing() as connection:
        waiting = waiting_deliveries(connection, 100)
        assert [each.kind for each in waiting] == [Kind.WITHDRAW] * len(before.replies) + [Kind.STATUS]
        assert {each.reply for each in waiting[:-1]} == set(before.replies)
        assert waiting[-1].status is Status.DESTROYED
        assert {each.address for each in waiting} == {before.address} == {reply_address(source.public)}
        for each in waiting:
            mark_done(connection, each, arrived=True)
        assert connection.execute(select(outbox)).all() == []
    office.desk.database.leave_no_trace()
    for run in (before.address, *before.replies):
        assert [name for name, found in everything(office.folder).items() if run.encode() in found] == []


def destroy_asked(office: Office, reference: str) -> None:
    """As ben asks, and sue agrees."""
    assert not end_case(office.desk, office.signed_in("ben"), reference, "sue")
    [request] = requests(office, "sue")
    agree_to_end(office.desk, office.signed_in("sue"), request)


def test_a_source_who_does_not_come_back_is_told_nothing(office: Office) -> None:
    """There is nobody to tell."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    destroy(office, reference)
    with office.desk.database.reading() as connection:
        assert waiting_deliveries(connection, 100) == ()


def test_the_trail_keeps_that_it_happened(office: Office) -> None:
    """Who asked, who agreed, which number; and what it had of the case before stays as it was."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    with office.desk.database.reading() as connection:
        earlier = [link.record for link in read_trail(connection, Wanted(case_reference=reference))]
    destroy(office, reference)
    with office.desk.database.reading() as connection:
        later = [link.record for link in read_trail(connection, Wanted(case_reference=reference))]
    assert later[: len(earlier)] == earlier
    assert [(each.actor, each.act, each.note) for each in later[-2:]] == [
        ("ben", "destroy-asked", "of sue"),
        ("sue", "destroy", "asked by ben, consent by sue"),
    ]


def test_lists_in_memory_forget_it(office: Office) -> None:
    """A board that had it has it no more, also when another case came in the same moment."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    board, amina = Board(), office.signed_in()
    assert len(board.look(office.desk, amina)) == 1
    destroy(office, reference)
    other = office.open(office.deliver(write_letter(None)))
    assert [each.reference for each in board.look(office.desk, amina).values()] == [other]
    with pytest.raises(Missing), office.desk.database.reading() as connection:
        open_case(connection, amina, reference)


def test_a_source_who_comes_back_begins_a_new_case(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another number, also if chance drew the old one again; and the same letter does not open twice."""
    source = SecretKey(bytes(range(96)))
    first = office.deliver(write_letter(source.public))
    reference = office.open(first, cleared=("amina", "ben"))
    destroy(office, reference)
    with pytest.raises(Missing):
        office.open(first)
    drawn = iter([reference, reference, "7K3M-Q9TW"])
    monkeypatch.setattr("journalist_interface.opening.draw_case_reference", lambda: next(drawn))
    again = office.open(office.deliver(write_letter(source.public, "It is I.")), cleared=("cora",))
    assert again == "7K3M-Q9TW"
    clear(office.desk, office.signed_in("cora"), again, "ben", "He knew the first.")
    write_reply(office.desk, office.signed_in("ben"), again, new_blob_id(), "Thank you.", [])


def test_every_table_that_refers_to_a_case_is_emptied() -> None:
    """Whatever is added to the schema: what refers to a case, or to something of a case, says whose it is."""
    found = set(tables_of_a_case())
    for table in metadata.tables.values():
        targets = {key.column.table for key in table.foreign_keys}
        if targets & (found | {cases}):
            assert table in found, table.name
    places = {table: number for number, table in enumerate(tables_of_a_case())}
    for table in found:
        for key in table.foreign_keys:
            if key.column.table in found:
                assert places[table] < places[key.column.table]


def test_a_case_is_closed_before_it_ends(office: Office) -> None:
    """So that the source was told why."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("amina", "ben"))
    with pytest.raises(WritingRefused, match="Close it first"):
        end_case(office.desk, office.signed_in(), reference, "sue", "x")


def test_a_case_that_was_asked_something_is_open_again_and_not_destroyed(office: Office) -> None:
    """A question to the source of a closed case opens it, whatever day stands in its card."""
    reference = office.open(office.deliver(write_letter(SecretKey(bytes(range(96))).public)), cleared=("amina", "ben"))
    close_and_wait(office, reference)
    write_reply(office.desk, office.signed_in(), reference, new_blob_id(), "", ["Are you safe?"])
    with pytest.raises(WritingRefused, match="This case is open"):
        end_case(office.desk, office.signed_in(), reference, "cora", "")
    # And one in which somebody may be in danger, whatever else its card says.
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), reference)
        card = replace(case.card, danger=True, work=replace(case.work, closed="2026-01-01"))
        put_card(connection, case.row.id, card.seal(case.key, case.row.id))
        change_case(connection, case.row.id, changed_at=1, status=Status.CLOSED.value)
    with pytest.raises(WritingRefused, match="Stand the danger down first"):
        end_case(office.desk, office.signed_in(), reference, "cora", "")
