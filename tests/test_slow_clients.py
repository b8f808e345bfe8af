"""Slow, silent and many: whoever holds connections open holds up nobody else, and whoever is honest is not cut.

The real site; the tests drive the trickle themselves and wait for nothing but answers.
"""

import random
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from bench.slow_upload import SlowUpload
from bench.source_client import SentFile, SourceClient
from keys.codename import Codename
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.host_check import check_host
from tests.conftest import IntakeSecret
from tests.drop_contents import letters
from tests.source_site import running_site, running_site_process

SLOW = 200
CONTENT = random.Random(9).randbytes(600_000)  # a long form: more than a message can ever be
FIRST = 72_000  # bytes: more than the site reads at once, so that the file has begun
PATIENCE_SECONDS = 120


def gpg_running(pid: int) -> int:
    """How many gpg processes the site runs."""
    names = []
    for child in psutil.Process(pid).children(recursive=True):
        try:
            names.append(child.name())
        except psutil.NoSuchProcess:
            continue
    return names.count("gpg")


def wait_for_gpg(pid: int, count: int) -> None:
    """Wait until so many files are being sealed at once."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while gpg_running(pid) != count:
        assert time.monotonic() < deadline, f"{gpg_running(pid)} of {count} uploads are being read"
        time.sleep(0.05)


def walk_whole_road(url: str) -> None:
    """What a fast source does, to the end: read, report with a file, come back, write again, leave."""
    client = SourceClient(url)
    assert client.get("/").status == 200
    codename = client.take_codename()
    files = [SentFile.of("fast.bin", CONTENT)]
    assert client.report("fast words", codename=codename, files=files).status == 200
    client.close()
    again = SourceClient(url)
    inbox = again.come_back(codename)
    assert inbox.status == 200
    assert again.write_again(inbox, "more fast words").status == 303
    page = again.get("/inbox")
    assert again.post("/leave", {"csrf_token": page.hidden("csrf_token")}).status == 303
    again.close()


@contextmanager
def slow_uploads(url: str, count: int) -> Iterator[list[SlowUpload]]:
    """So many uploads that have begun, and stay open until the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(SlowUpload(url, CONTENT, f"slow {number}")) for number in range(count)]


@contextmanager
def held_connections(url: str, beginnings: Sequence[bytes]) -> Iterator[list[socket.socket]]:
    """A connection for each of these beginnings of a request, none of which ever goes on."""
    address = urlsplit(url)
    with ExitStack() as stack:
        held = []
        for beginning in beginnings:
            connection = socket.create_connection((address.hostname, address.port), timeout=PATIENCE_SECONDS)
            held.append(stack.enter_context(connection))
            connection.sendall(beginning)
        yield held


