"""What is left of a source on the source host after real use: read from the files themselves, rows and raw bytes."""

import json
import re
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from bench.source_client import SentFile, SourceClient
from journalist_interface import courier_rules as rules
from journalist_interface.door_client import DoorClient
from keys.codename import Codename
from keys.derivation import derive
from keys.reply import Reply, reply_address
from keys.statuses import Status
from source_interface.drop_folder import DropFolder
from store.database import open_database
from store.drop.deliveries import Outcome, ReplyDelivery, apply_delivery
from tests.codename_traces import traces_of
from tests.drop_contents import give_reply, rows
from tests.observed_site import eventually, observed_site
from tests.source_site import running_door, running_site

DAY_SECONDS = 86_400
MONTH_SECONDS = 31 * DAY_SECONDS
TIME_OR_ADDRESS = re.compile(r"\d\d?:\d\d|\d{4}-\d\d-\d\d.|\d{1,3}(\.\d{1,3}){3}|Mozilla|http")
# Every column there is. Whoever adds one says here that it tells of no address, browser, login, visit or time.
COLUMNS = {
    # Whether anything has left this host; and a memo that only the codename opens, as random where there is none.
    "sources": {"lookup_id", "address", "reply_key", "status", "status_day", "fetched", "memo", "pepper", "carried"},
    "submissions": {"id", "lookup_id", "day"},
    "parts": {"blob", "submission", "kind", "size", "sha256"},
    "sent_forms": {"id", "content", "day"},
    "replies": {"id", "lookup_id", "sealed", "day", "read", "answered", "answers", "held"},
    "reply_files": {"blob", "reply", "lookup_id", "size", "sha256", "day", "here"},
    "reply_files_erasing": {"blob"},
    "notices": {"id", "reply", "what"},
    "deliveries": {"id", "day"},
    "sessions": {"lookup_hash", "sealed"},
    "erasing": {"blob"},
    "alembic_version": {"version_num"},
}


@dataclass
class Used:
    """A source host after a source's whole road, still running; `gone` is what must stand nowhere any more."""

    folder: DropFolder
    codename: str
    lookup_id: bytes
    gone: dict[str, bytes] = field(default_factory=dict)


def raw_bytes(folder: DropFolder) -> bytes:
    """The database, its log and its index, as they lie there."""
    files = [folder.database.with_name(folder.database.name + end) for end in ("", "-wal", "-shm")]
    return b"".join(path.read_bytes() for path in files if path.exists())


@contextmanager
def used_host(folder: DropFolder, token: str) -> Iterator[Used]:
    """Report with files, come back, read and delete a reply, write again, leave; collect and confirm everything."""
    with running_site(folder.root) as url, running_door(folder.root) as door_url:
        source = SourceClient(url)
        codename = source.take_codename()
        source.report("hello", codename=codename, files=[SentFile.of("a.bin", bytes(90_000))])
        keys = derive(Codename.read(codename), folder.pepper.read_bytes())
        used = Used(folder, codename, keys.lookup_id)
        reply_id = deliver_reply(folder, used, keys.reply_key().public)
        inbox = source.come_back(codename)
        assert "Thank you for this." in inbox.text
        for number, row in enumerate(rows(folder, "sessions")):
            used.gone |= {f"session {number}": row[0], f"sealed session {number}": row[1]}  # type: ignore[dict-item]
        token_of_form = inbox.hidden("csrf_token", 0)
        source.post("/inbox", {"csrf_token": token_of_form, "act": "delete", "reply": reply_id})
        source.write_again(source.get("/inbox"), "more", [SentFile.of("b.bin", b"b")])
        source.post("/leave", {})
        source.get("/left")
        source.close()
        collect(folder, used, DoorClient(door_url, token))
        yield used


def deliver_reply(folder: DropFolder, used: Used, public: bytes) -> str:
    """Put a reply into the inbox."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    reply = Reply(secrets.token_hex(16), day, "Thank you for this.")
    sealed = reply.seal_to(public)
    delivery = ReplyDelivery(secrets.token_hex(16), reply_address(public), day, reply.id, sealed)
    database = open_database(folder.database, "store.drop.migrations")
    assert apply_delivery(database, delivery, day) is Outcome.APPLIED
    database.close()
    used.gone["the reply"] = bytes(sealed)[-200:]
    return reply.id


def collect(folder: DropFolder, used: Used, door: DoorClient) -> None:
    """Confirm all that waits, as the courier does once it is safe."""
    page = rules.read_page(door.list_waiting(""), "")
    for listed in page.submissions:
        used.gone[f"submission {listed.submission[:4]}"] = listed.submission.encode()
        for blob, sha256 in listed.sha256s().items():
            used.gone |= {f"blob {blob[:4]}": blob.encode(), f"SHA-256 of {blob[:4]}": sha256.encode()}
    used.gone |= {f"notice {notice.id[:4]}": notice.id.encode() for notice in page.notices}
    assert len(page.submissions) == 2
    assert page.notices
    door.confirm(rules.write_confirm(page.submissions, page.notices))
    assert rows(folder, "submissions") == rows(folder, "parts") == rows(folder, "notices") == []


@pytest.fixture
def used(drop_folder: DropFolder) -> Iterator[Used]:
    """That host."""
    token = json.loads((drop_folder.root.parent / "pairing.json").read_text("utf-8"))["token"]
    with used_host(drop_folder, token) as found:
        yield found


def test_every_column_is_one_that_was_thought_about(drop_folder: DropFolder) -> None:
    """No address, no browser, no login, no count, no time: a new column fails here until somebody says so."""
    with sqlite3.connect(drop_folder.database) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} for table in tables}
    connection.close()
    assert found == COLUMNS


def test_what_is_left_of_a_source(used: Used) -> None:
    """How to find it, the public half of its reply key, where its report stands; and days of forms and deliveries."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    ((lookup_id, address, reply_key, status, day, fetched, memo, pepper, carried),) = rows(used.folder, "sources")
    assert lookup_id == used.lookup_id
    assert isinstance(reply_key, bytes)
    assert address == reply_address(reply_key)
    assert status == Status.COLLECTED.value
    assert day == today
    assert fetched
    assert isinstance(memo, bytes)
    assert pepper == 0
    assert isinstance(carried, bytes)
    for table in ("submissions", "parts", "replies", "reply_files", "notices", "sessions", "erasing"):
        assert rows(used.folder, table) == [], table
    for _form, _content, sent_day in rows(used.folder, "sent_forms"):
        assert sent_day == today
    # Two forms and one delivery with its reply, linked to nobody.
    assert (len(rows(used.folder, "sent_forms")), len(rows(used.folder, "deliveries"))) == (2, 2)
    assert [path for path in used.folder.blobs.rglob("*") if path.is_file()] == []


