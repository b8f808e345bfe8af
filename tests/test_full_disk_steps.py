"""A really full disk at every step of the source host: nothing acknowledged is lost, nothing half is left, it goes on.

Each test ends with a disk that has room again, and with the same processes doing their work.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from bench.source_client import SentFile, SourceClient
from keys.codename import Codename
from keys.derivation import derive
from keys.reply import Reply, reply_address
from source_interface.drop_folder import open_drop
from store.ballast import BALLAST_BYTES
from store.blobs import new_blob_id
from store.database import open_database
from store.desk import outbox
from store.errors import NoRoom
from tests.conftest import IntakeSecret
from tests.courier.ground import DeskGround, make_desk_ground
from tests.drop_contents import letters, rows
from tests.full_host import FullHost, form_of, full_host, small_host, words
from tests.small_disk import PAGE, free_bytes, needs_root
from tests.source_ground import today
from tests.source_site import running_door

pytestmark = needs_root
COMMANDS = Path(sys.executable).parent


@pytest.fixture
def host(tmp_path: Path, intake_secret: IntakeSecret) -> Iterator[FullHost]:
    """A source host on a disk of 96 MiB that tries to take text to the last byte."""
    with full_host(tmp_path, intake_secret, free_bytes_for_text=0, submission_bytes=12_000_000) as found:
        yield found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskGround]:
    """An empty reviewer host, on a disk with room."""
    made = make_desk_ground(tmp_path / "desk")
    yield made
    made.database.close()


def deliver(host: FullHost, codename: str, text: str) -> Reply:
    """Put a reply into a source's inbox, as the door does."""
    drop = open_drop(host.folder.root)
    keys = derive(Codename.read(codename), drop.pepper)
    reply = Reply(new_blob_id(), today(), text, (), 1)
    sealed = reply.seal_to(keys.reply_key().public)
    with drop.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO replies (id, lookup_id, sealed, day, read, answered) VALUES (?, ?, ?, ?, 0, 0)",
            (reply.id, keys.lookup_id, sealed, today()),
        )
    drop.database.close()
    return reply


def test_a_report_is_taken_whole_or_not_at_all_however_little_room_there_is(
    host: FullHost, intake_secret: IntakeSecret
) -> None:
    """From no page to many: gpg, fsync, SQLite's log, the session row, each meets the end of the disk once."""
    taken = set()
    answers = []
    for pages in range(24):
        host.fill(leave=2_000_000)
        visit = host.visit()
        codename = visit.take_codename() if pages % 2 else None
        page = visit.get("/report")
        way = {"codename_check": codename} if codename else {"one_way": "yes"}
        host.fill(leave=pages * PAGE)
        answer = visit.post_multipart("/report", form_of(page, message=f"report {pages}", **way))
        answers.append(answer.status)
        assert answer.status in (200, 507), words(answer)
        if answer.status == 200:
            taken.add(f"report {pages}")
        else:
            assert f"report {pages}</textarea>" in answer.text
        assert len(host.sealed()) == len(taken)
        assert host.drafts() == []
    assert {letter.message for letter in letters(host.folder, intake_secret)} == taken
    # Both ends of the sweep were met, or it proved nothing.
    assert {answers[0], answers[-1]} == {507, 200}
    host.empty()
    assert host.visit().report("room again", codename=None).status == 200


