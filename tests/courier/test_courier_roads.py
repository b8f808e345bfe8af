"""Several roads at once: what they gain, and that neither a broken one nor a signal leaves anything half done."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from journalist_interface.courier import Courier
from journalist_interface.courier_sight import Sight
from journalist_interface.door_client import DoorClient
from journalist_interface.timed_connection import Deadline, timed
from tests.courier.ground import TODAY, TOKEN, Asked, DeskGround, DropGround, RawDoor, Watching, http, run
from tests.courier.test_courier_death import Death

CHECKOUT = Path(__file__).resolve().parents[2]
SUBMISSION, LETTER = "c3" * 16, b"a sealed letter"
FILES = {f"{n:02x}" * 16: bytes([n]) * 300_000 for n in range(1, 9)}
LETTER_ID = "a1" * 16
PATIENCE_SECONDS = 20


@dataclass
class ManyRoads(RawDoor):
    """A door that serves each connection in a thread of its own."""

    threads: list[threading.Thread] = field(default_factory=list)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _address = listening.accept()
                self.threads.append(threading.Thread(target=self._serve_one, args=(connection,)))
                self.threads[-1].start()
        for thread in self.threads:
            thread.join()

    def _serve_one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(connection)


def listed(name: str, kind: str, sealed: bytes) -> dict[str, object]:
    """Spell a part as a door does."""
    return {"blob": name, "kind": kind, "size": len(sealed), "sha256": sha256(sealed).hexdigest()}


def door_with(blob: Callable[[str, Asked], Iterable[bytes]]) -> Callable[[Asked], Iterable[bytes]]:
    """Answer as a door does that holds one submission of eight files; `blob` answers for each file."""

    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.path.startswith("/v1/waiting"):
            parts = [listed(LETTER_ID, "letter", LETTER), *(listed(n, "attachment", b) for n, b in FILES.items())]
            one = {"id": SUBMISSION, "day": TODAY, "parts": parts}
            return http(json.dumps({"candour_door": 1, "submissions": [one], "notices": [], "more": False}).encode())
        if asked.path == f"/v1/blobs/{LETTER_ID}":
            return http(LETTER, kind="application/octet-stream")
        if asked.path.startswith("/v1/blobs/"):
            return blob(asked.path.removeprefix("/v1/blobs/"), asked)
        if asked.path == "/v1/health":
            return http(b'{"error":"not found"}', status="404 Not Found")
        if asked.path == "/v1/room":
            return http(b'{"candour_door":1,"room":"files and text"}')
        return http(json.dumps({"candour_door": 1, "submissions": [{"id": SUBMISSION, "answer": "erased"}]}).encode())

    return answer


@pytest.mark.parametrize("roads", [1, 2, 4])
def test_as_many_files_are_on_the_way_at_once_as_there_are_roads(desk: DeskGround, roads: int) -> None:
    """Each waits at the door until all the others are there too: with fewer, nobody would ever go on."""
    together = threading.Barrier(roads)
    lock, now, most = threading.Lock(), [0], [0]

    def blob(name: str, _asked: Asked) -> Iterator[bytes]:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait(PATIENCE_SECONDS)
        with lock:
            now[0] -= 1
        yield from http(FILES[name], kind="application/octet-stream")

    with ManyRoads(door_with(blob)).serving() as url:
        door = DoorClient(url, TOKEN)
        report = Courier(desk.database, desk.post, desk.outgoing, door, Watching(), roads).run()
        door.close()
    assert report.problems == []
    assert most == [roads]
    assert desk.files() == {LETTER_ID: LETTER, **FILES}


def test_a_file_that_is_refused_ends_the_others_at_once(desk: DeskGround) -> None:
    """Three roads have gone silent; nobody waits a minute for them when the fourth has brought a lie."""
    over = threading.Event()
    liar = min(FILES)

    def blob(name: str, _asked: Asked) -> Iterator[bytes]:
        if name == liar:
            yield from http(b"x" * 300_000, kind="application/octet-stream")
        over.wait()

    with ManyRoads(door_with(blob)).serving() as url:
        began = time.monotonic()
        report = run(desk, DoorClient(url, TOKEN))
        over.set()
    assert time.monotonic() - began < PATIENCE_SECONDS
    assert "another SHA-256" in report.sentence()
    assert (report.stored, desk.files(), list((desk.folder / "post" / "incoming").iterdir())) == (0, {}, [])


@pytest.mark.parametrize("which", [signal.SIGINT, signal.SIGTERM])
def test_whoever_stops_it_stops_all_roads(desk: DeskGround, which: signal.Signals) -> None:
    """Four silent roads: the process ends at once, says that nothing is lost, and leaves nothing behind."""
    over, all_there = threading.Event(), threading.Barrier(5)

    def blob(_name: str, _asked: Asked) -> Iterator[bytes]:
        all_there.wait(PATIENCE_SECONDS)
        over.wait()
        yield b""

    with ManyRoads(door_with(blob)).serving() as url:
        desk.pair_with(url)
        code = "from journalist_interface.courier_commands import collect; collect()"
        with subprocess.Popen(
            [sys.executable, "-c", code, "--data", str(desk.folder)], cwd=CHECKOUT, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                all_there.wait(PATIENCE_SECONDS)
                process.send_signal(which)
                assert process.wait(timeout=5) == 1
                assert process.stderr is not None
                assert process.stderr.read() == "Error: Stopped before the end. Nothing is lost.\n"
            finally:
                over.set()
                process.kill()
    assert (desk.files(), list((desk.folder / "post" / "incoming").iterdir())) == ({}, [])


def test_dying_on_one_of_four_roads_loses_nothing(drop: DropGround, desk: DeskGround, url: str) -> None:
    """The process is gone in the middle of a file; the next run brings all of it, once."""
    drop.submit(b"letter", *FILES.values())

    class Dying(Watching):
        def bytes_came(self, came: int, size: int) -> None:
            super().bytes_came(came, size)
            if came > 700_000:
                raise Death

    with closing(DoorClient(url, TOKEN)) as door, pytest.raises(Death):
        Courier(desk.database, desk.post, desk.outgoing, door, Dying()).run()
    assert (desk.files(), desk.count("parcels"), drop.count("submissions")) == ({}, 0, 1)
    assert run(desk, DoorClient(url, TOKEN)).stored == 1
    assert sorted(desk.files().values()) == sorted([b"letter", *FILES.values()])


def test_the_roads_of_a_submission_that_failed_carry_the_next(drop: DropGround, desk: DeskGround, url: str) -> None:
    """What was cut for one is whole again for another."""
    bad = drop.submit(b"letter", *FILES.values())
    (drop.folder / "blobs" / "sealed" / bad.attachments[0].id).write_bytes(b"x" * 300_000)
    for _each in range(2):
        drop.submit(b"letter", *FILES.values())
    report = run(desk, DoorClient(url, TOKEN))
    assert (report.stored, len(report.problems)) == (2, 1)


def test_a_watcher_hears_one_road_at_a_time_and_a_number_that_only_grows() -> None:
    """Whatever the roads do: a watcher may write to a terminal, or to a database."""
    others_wait, overlapped = threading.Barrier(2), threading.Event()
    heard: list[int] = []

    class Careful(Watching):
        def bytes_came(self, came: int, size: int) -> None:
            assert came <= size
            heard.append(came)
            # Were another road let in, it would meet this one here.
            with suppress(threading.BrokenBarrierError):
                others_wait.wait(0.5)
                overlapped.set()

    sight = Sight(Careful(), 4_000)
    threads = [threading.Thread(target=sight.came, args=(blob, 1_000)) for blob in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not overlapped.is_set()
    assert heard == [1_000, 2_000, 3_000, 4_000]


def peak_of(desk: DeskGround, url: str) -> int:
    """Collect in a process of its own; return the most memory it held, in kB."""
    desk.pair_with(url)
    code = (
        "import re\nfrom journalist_interface.courier_commands import collect\n"
        "try:\n    collect()\nfinally:\n"
        "    print(re.search('VmHWM:.*', open('/proc/self/status').read()).group())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--data", str(desk.folder)], cwd=CHECKOUT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    found = re.search(r"VmHWM:\s+([0-9]+) kB", done.stdout)
    assert found, done.stdout
    return int(found[1])


def test_four_large_files_at_once_need_no_more_memory_than_small_ones(
    drop: DropGround, desk: DeskGround, url: str
) -> None:
    """Pieces are written as they come, on every road."""
    peaks = []
    for size in (70_000, 40_000_000):
        drop.submit(b"letter", *[bytes(size)] * 4)
        peaks.append(peak_of(desk, url))
    small, large = peaks
    assert large - small < 12_000


def test_a_road_that_is_cut_while_it_opens_leaves_no_socket_open() -> None:
    """Whoever stops four roads at once stops some of them there."""
    deadline = Deadline(1, 1)
    deadline.start(1)
    deadline.cut()
    ours, theirs = socket.socketpair()
    with theirs:
        with pytest.raises(TimeoutError):
            timed(ours, deadline)
        theirs.settimeout(PATIENCE_SECONDS)
        assert theirs.recv(1) == b""