def every_row(folder: DropFolder) -> dict[str, list[tuple[object, ...]]]:
    """All that stands in the database, by table."""
    return {table: rows(folder, table) for table in COLUMNS}


def test_no_value_is_a_time_or_an_address(site_url: str, drop_folder: DropFolder) -> None:
    """While reports, replies and sessions are there: no number is near now in any unit, no text is more than a day."""
    source = SourceClient(site_url)
    codename = source.take_codename()
    source.report("hello", codename=codename, files=[SentFile.of("a.bin", bytes(90_000))])
    give_reply(drop_folder, codename, "Thank you for this.")
    source.come_back(codename)
    source.close()
    found = every_row(drop_folder)
    assert all(found[table] for table in COLUMNS.keys() - {"notices", "erasing", "reply_files", "reply_files_erasing"})
    for table, value in ((table, value) for table, found_rows in found.items() for row in found_rows for value in row):
        if isinstance(value, int | float):
            assert all(abs(value / unit - time.time()) > MONTH_SECONDS for unit in (1, 1e3, 1e6, 1e9)), (table, value)
        if isinstance(value, str):
            assert not TIME_OR_ADDRESS.search(value), (table, value)


def test_coming_back_counts_nobody(site_url: str, drop_folder: DropFolder) -> None:
    """Three visits change no row: only that there are sessions tells of them, and those go."""
    source = SourceClient(site_url)
    codename = source.take_codename()
    source.report("hello", codename=codename)
    before = every_row(drop_folder)
    for _visit in range(3):
        source.come_back(codename)
        source.get("/inbox")
        source.post("/leave", {})
    source.close()
    after = every_row(drop_folder)
    assert {table: found for table, found in after.items() if table != "sessions" and found != before[table]} == {}
    assert after["sessions"] == []


def test_only_what_is_named_here_lies_in_the_folder(used: Used) -> None:
    """The database with its log and index, what `init` made, the lock, the ballast; and no blob any more."""
    found = {str(path.relative_to(used.folder.root)) for path in used.folder.root.rglob("*")}
    made = {"pepper", "intake-key.asc", "door-token.sha256", "ballast", ".site.lock", "blobs", "reply-files"}
    folders = {f"{kind}/{name}" for kind in ("blobs", "reply-files") for name in ("incoming", "held", "sealed")}
    assert found <= {*made, *folders, *(f"drop.sqlite{end}" for end in ("", "-wal", "-shm"))}


def test_nothing_that_was_erased_is_left_in_the_files(used: Used) -> None:
    """Not in a free page, not in the write-ahead log: the raw bytes, while the host still runs."""
    found = raw_bytes(used.folder)
    assert used.lookup_id in found  # what is kept is seen, so that what is gone would be
    assert [name for name, needle in used.gone.items() if needle in found] == []
    assert [name for name, trace in traces_of(used.codename).items() if trace in found] == []


def test_no_file_tells_the_time_of_a_visit(used: Used) -> None:
    """The times of every file and folder the site writes to are flattened: to 1970, or to midnight."""
    midnight = int(time.time()) // DAY_SECONDS * DAY_SECONDS
    written = [used.folder.database, *used.folder.root.glob("drop.sqlite-*"), *used.folder.blobs.rglob("*")]
    assert {path.stat().st_mtime for path in written} <= {0, midnight, midnight - DAY_SECONDS}


def test_the_key_that_gpg_reads_does_not_tell_when(drop_folder: DropFolder) -> None:
    """Reading gives a file a time too: the housekeeper takes it from the one file that is read for every report."""
    with observed_site(drop_folder.root) as site:
        source = SourceClient(site.url)
        source.report("hello", codename=None)
        source.close()
        eventually(lambda: drop_folder.intake_key.stat().st_atime, 0)


def test_file_names_are_random(source: SourceClient, drop_folder: DropFolder) -> None:
    """They hold neither a name, nor a number that grows, nor a day."""
    source.report("hello", codename=None, files=[SentFile.of("my-own-name.pdf", b"x")])
    names = [path.name for path in drop_folder.blobs.rglob("*") if path.is_file()]
    assert len(names) == 2
    assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in names)