def test_text_is_taken_while_many_uploads_eat_the_disk(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """Six uploads at once, again and again, take what files may have; not one text is turned away."""
    with full_host(tmp_path, intake_secret) as host:
        enough = threading.Event()
        statuses: list[int] = []

        def upload() -> None:
            while not enough.is_set():
                visit = host.visit()
                file = SentFile.of("big.bin", bytes(8_000_000))
                # A mistake in the form, so that the file is held: it takes room and waits.
                form = form_of(visit.get("/report"), codename_check="abaccus", message="x")
                statuses.append(visit.post_multipart("/report", form, [file]).status)

        threads = [threading.Thread(target=upload) for _ in range(6)]
        for thread in threads:
            thread.start()
        texts = [host.visit().report(f"text {number}", codename=None).status for number in range(60)]
        lowest = free_bytes(host.disk)
        enough.set()
        for thread in threads:
            thread.join()
        assert texts == [200] * 60
        assert lowest > 4_000_000
        assert {letter.message for letter in letters(host.folder, intake_secret)} == {f"text {n}" for n in range(60)}
        assert "we did not take them: big.bin" in words(
            host.visit().report("x", codename=None, files=[SentFile.of("big.bin", bytes(12_000_000))])
        )


def test_a_disk_filled_by_others_in_the_middle_of_a_file(host: FullHost, intake_secret: IntakeSecret) -> None:
    """gpg stops in the middle: the file is named, nothing of it is left, the text goes with the next Send."""
    visit = host.visit()
    page = visit.get("/report")

    def pieces() -> Iterator[bytes]:
        yield bytes(4_000_000)
        host.fill()
        yield bytes(4_000_000)

    answer = visit.post_multipart(
        "/report", form_of(page, one_way="yes", message="words"), [SentFile("cut.bin", "x/y", 8_000_000, pieces())]
    )
    assert answer.status == 507
    assert "we did not take them: cut.bin" in words(answer)
    assert host.drafts() + host.held() + host.sealed() == []
    host.empty()
    assert visit.post_multipart("/report", form_of(answer, one_way="yes", message="words")).status == 200
    assert [letter.message for letter in letters(host.folder, intake_secret)] == ["words"]


def test_an_inbox_is_read_answered_emptied_and_left_on_a_full_disk(host: FullHost) -> None:
    """Signing in, reading, deleting and leaving need no more room than the ballast gives."""
    first = host.visit()
    codename = first.take_codename()
    first.report("hello", codename=codename)
    reply = deliver(host, codename, "We have read it.")
    host.fill()
    visit = host.visit()
    inbox = visit.come_back(codename)
    assert (inbox.status, "We have read it." in inbox.text) == (200, True)
    again = visit.get("/inbox")
    assert "We have read it." in again.text
    host.fill()
    token = again.hidden("csrf_token")
    gone = visit.post("/inbox", {"csrf_token": token, "act": "delete", "reply": reply.id})
    assert gone.status == 303
    assert "The answer is deleted here." in words(visit.get("/inbox"))
    assert rows(host.folder, "replies") == []
    before = len(rows(host.folder, "sessions"))
    host.fill()
    left = visit.post("/leave", {})
    assert (left.status, left.headers["Location"]) == (303, "/left")
    assert len(rows(host.folder, "sessions")) == before - 1
    assert "We have read it." not in visit.get("/left").text
    assert "Where it stands" not in visit.get("/inbox").text


def test_an_inbox_is_shown_even_when_not_even_a_session_finds_room(host: FullHost) -> None:
    """With the ballast gone too, whoever comes back reads the answer; it counts as read another time."""
    first = host.visit()
    codename = first.take_codename()
    first.report("hello", codename=codename)
    deliver(host, codename, "We have read it.")
    host.folder.ballast.unlink()
    use_up_the_log(host)
    visit = host.visit()
    inbox = visit.come_back(codename)
    assert (inbox.status, "We have read it." in inbox.text) == (200, True)
    assert rows(host.folder, "notices") == []
    assert visit.post("/leave", {}).status == 303
    reply = str(rows(host.folder, "replies")[0][0])
    refused = first.post("/inbox", {"csrf_token": first.get("/inbox").hidden("csrf_token"), "reply": reply})
    assert refused.status == 507
    assert "What you sent before is safe." in words(refused)
    assert first.post("/leave", {}).status == 303
    assert "Where it stands" not in first.get("/inbox").text
    host.empty()
    visit = host.visit()
    inbox = visit.come_back(codename)
    assert "We have read it." in inbox.text
    visit.post("/inbox", {"csrf_token": inbox.hidden("csrf_token"), "act": "delete", "reply": reply})
    assert {row[1:] for row in rows(host.folder, "notices")} == {(reply, "read"), (reply, "deleted")}


def use_up_the_log(host: FullHost) -> None:
    """Fill the disk, and the pages that SQLite's log has set aside, so that no transaction fits."""
    host.fill()
    database = open_database(host.folder.database, "store.drop.migrations")
    with suppress(NoRoom):
        while True:
            with database.writing() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO sent_forms (id, content, day) VALUES (randomblob(32), randomblob(32), '2026-11-20')"
                )
    database.close()


