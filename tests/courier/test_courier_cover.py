"""Cover: what an observer of the reviewer host's line can count is the same whether something waits or not."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from journalist_interface.courier_cover import Cover, Exchange
from journalist_interface.courier_duty import Duty
from journalist_interface.courier_errors import DoorDistrusted
from journalist_interface.courier_pace import Pace
from journalist_interface.courier_plan import LEAST_BYTES, Plan
from journalist_interface.courier_report import Report
from journalist_interface.door_client import DoorClient, Manner
from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from store.blobs import new_blob_id
from store.desk.outbox import add_reply
from store.drop.inbox import mark_read
from tests.conftest import IntakeSecret
from tests.courier.ground import (
    TOKEN,
    Asked,
    DeskGround,
    DropGround,
    RawDoor,
    Watching,
    http,
    make_desk_ground,
    make_real_drop,
    new_source,
    post_reply,
    run,
)
from tests.courier.stand_in_tor import StandInTor, own_socks, pair_through
from tests.source_ground import today
from tests.source_site import running_door

UNIT = 2_048  # bytes: heads differ by a few dozen, which an observer of Tor's cells of 514 bytes may see or not
QUICK = Plan(at_most=0)
BARE = Plan(least=0, at_most=0)


@dataclass(frozen=True)
class Host:
    """A source host and the address of its running door: one for this file, for every run leaves it without post."""

    drop: DropGround
    url: str


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[Host]:
    """The host of this file."""
    with (
        closing(make_real_drop(tmp_path_factory.mktemp("host"), intake_secret)) as drop,
        running_door(drop.folder) as url,
    ):
        yield Host(drop, url)


@pytest.fixture(autouse=True)
def _nothing_is_left_there(host: Host) -> Iterator[None]:
    """What one test left behind would be in the next one's count."""
    yield
    assert host.drop.count("submissions") == host.drop.count("notices") == 0


def letter(host: Host, _desk: DeskGround) -> None:
    """One letter waits."""
    host.drop.submit(bytes(4_600), source=new_source())


def three_letters(host: Host, _desk: DeskGround) -> None:
    """Three letters wait, one of them long."""
    for size in (4_600, 4_600, 40_000):
        host.drop.submit(bytes(size), source=new_source())


def letter_and_reply(host: Host, desk: DeskGround) -> None:
    """One letter waits there, a reply here."""
    source = new_source()
    host.drop.submit(bytes(4_600), source=source)
    post_reply(desk, source, new_blob_id(), day=today())


def reply_alone(host: Host, desk: DeskGround) -> None:
    """A reply waits here; its source is known there."""
    source = new_source()
    host.drop.submit(bytes(4_600), source=source)
    assert run(desk, DoorClient(host.url, TOKEN)).stored == 1
    post_reply(desk, source, new_blob_id(), day=today())


def reply_read(host: Host, desk: DeskGround) -> None:
    """A source has read its reply, and nothing else has happened."""
    source, reply = new_source(), new_blob_id()
    host.drop.submit(bytes(4_600), source=source)
    post_reply(desk, source, reply, day=today())
    assert run(desk, DoorClient(host.url, TOKEN)).stored == 1
    # The reply went before the source was collected.
    assert run(desk, DoorClient(host.url, TOKEN)).problems == []
    mark_read(host.drop.database, source.lookup_id, (reply,))
    assert host.drop.count("notices") == 1


SCENES = {
    "one letter waits": letter,
    "three letters wait": three_letters,
    "a letter waits there and a reply here": letter_and_reply,
    "a reply waits here": reply_alone,
    "a source has read a reply": reply_read,
}


def on_the_line(host: Host, desk: DeskGround, plan: Plan) -> tuple[list[tuple[int, int]], Report]:
    """Make a run through the stand-in for Tor; return what an observer counts, in order, and the report."""
    tor = StandInTor(host.url)
    with tor.serving(own_socks(desk)):
        pair_through(desk)
        with closing(Duty(desk.folder, Watching(), plan)) as duty:
            report = duty.run()
    assert report.problems == []
    return [(round(up / UNIT), round(down / UNIT)) for up, down in tor.in_order()], report


def seen_of_nothing(host: Host, folder: Path, plan: Plan) -> list[tuple[int, int]]:
    """What is seen on the line when nothing waits, here or there."""
    with closing(make_desk_ground(folder)) as desk:
        seen, report = on_the_line(host, desk, plan)
    assert report.is_quiet
    return seen


@pytest.fixture(scope="module")
def of_nothing(host: Host, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, int]]:
    """What is seen on the line when nothing waits."""
    return seen_of_nothing(host, tmp_path_factory.mktemp("nothing") / "desk", QUICK)


@pytest.fixture(scope="module")
def of_nothing_uncovered(host: Host, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, int]]:
    """The same without padding."""
    return seen_of_nothing(host, tmp_path_factory.mktemp("nothing") / "desk", BARE)


@pytest.mark.parametrize("scene", SCENES)
def test_a_run_looks_the_same_whatever_waits(
    host: Host, desk: DeskGround, of_nothing: list[tuple[int, int]], scene: str
) -> None:
    """The same number of exchanges, of the same sizes, up and down, in the same order."""
    SCENES[scene](host, desk)
    seen, report = on_the_line(host, desk, QUICK)
    assert report.stored or report.delivered or scene == "a source has read a reply"
    assert seen == of_nothing
    assert sum(down for _up, down in seen) * UNIT >= LEAST_BYTES


