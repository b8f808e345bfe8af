"""The courier and a real door: what it brings, what it takes, and what it may know."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from journalist_interface import courier_rules
from journalist_interface.door_client import DoorClient
from keys.reply import reply_address
from keys.statuses import Status
from store.desk import outbox, parcels
from store.drop.inbox import delete_reply, mark_read, read_inbox
from store.errors import AlreadyThere, Missing
from tests.courier.ground import (
    REPLY,
    TODAY,
    TOKEN,
    DeskGround,
    DropGround,
    new_source,
    post_reply,
    run,
)
from tests.import_walk import ImportWalk

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_whole_road(drop: DropGround, desk: DeskGround, url: str) -> None:
    """Submissions come whole and once, the source host is empty, replies arrive, and what became of them comes back."""
    source = new_source()
    first = drop.submit(b"letter one", b"x" * 1_000_000, b"y", source=source)
    second = drop.submit(b"letter two")
    post_reply(desk, source)
    with desk.database.writing() as connection:
        outbox.add_status(connection, reply_address(source.reply_key), TODAY, Status.BEING_READ)
    report = run(desk, DoorClient(url, TOKEN))
    assert (report.stored, report.delivered, report.problems) == (2, 2, [])
    with desk.database.reading() as connection:
        found = {parcel.submission: parcel for parcel in parcels.list_parcels(connection)}
    assert set(found) == {first.id, second.id}
    assert found[first.id].letter.blob == first.letter.id
    files = desk.files()
    assert files[first.letter.id] == b"letter one"
    assert sorted(len(files[part.blob]) for part in found[first.id].attachments) == [1, 1_000_000]
    assert drop.blobs.published() == set()
    inbox = read_inbox(drop.database, source.lookup_id)
    assert (inbox.status, inbox.waiting, [reply.id for reply in inbox.replies]) == (Status.BEING_READ, False, [REPLY])
    assert desk.reply_state(REPLY) == "delivered"
    mark_read(drop.database, source.lookup_id, (REPLY,))
    assert run(desk, DoorClient(url, TOKEN)).is_quiet
    assert desk.reply_state(REPLY) == "read"
    delete_reply(drop.database, source.lookup_id, REPLY)
    run(desk, DoorClient(url, TOKEN))
    assert desk.reply_state(REPLY) == "deleted"
    assert drop.count("notices") == 0


def test_many_submissions_come_over_several_pages(
    drop: DropGround, desk: DeskGround, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Confirming while paging moves nothing out of sight."""
    monkeypatch.setattr("journalist_interface.door_client.LONGEST_PAGE", 2)
    sent = {drop.submit(b"letter").id for _each in range(5)}
    assert run(desk, DoorClient(url, TOKEN)).stored == 5
    with desk.database.reading() as connection:
        assert {parcel.submission for parcel in parcels.list_parcels(connection)} == sent
    assert drop.count("submissions") == 0


def test_what_was_collected_before_is_confirmed_and_not_stored_twice(
    drop: DropGround, desk: DeskGround, url: str
) -> None:
    """A source host restored from a backup offers again what was opened long ago."""
    sent = drop.submit(b"letter")
    with desk.post.draft() as draft:
        draft.file.write(b"letter")
        blob = draft.seal_finished()
        desk.post.publish([blob.id])
    desk.post.settle([blob.id])
    part = parcels.ParcelPart(blob.id, "letter", blob.size, blob.sha256)
    parcels.put_parcel(desk.database, parcels.Parcel(sent.id, TODAY, TODAY, None, (part,)))
    with desk.database.writing() as connection:
        parcels.erase_opened(connection, sent.id)
    report = run(desk, DoorClient(url, TOKEN))
    assert (report.stored, report.problems) == (0, [])
    assert (drop.count("submissions"), desk.count("parcels"), desk.files()) == (0, 0, {})


def test_a_source_the_host_does_not_know_is_told_to_the_desk(drop: DropGround, desk: DeskGround, url: str) -> None:
    """The reply leaves the outbox, and nobody is made to believe that it arrived."""
    post_reply(desk, new_source())
    report = run(desk, DoorClient(url, TOKEN))
    assert (report.delivered, report.undeliverable) == (0, 1)
    assert (desk.reply_state(REPLY), desk.count("outbox"), drop.count("replies")) == ("unknown", 0, 0)


def test_a_reply_withdrawn_before_it_left_never_arrives(drop: DropGround, desk: DeskGround, url: str) -> None:
    """The withdrawal still goes out: the courier might have delivered the reply and died before it could say so."""
    source = new_source()
    drop.submit(b"letter", source=source)
    post_reply(desk, source)
    with desk.database.writing() as connection:
        outbox.add_withdrawal(connection, reply_address(source.reply_key), TODAY, REPLY)
    run(desk, DoorClient(url, TOKEN))
    assert (desk.reply_state(REPLY), desk.count("outbox"), drop.count("replies")) == ("withdrawn", 0, 0)


