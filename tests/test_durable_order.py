"""Durable before it is said: the order of system calls of the real processes, from the file to the answer.

Drop any of these calls, or move it, and a power cut loses what somebody was told had arrived.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import DropFolder, OpenDrop
from store.folder import write_private_file
from tests.courier.ground import TOKEN, DeskGround, DropGround, make_desk_ground
from tests.drop_contents import rows
from tests.observed_site import observed_door, observed_site
from tests.source_site import running_door
from tests.system_calls import Call, only, read_trace, under_strace

SYNC = ("fsync", "fdatasync")
ERASE = ("unlink", "unlinkat")
COMMANDS = Path(sys.executable).parent


def in_order(*steps: Call) -> None:
    """Each call has ended before the next one begins."""
    for before, after in pairwise(steps):
        assert before.ended < after.begun, (before, after)


def first(calls: Sequence[Call], names: Sequence[str], told: str) -> Call:
    """The first such call; there must be one."""
    return next(only(calls, names, told))


def since(calls: Sequence[Call], before: Call) -> list[Call]:
    """The calls that begin after one has ended."""
    return [call for call in calls if call.begun > before.ended]


def until(calls: Sequence[Call], after: Call) -> list[Call]:
    """The calls that have ended before one begins."""
    return [call for call in calls if call.ended < after.begun]


def log_of(database: Path) -> str:
    """How a trace shows the write-ahead log of a database."""
    return f"<{database}-wal>"


def check_committed(calls: Sequence[Call], database: Path, after: Call, before: Call) -> Call:
    """All that was written to the log between two calls was begun after the one and is durable before the other.

    Returns the sync that made it so.
    """
    between = until(since(calls, after), before)
    written = list(only(between, ("pwrite64", "write"), log_of(database)))
    assert written, "nothing was committed"
    synced = first(since(calls, written[-1]), SYNC, log_of(database))
    in_order(written[-1], synced, before)
    return synced


def last_answer(calls: Sequence[Call]) -> Call:
    """The first bytes of the last answer."""
    return list(only(calls, ("sendto", "sendmsg", "write"), '"HTTP/1.1 '))[-1]


def test_a_submission_is_durable_before_its_page_says_so(drop_folder: DropFolder, tmp_path: Path) -> None:
    """Each file: fsync, link, fsync of the folder; then one commit that names them, synced; then the answer."""
    trace = tmp_path / "trace"
    with observed_site(drop_folder.root, under=under_strace(trace)) as site:
        source = SourceClient(site.url)
        files = [SentFile.of("a.txt", b"a"), SentFile.of("b.bin", bytes(300_000))]
        assert source.report("words", codename=None, files=files).status == 200
        source.close()
    calls = read_trace(trace)
    answer = last_answer(calls)
    blobs = [str(row[0]) for row in rows(drop_folder, "parts")]
    assert len(blobs) == 3
    links = [first(calls, ("link", "linkat"), f"/sealed/{blob}") for blob in blobs]
    for blob, link in zip(blobs, links, strict=True):
        last_byte = list(only(calls, ("write",), f"/incoming/{blob}>"))[-1]
        in_order(last_byte, first(calls, SYNC, f"/incoming/{blob}>"), link)
    last_link = max(links, key=lambda link: link.ended)
    for folder in ("incoming", "sealed"):
        in_order(last_link, first(since(calls, last_link), SYNC, f"<{drop_folder.blobs / folder}>"), answer)
    named = first(since(calls, last_link), SYNC, f"<{drop_folder.blobs / 'sealed'}>")
    first_link = min(links, key=lambda link: link.begun)
    early = until(since(calls, first(calls, ("write",), f"/incoming/{blobs[0]}>")), named)
    assert list(only(early, ("pwrite64", "write"), log_of(drop_folder.database))) == [], "a row before its file"
    committed = check_committed(calls, drop_folder.database, named, answer)
    for blob in blobs:
        in_order(first_link, committed, first(since(calls, first_link), ERASE, f"/{blob}"))


def test_a_held_file_is_durable_before_its_page_says_so(drop_folder: DropFolder, tmp_path: Path) -> None:
    """A page says that files are here after: fsync of the file, its new name, fsync of the folder of held files."""
    trace = tmp_path / "trace"
    with observed_site(drop_folder.root, under=under_strace(trace)) as site:
        source = SourceClient(site.url)
        refused = source.report("", codename=None, files=[SentFile.of("a.txt", b"a")])
        assert refused.status == 422
        source.close()
    calls = read_trace(trace)
    [held] = (drop_folder.blobs / "held").iterdir()
    renamed = first(calls, ("rename", "renameat", "renameat2"), f"/held/{held.name}")
    in_order(
        first(calls, SYNC, f"/incoming/{held.name}>"),
        renamed,
        first(since(calls, renamed), SYNC, f"<{held.parent}>"),
        last_answer(calls),
    )


@pytest.fixture
def ground(drop: OpenDrop) -> DropGround:
    """A source host with something to collect, whose token the desks of these tests know."""
    write_private_file(drop.folder.door_token, sha256(TOKEN.encode()).hexdigest().encode())
    ground = DropGround(drop.folder.root, drop.database, drop.blobs)
    ground.submit(b"letter", b"file")
    return ground


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskGround]:
    """An empty reviewer host."""
    made = make_desk_ground(tmp_path / "desk")
    yield made
    made.database.close()


def collect(desk: DeskGround, door_url: str, under: Sequence[str] = ()) -> None:
    """Run the courier, once."""
    desk.pair_with(door_url)
    command = [*under, str(COMMANDS / "candour-desk"), "collect", "--data", str(desk.folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_what_is_collected_is_durable_before_it_is_confirmed(
    ground: DropGround, desk: DeskGround, tmp_path: Path
) -> None:
    """On the reviewer host too: files, folder, commit, and only then does the courier let the source host erase."""
    trace = tmp_path / "trace"
    with running_door(ground.folder) as url:
        collect(desk, url, under_strace(trace))
    calls = read_trace(trace)
    confirmed = first(calls, ("sendto", "sendmsg", "write"), '"POST /v1/confirm')
    blobs = desk.post.published()
    assert len(blobs) == 2
    links = [first(calls, ("link", "linkat"), f"/sealed/{blob}") for blob in blobs]
    for blob, link in zip(blobs, links, strict=True):
        in_order(first(calls, SYNC, f"/incoming/{blob}>"), link)
    last_link = max(links, key=lambda link: link.ended)
    named = first(since(calls, last_link), SYNC, f"<{desk.folder / 'post' / 'sealed'}>")
    committed = check_committed(calls, desk.folder / "desk.sqlite", named, confirmed)
    for blob in blobs:
        in_order(committed, first(since(calls, last_link), ERASE, f"/{blob}"))


def test_files_go_after_their_rows_and_before_the_note_that_they_must(
    ground: DropGround, desk: DeskGround, tmp_path: Path
) -> None:
    """Confirmed: rows away and the note written, synced; files unlinked, folder synced; the note away, synced."""
    trace = tmp_path / "trace"
    blobs = ground.blobs.published()
    database = ground.folder / "drop.sqlite"
    with observed_door(ground.folder, under=under_strace(trace)) as url:
        collect(desk, url)
    calls = read_trace(trace)
    erased = [first(calls, ERASE, f"/sealed/{blob}") for blob in blobs]
    first_gone = min(erased, key=lambda call: call.begun)
    last_gone = max(erased, key=lambda call: call.ended)
    noted = list(only(until(calls, first_gone), ("pwrite64", "write"), log_of(database)))[-1]
    in_order(noted, first(since(calls, noted), SYNC, log_of(database)), first_gone)
    folder = first(since(calls, last_gone), SYNC, f"<{ground.folder / 'blobs' / 'sealed'}>")
    answered = first(since(calls, last_gone), ("sendto", "sendmsg", "write"), '"HTTP/1.1 200')
    check_committed(calls, database, folder, answered)
    early = until(since(calls, first_gone), folder)
    assert list(only(early, ("pwrite64", "write"), log_of(database))) == [], "the note went before the files"