@pytest.mark.parametrize("scene", SCENES)
def test_without_padding_the_same_line_tells(
    host: Host, desk: DeskGround, of_nothing_uncovered: list[tuple[int, int]], scene: str
) -> None:
    """The test above can fail: uncovered, each of these is seen."""
    SCENES[scene](host, desk)
    seen, _report = on_the_line(host, desk, BARE)
    assert seen != of_nothing_uncovered


def test_a_photograph_weighs_what_nothing_weighs(
    host: Host, desk: DeskGround, of_nothing: list[tuple[int, int]]
) -> None:
    """A file that fits the least class takes the place of padding, piece for piece; only the order may differ."""
    host.drop.submit(bytes(4_600), bytes(1_400_000), bytes(70_000))
    seen, report = on_the_line(host, desk, QUICK)
    assert report.stored == 1
    assert Counter(seen) == Counter(of_nothing)


def test_beyond_the_least_class_there_is_the_next(host: Host, desk: DeskGround) -> None:
    """Three and four megabytes look alike; that it was more than two is seen, and said in the threat model."""
    found = []
    for size in (2_700_000, 4_000_000):
        host.drop.submit(bytes(4_600), bytes(size))
        found.append(Counter(on_the_line(host, desk, QUICK)[0]))
    assert found[0] == found[1]


def test_the_blobs_of_a_covered_run_are_what_was_sent(host: Host, desk: DeskGround) -> None:
    """Padding is taken off again, at every boundary of a piece."""
    piece = Exchange.PIECE.size
    sent = [bytes([n]) * size for n, size in enumerate((1, 65_536, 65_537, piece - 1, piece, piece + 1, 3 * piece))]
    host.drop.submit(b"letter", *sent)
    _seen, report = on_the_line(host, desk, QUICK)
    assert report.stored == 1
    assert sorted(desk.files().values()) == sorted([b"letter", *sent])


def test_a_door_from_before_is_no_error_and_is_told_of(desk: DeskGround) -> None:
    """It answers 404 to padding and takes spaces for what they are; collecting goes on, and people are told once."""
    raw = RawDoor(old_door)
    with raw.serving() as url:
        report = run(desk, DoorClient(url, TOKEN, manner=Manner(Cover(LEAST_BYTES), Pace())))
    assert report.problems == []
    assert report.cover_warning is not None
    assert "older version" in report.cover_warning
    assert [asked.path for asked in raw.asked] == ["/v1/padding", "/v1/waiting?limit=100", "/v1/room", "/v1/health"]


def old_door(asked: Asked) -> Iterable[bytes]:
    """Answer as a door did that knew no padding and had nothing."""
    if asked.path.startswith("/v1/waiting"):
        return http(json.dumps({"candour_door": 1, "submissions": [], "notices": [], "more": False}).encode())
    return http(b'{"error":"not found"}', status="404 Not Found")


LIES = {
    "more padding than was asked for": (b"letter" + bytes(70_000), "70000"),
    "padding that is no number": (b"letter", "many"),
    "less than nothing": (b"letter", "-1"),
    "a length that does not fit": (b"letter", "7"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_door_that_lies_about_padding_is_not_believed(lie: str) -> None:
    """Nothing of the answer is taken."""
    body, padding = LIES[lie]
    with (
        RawDoor(lambda _asked: http(body, kind="application/octet-stream", Candour_Padding=padding)).serving() as url,
        closing(DoorClient(url, TOKEN, manner=Manner(Cover(LEAST_BYTES), Pace()))) as door,
        pytest.raises(DoorDistrusted),
    ):
        door.fetch_blob("a" * 32, 6, BytesIO(), lambda _came: None)


def test_the_pace_holds_for_a_real_collection(host: Host, desk: DeskGround) -> None:
    """Two megabytes at 400 kB a second: the fourth piece is not asked for before three have had their time."""
    host.drop.submit(b"letter", bytes(2_000_000))
    with closing(DoorClient(host.url, TOKEN)) as first:
        first.room()  # it runs
    began = time.monotonic()
    assert run(desk, DoorClient(host.url, TOKEN, manner=Manner(Cover(), Pace(400_000)))).stored == 1
    assert time.monotonic() - began >= 3 * Exchange.PIECE.size / 400_000


# Bytes of a sealed file: each is two units of what is posted, the first with a unit less one byte to spare.
@pytest.mark.parametrize("size", [65_537, 65_900, 131_072])
def test_a_file_for_a_source_weighs_what_its_class_weighs(
    host: Host, desk: DeskGround, of_nothing: list[tuple[int, int]], size: int
) -> None:
    """With its reply it is three large posts, made up to four: to the unit, whatever is missing to the last one."""
    source, reply = new_source(), new_blob_id()
    host.drop.submit(bytes(4_600), source=source)
    assert run(desk, DoorClient(host.url, TOKEN)).stored == 1
    with desk.outgoing.draft() as draft:
        draft.file.write(bytes(size))
        blob = draft.seal_finished()
        desk.outgoing.publish([blob.id])
    desk.outgoing.settle([blob.id])
    desk.add_reply_item(reply)
    with desk.database.writing() as connection:
        add_reply(connection, reply_address(source.reply_key), today(), reply, Ciphertext(b"sealed reply"), [blob])
    seen, report = on_the_line(host, desk, QUICK)
    assert report.delivered
    assert (host.drop.folder / "reply-files" / "sealed" / blob.id).read_bytes() == bytes(size)
    heavier = sum(up for up, _down in seen) - sum(up for up, _down in of_nothing)
    assert heavier == 3 * Exchange.LARGE_POST.size // UNIT