def test_a_full_host_is_collected_from_and_so_emptied(host: FullHost, desk: DeskGround) -> None:
    """The door confirms on a disk without a free byte: files arrive whole, room comes back, the ballast too."""
    visit = host.visit()
    codename = visit.take_codename()
    content = bytes(range(256)) * 40_000
    sent = visit.report("with files", codename=codename, files=[SentFile.of(f"{n}.bin", content) for n in range(1)])
    assert sent.status == 200
    host.fill()
    report = host.collect(desk)
    assert (report.stored, report.problems, report.source_room) == (1, [], "text only")
    assert desk.count("parcels") == 1
    assert len(desk.files()) == 2
    assert rows(host.folder, "submissions") == []
    assert host.sealed() == []
    host.empty()
    report = host.collect(desk)
    assert (report.problems, report.source_room) == ([], "files and text")
    assert host.folder.ballast.stat().st_blocks * 512 == BALLAST_BYTES
    assert host.visit().report("room again", codename=None).status == 200


def test_deliveries_to_a_full_host_wait_and_withdrawals_do_not(host: FullHost, desk: DeskGround) -> None:
    """A reply that finds no room stays in the outbox, with a sentence; it is delivered once when there is room."""
    visit = host.visit()
    codename = visit.take_codename()
    visit.report("hello", codename=codename)
    withdrawn = deliver(host, codename, "wrong")
    drop = open_drop(host.folder.root)
    public = derive(Codename.read(codename), drop.pepper).reply_key().public
    drop.database.close()
    reply = Reply(new_blob_id(), today(), "r" * 8_000, (), 2)
    desk.add_reply_item(withdrawn.id)
    desk.add_reply_item(reply.id)
    with desk.database.writing() as connection:
        outbox.add_withdrawal(connection, reply_address(public), today(), withdrawn.id)
        outbox.add_reply(connection, reply_address(public), today(), reply.id, reply.seal_to(public))
    use_up_the_log(host)
    report = host.collect(desk)
    assert report.stored >= 1
    assert report.delivered == 0
    assert any("no room on its disk, not even for answers" in problem for problem in report.problems)
    assert rows(host.folder, "replies") == []
    host.empty()
    report = host.collect(desk)
    assert (report.delivered, report.problems) == (2, [])
    assert "r" * 8_000 in host.visit().come_back(codename).text


def test_the_host_starts_and_checks_itself_on_a_full_disk(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """A machine that was switched off with a full disk comes back: site, door and check; and takes reports again."""
    with small_host(tmp_path, intake_secret) as host:
        with host.serving():
            visit = host.visit()
            codename = visit.take_codename()
            assert visit.report("hello", codename=codename).status == 200
        host.fill()
        assert free_bytes(host.disk) == 0
        with host.serving():
            assert "Where it stands" in host.visit().come_back(codename).text
            assert host.visit().get("/report").status == 507
            host.fill()
            looks = [str(COMMANDS / "candour-drop"), "check", "--data", str(host.folder.root)]
            check = subprocess.run(looks, capture_output=True, text=True, check=False)
            assert (check.returncode, check.stderr) == (0, ""), check.stderr
            with running_door(host.folder.root) as door, closing(SourceClient(door)) as client:
                # It is there, and does not know us.
                assert client.get("/v1/room").status == 401
            host.empty()
            assert host.visit().report("room again", codename=None).status == 200
        assert {letter.message for letter in letters(host.folder, intake_secret)} == {"hello", "room again"}


def test_the_ballast_is_kept_for_erasing_and_tells_no_time(host: FullHost) -> None:
    """However often somebody comes and leaves on a full disk, there is room for it; no file says when it was full."""
    visit = host.visit()
    codename = visit.take_codename()
    visit.report("hello", codename=codename)
    host.fill()
    for _ in range(60):
        back = host.visit()
        assert back.come_back(codename).status == 200
        assert back.post("/leave", {}).status == 303
    assert len(rows(host.folder, "sessions")) == 1
    assert host.folder.ballast.stat().st_mtime == 0
