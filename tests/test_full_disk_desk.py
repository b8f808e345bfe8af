"""A really full disk on the reviewer host: sentences, nothing lost, and everything works when there is room again."""

import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from journalist_interface.courier import Courier
from journalist_interface.desk_app import create_desk
from journalist_interface.door_client import DoorClient
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.desk.case_tables import cases, items
from store.desk.courier_state import SourceRoom, note_source_room
from store.desk.post_tables import parcels
from tests.courier.ground import TOKEN, DeskGround, DropGround, Watching, make_desk_ground, make_drop_ground, serving
from tests.desk_office import Office, new_office, sent_replies, sign_in, write_letter
from tests.small_disk import empty, fill, needs_root, small_disk

# The courier leaves 256 MiB free.
COURIERS_DISK = 320
DESKS_DISK = 32
ROOM_FOR_THE_LOG = 4 << 20  # the database grows by what its log held


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[DropGround]:
    """A source host on a disk with room."""
    made = make_drop_ground(tmp_path / "drop")
    yield made
    made.database.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskGround]:
    """A desk's folder on a small disk, for the courier alone."""
    with small_disk(tmp_path / "disk", COURIERS_DISK) as disk:
        made = make_desk_ground(disk / "desk")
        yield made
        made.database.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys on a small disk."""
    with small_disk(tmp_path / "disk", DESKS_DISK) as disk, new_office(disk / "desk") as made:
        yield made


@pytest.fixture
def client(office: Office) -> Iterator[FlaskClient]:
    """A browser in which amina is signed in."""
    app = create_desk(office.folder)
    browser = app.test_client()
    sign_in(browser, office)
    yield browser
    app.extensions[CLOSE]()


class Filling(Watching):
    """A watcher while whom the disk gets full: in the middle of the first large blob."""

    def __init__(self, disk: Path) -> None:
        super().__init__()
        self._disk = disk

    def bytes_came(self, came: int, size: int) -> None:
        """Fill the disk."""
        super().bytes_came(came, size)
        if size > 1_000_000:
            fill(self._disk)


def token(client: FlaskClient) -> str:
    """Return the form token of the session."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/post").text)
    assert found
    return found[1]


def count(office: Office, table: object) -> int:
    """Count the rows of a table."""
    with office.desk.database.reading() as connection:
        return len(connection.execute(table.select()).all())  # type: ignore[attr-defined]  # a table


def fill_for_good(office: Office, leave: int = 0) -> None:
    """Fill the disk once the database's log is empty: the housekeeper, who empties it, would make room again."""
    disk = office.folder.parent
    fill(disk, ROOM_FOR_THE_LOG)
    deadline = time.monotonic() + 60
    while not office.desk.database.leave_no_trace():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    fill(disk, leave)


@needs_root
def test_a_disk_that_fills_while_the_courier_fetches(drop: DropGround, desk: DeskGround) -> None:
    """The submission stays on the source host, nothing half is here, and the next run with room brings it."""
    drop.submit(b"letter", bytes(4_000_000))
    disk = desk.folder.parent
    with serving(drop.app()) as url:
        with closing(DoorClient(url, TOKEN)) as door:
            report = Courier(desk.database, desk.post, desk.outgoing, door, Filling(disk)).run()
        assert report.stored == 0
        assert "It stays on the source host until then." in report.sentence()
        assert (desk.count("parcels"), desk.files(), drop.count("submissions")) == (0, {}, 1)
        assert list((desk.folder / "post" / "incoming").iterdir()) == []
        empty(disk)
        with closing(DoorClient(url, TOKEN)) as door:
            assert Courier(desk.database, desk.post, desk.outgoing, door, Watching()).run().stored == 1
    assert (desk.count("parcels"), len(desk.files()), drop.count("submissions")) == (1, 2, 0)