def cut(connections: list[socket.socket]) -> int:
    """How many of them the site has answered or closed by now."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLIN)
    return len(poll.poll(0))


def test_two_hundred_slow_uploads_hold_up_nobody_and_arrive_whole(
    drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """While 200 files are being sent, a fast source walks the whole road; then slow ones finish, and are whole."""
    with running_site_process(drop_folder.root) as site, slow_uploads(site.url, SLOW) as uploads:
        for upload in uploads:
            upload.send(FIRST)
        wait_for_gpg(site.pid, SLOW)
        walk_whole_road(site.url)
        for upload in uploads:
            upload.send(2_000)
        walk_whole_road(site.url)
        assert gpg_running(site.pid) == SLOW
        assert [upload.finish() for upload in uploads[::20]] == [200] * 10
    found = letters(drop_folder, intake_secret)
    assert sorted(letter.message for letter in found if letter.message.startswith("slow")) == sorted(
        f"slow {number}" for number in range(0, SLOW, 20)
    )
    sizes = {record.size for letter in found for record in letter.attachments}
    assert sizes == {len(CONTENT)}
    assert [finding.sentence for finding in check_host(drop_folder.root) if not finding.sound] == []


BEGINNINGS = {
    "nothing": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "half a small form": b"POST /return HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\ncodename=",
    "half a text": (
        b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
    ),
}


@pytest.fixture(scope="module")
def few_threads(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[str]:
    """A site with sixty threads, for all that begin and do not go on: at the end of a test they have hung up."""
    root = tmp_path_factory.mktemp("few")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    with running_site(root / "drop", threads=60, long_forms_at_once=4, short_forms_at_once=4) as url:
        yield url


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_connections_that_do_not_go_on_hold_no_thread(few_threads: str, beginning: bytes) -> None:
    """Ten times as many as there are threads, and a source walks the whole road before any of them is cut."""
    with held_connections(few_threads, [beginning] * 400) as held:
        walk_whole_road(few_threads)
        assert cut(held) == 0


def test_a_trickled_body_that_is_long_is_cut_and_an_honest_one_is_not(
    drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Of two uploads, the one that brings a few bytes a second is broken off; the other goes on, and ends."""
    with (
        running_site(drop_folder.root, least_bytes_per_second=500, pace_window_seconds=1) as url,
        SlowUpload(url, CONTENT, "trickled") as trickled,
        SlowUpload(url, CONTENT, "honest") as honest,
    ):
        for upload in (trickled, honest):
            upload.send(FIRST)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not cut([trickled.connection]):
            assert time.monotonic() < deadline
            trickled.send(1)
            honest.send(2_000)
            select.select([trickled.connection], [], [], 0.1)
        # The first window is over for both.
        assert cut([honest.connection]) == 0
        assert honest.finish() == 200
    (letter,) = letters(drop_folder, intake_secret)
    assert letter.message == "honest"
    assert [record.size for record in letter.attachments] == [len(CONTENT)]
    assert [finding.sentence for finding in check_host(drop_folder.root) if not finding.sound] == []


def test_a_trickled_small_form_is_cut(drop_folder: DropFolder) -> None:
    """A codename that comes byte by byte, far below the least pace, is broken off too."""
    with (
        running_site(drop_folder.root, least_bytes_per_second=500, pace_window_seconds=1) as url,
        held_connections(url, [BEGINNINGS["half a small form"]]) as held,
    ):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not cut(held):
            assert time.monotonic() < deadline
            held[0].sendall(b"x")
            select.select(held, [], [], 0.1)


def test_when_all_places_for_files_are_taken_words_still_come_in(
    drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """The next upload is told at once that the site is busy; a report of words is taken; a freed place can be had."""
    with (
        running_site_process(drop_folder.root, threads=60, long_forms_at_once=2, short_forms_at_once=2) as site,
        slow_uploads(site.url, 2) as uploads,
    ):
        for upload in uploads:
            upload.send(FIRST)
        wait_for_gpg(site.pid, 2)
        client = SourceClient(site.url)
        busy = client.report("late", codename=None, files=[SentFile.of("late.bin", CONTENT)])
        assert busy.status == 503
        assert "What you wrote is not lost" in busy.text
        assert client.report("only words", codename=client.take_codename()).status == 200
        assert uploads[0].finish() == 200
        assert client.report("late", codename=None, files=[SentFile.of("late.bin", CONTENT)]).status == 200
        client.close()
    assert {letter.message for letter in letters(drop_folder, intake_secret)} == {"slow 0", "only words", "late"}


def test_a_crowd_of_codenames_is_told_busy_with_what_was_typed(drop_folder: DropFolder) -> None:
    """More codenames at once than may wait: some are told to try again at once, and find their words on the page."""
    with running_site(drop_folder.root, derivations_at_once=1, derivations_waiting=1) as url:
        typed = Codename.draw().reveal()
        busy: list[str] = []
        statuses: set[int] = set()

        def ask() -> None:
            client = SourceClient(url)
            while not busy:
                answer = client.come_back(typed)
                statuses.add(answer.status)
                if answer.status == 503:
                    busy.append(answer.text)
            client.close()

        askers = [threading.Thread(target=ask) for _asker in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(PATIENCE_SECONDS)
        assert statuses <= {404, 503}
        assert "try again in a m" in busy[0]
        assert "Nothing is lost" in busy[0]
        assert f"{typed}</textarea>" in busy[0]
        after = SourceClient(url)
        assert after.come_back(typed).status == 404
        after.close()