def test_one_damaged_submission_does_not_hold_up_the_others(drop: DropGround, desk: DeskGround, url: str) -> None:
    """It stays where it is, people are told, and the rest arrives."""
    sent = [drop.submit(b"letter") for _each in range(3)]
    for name, damage in ((sent[0].letter.id, b"lettes"), (sent[1].letter.id, b"lett")):
        (drop.folder / "blobs" / "sealed" / name).write_bytes(damage)
    report = run(desk, DoorClient(url, TOKEN))
    assert (report.stored, len(report.problems)) == (1, 2)
    assert desk.files() == {sent[2].letter.id: b"letter"}
    assert drop.count("submissions") == 2


def test_a_restored_file_without_a_row_is_used_if_it_is_the_same(drop: DropGround, desk: DeskGround, url: str) -> None:
    """An older database beside newer files: no run erases them, the same bytes are taken, others are never replaced."""
    same, other = drop.submit(b"letter"), drop.submit(b"another letter")
    (desk.folder / "post" / "sealed" / same.letter.id).write_bytes(b"letter")
    (desk.folder / "post" / "sealed" / other.letter.id).write_bytes(b"what only this host has")
    (desk.folder / "post" / "sealed" / ("a" * 32)).write_bytes(b"collected before the backup that was restored")
    before = desk.files()
    report = run(desk, DoorClient(url, TOKEN))
    assert report.stored == 1
    [problem] = report.problems
    assert "candour-desk check" in problem
    assert desk.files() == before
    assert drop.count("submissions") == 1
    assert list((desk.folder / "post" / "incoming").iterdir()) == []


def test_a_name_whose_file_is_about_to_be_erased_is_not_given_again(
    drop: DropGround, desk: DeskGround, url: str
) -> None:
    """The desk died while it erased; a source host that uses the name again must not lose the new file to that."""
    first = drop.submit(b"letter")
    part = parcels.ParcelPart(first.letter.id, "letter", 6, "0" * 64)
    parcels.put_parcel(desk.database, parcels.Parcel("b" * 32, TODAY, TODAY, None, (part,)))
    with desk.database.writing() as connection:
        parcels.erase_opened(connection, "b" * 32)
        assert parcels.named_among(connection, [first.letter.id]) == {first.letter.id}
    with pytest.raises(AlreadyThere):
        parcels.put_parcel(desk.database, parcels.Parcel(first.id, TODAY, TODAY, None, (part,)))
    # A run finishes the erasing before it looks for anything new.
    assert run(desk, DoorClient(url, TOKEN)).stored == 1
    assert desk.files() == {first.letter.id: b"letter"}


def test_a_parcel_is_put_once_and_never_after_it_was_opened(desk: DeskGround) -> None:
    """Neither the submission nor any of its blobs may come a second time."""
    part = parcels.ParcelPart("a" * 32, "letter", 1, "0" * 64)
    parcel = parcels.Parcel("b" * 32, TODAY, TODAY, None, (part,))
    parcels.put_parcel(desk.database, parcel)
    for again in (parcel, replace(parcel, submission="c" * 32)):
        with pytest.raises(AlreadyThere):
            parcels.put_parcel(desk.database, again)
    with desk.database.writing() as connection:
        parcels.mark_problem(connection, "b" * 32, "It does not open.")
        assert parcels.read_parcel(connection, "b" * 32).problem == "It does not open."
        parcels.erase_opened(connection, "b" * 32)
    with pytest.raises(AlreadyThere):
        parcels.put_parcel(desk.database, parcel)
    with desk.database.writing() as connection:
        for act in (parcels.erase_opened, parcels.read_parcel):
            with pytest.raises(Missing):
                act(connection, "b" * 32)
        with pytest.raises(Missing):
            parcels.mark_problem(connection, "b" * 32, "x")


def test_a_reply_only_moves_forward(desk: DeskGround) -> None:
    """An old word of the source host that comes again changes nothing."""
    desk.add_reply_item(REPLY)
    states = outbox.ReplyState
    moves = [(states.READ, "read"), (states.DELIVERED, "read"), (states.UNKNOWN, "read"), (states.DELETED, "deleted"),
             (states.READ, "deleted"), (states.WITHDRAWN, "deleted")]  # fmt: skip
    for move, state in moves:
        with desk.database.writing() as connection:
            outbox.move_reply(connection, REPLY, move)
        assert desk.reply_state(REPLY) == state


def test_the_courier_can_reach_no_key() -> None:
    """Whoever takes the courier's process finds nothing that opens a letter, a case or an account."""
    walk = ImportWalk(CHECKOUT, ("keys", "store", "source_interface", "journalist_interface"))
    secrets = ("keys.intake_secret", "keys.vault", "keys.case_key", "keys.reviewer_key", "keys.totp")
    ours = [name for name in walk.files if re.search(r"journalist_interface\.(courier|door|pairing|timed|tor)", name)]
    assert len(ours) >= 21
    assert [chain for name in ours for secret in secrets if (chain := walk.chain(name, secret))] == []


def test_the_judge_does_nothing_but_judge() -> None:
    """It opens no file, no socket, no database of its own, and asks no clock."""
    walk = ImportWalk(CHECKOUT, ("keys", "store", "source_interface", "journalist_interface"))
    direct = walk.imports[courier_rules.__name__]
    assert not {name.split(".")[0] for name in direct} & {"os", "pathlib", "socket", "time", "datetime", "urllib3"}