@needs_root
def test_a_courier_in_a_loop_outlives_a_full_disk(drop: DropGround, desk: DeskGround) -> None:
    """The process tells what is wrong, stays, and collects by itself once there is room."""
    drop.submit(b"letter")
    disk = desk.folder.parent
    code = "from journalist_interface.courier_commands import collect; collect()"
    with serving(drop.app()) as url:
        desk.pair_with(url)
        fill(disk)
        with subprocess.Popen(
            [sys.executable, "-c", code, "--data", str(desk.folder), "--every", "1s"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                # Twice: after the first it waited, which beats the heart on a disk without room.
                for _run in range(2):
                    said = process.stdout.readline()
                    assert "disk is full" in said or "no room on this disk" in said
                empty(disk)
                deadline = time.monotonic() + 60
                while not desk.count("parcels") and time.monotonic() < deadline:
                    time.sleep(0.1)
                assert desk.count("parcels") == 1
                assert process.poll() is None
            finally:
                process.kill()
    assert drop.count("submissions") == 0


@needs_root
def test_a_letter_that_finds_no_room_in_the_vault_stays_in_the_post(office: Office, client: FlaskClient) -> None:
    """Opening on a full disk is a sentence; the letter is not marked as faulty; with room it opens whole."""
    letter = office.deliver(write_letter(None), {"a.pdf": b"evidence" * 100_000})
    form = {"csrf_token": token(client)}
    assert client.post("/post/unlock", data=form).status_code == 303
    before = office.desk.post.published()
    disk = office.folder.parent
    for leave in (0, 4096, 8 * 4096, 400_000):
        fill_for_good(office, leave)
        page = client.post("/post/open", data=form | {"submission": letter.submission, "cleared": "amina"})
        assert page.status_code == 507
        assert "Nothing was opened and nothing is lost." in page.text
        assert office.desk.post.published() == before
        assert office.desk.vault.published() == set()
        assert list((office.folder / "vault" / "incoming").iterdir()) == []
        assert (count(office, cases), count(office, parcels)) == (0, 1)
        with office.desk.database.reading() as connection:
            assert connection.execute(parcels.select()).one().problem is None
    client.post("/post/open", data=form | {"all": "1", "cleared": "amina"})
    assert client.get("/post").status_code == 200
    empty(disk)
    page = client.post("/post/open", data=form | {"submission": letter.submission, "cleared": "amina"})
    assert page.status_code == 303
    assert (count(office, cases), count(office, parcels)) == (1, 0)
    assert len(office.desk.vault.published()) == 1


@needs_root
def test_what_a_reviewer_wrote_on_a_full_disk_is_given_back(office: Office, client: FlaskClient) -> None:
    """Whatever the form: 507, a sentence, every word of it; sent again with room it is there once."""
    for colleague in ("bartek", "cora"):
        office.add(colleague)
    letter = office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public), {"a.pdf": b"a" * 300_000})
    reference = office.open(letter, cleared=("amina", "bartek"))
    form = {"csrf_token": token(client)}
    written = {
        "reply": {"item": "ab" * 16, "text": "We have read your report. " * 200},
        "status": {
            "item": "cd" * 16,
            "status": "closed",
            "reason": "Nothing more can be done. " * 200,
            "outcome": "no-evidence",
        },
        "note": {"item": "ef" * 16, "note": "Ask the auditor. " * 200},
        "clear": {"who": "cora", "reason": "Knows the force. " * 100},
        "withdraw": {"who": "bartek", "reason": "Knows the sergeant. " * 90},
    }
    disk = office.folder.parent
    kept = count(office, items), sent_replies(office)
    fill_for_good(office)
    for what, fields in written.items():
        page = client.post(f"/case/{reference}/{what}", data=form | fields)
        assert page.status_code == 507, what
        assert "The disk of this host is full, so nothing was sent." in page.text, what
        assert max(fields.values(), key=len).strip() in page.text, what
    assert (count(office, items), sent_replies(office), office.desk.vault.published()) == (*kept, office.vault_files())
    empty(disk)
    for what, fields in written.items():
        assert client.post(f"/case/{reference}/{what}", data=form | fields).status_code == 303, what
    # The reason of a closed case is a reply too.
    assert (count(office, items), sent_replies(office)) == (kept[0] + 6, kept[1] + 2)


def test_the_post_warns_of_a_source_host_without_room_until_the_next_run(tmp_path: Path) -> None:
    """What to do stands there, in our own words, and goes away when the courier has heard otherwise."""
    with new_office(tmp_path / "desk") as office:
        app = create_desk(office.folder)
        client = app.test_client()
        sign_in(client, office)
        seen = {}
        for room in SourceRoom:
            with office.desk.database.writing() as connection:
                note_source_room(connection, room)
            seen[room] = client.get("/post").text
        app.extensions[CLOSE]()
    assert "The source host has no room for files." in seen[SourceRoom.TEXT_ONLY]
    assert "The source host has no room at all." in seen[SourceRoom.NOTHING]
    for room in (SourceRoom.TEXT_ONLY, SourceRoom.NOTHING):
        assert "make room on its disk" in seen[room]
    for room in (SourceRoom.FILES_AND_TEXT, SourceRoom.UNKNOWN):
        assert "The source host has no room" not in seen[room]
