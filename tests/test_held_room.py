"""Files that wait for their forms: the heaviest gives way, never within a share; of what was sent nothing is known."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.source_client import SentFile
from serving.form_stream import TextFields
from source_interface.attachments import AttachmentReceiver
from source_interface.drop_folder import DropFolder, OpenDrop, open_drop
from source_interface.held_room import SHARES, HeldRoom
from source_interface.sent_form import mark_form
from source_interface.settings import Settings
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from store.blobs import BlobFolder
from store.drafts import Blob
from tests.conftest import IntakeSecret
from tests.drop_contents import letters
from tests.full_host import SETTINGS, small_host
from tests.small_disk import fill, needs_root
from tests.tor_site import running_tor_site

FLOOD, HEAVY, LIGHT = 7, 8, 9
SIZE = 1_000  # bytes of each blob


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty folder."""
    return BlobFolder(tmp_path / "blobs")


def hold(blobs: BlobFolder, room: HeldRoom, circuit: int | None, count: int = 1) -> list[str]:
    """Hold so many blobs that came on a circuit; their ids, the first first."""
    found = []
    for _blob in range(count):
        with blobs.draft() as draft:
            draft.file.write(os.urandom(SIZE))
            blob = draft.seal_finished()
            blobs.hold(blob.id)
        room.note(circuit, blob)
        found.append(blob.id)
    return found


def left(blobs: BlobFolder, blob_ids: list[str]) -> int:
    """How many of these are still held."""
    return sum(blobs.is_held(blob_id) for blob_id in blob_ids)


def test_nothing_gives_way_while_there_is_room(blobs: BlobFolder) -> None:
    """One circuit may have all of it, as long as nobody else wants it."""
    room = HeldRoom(blobs, 20 * SIZE)
    held = hold(blobs, room, FLOOD, 20)
    assert room.has_room()
    assert left(blobs, held) == 20


def test_the_oldest_of_the_heaviest_gives_way(blobs: BlobFolder) -> None:
    """One file for the one that is too much; of nobody else, though others are older and over their share too."""
    room = HeldRoom(blobs, 20 * SIZE)
    heavy = hold(blobs, room, HEAVY, 5)
    flood = hold(blobs, room, FLOOD, 16)
    assert room.has_room()
    assert (left(blobs, heavy), [blobs.is_held(blob_id) for blob_id in flood]) == (5, [False] + [True] * 15)


def test_what_is_within_a_share_never_gives_way(blobs: BlobFolder) -> None:
    """Ten circuits with a tenth each fill the room: nothing is erased, nothing more is taken."""
    room = HeldRoom(blobs, 20 * SIZE)
    held = [blob_id for circuit in range(SHARES) for blob_id in hold(blobs, room, circuit, 2)]
    hold(blobs, room, LIGHT + SHARES)
    assert not room.has_room()
    assert left(blobs, held) == 20


def test_nothing_is_erased_in_vain(blobs: BlobFolder) -> None:
    """If all that gives way is too little, it does not: the room would be as full, and somebody's file gone."""
    room = HeldRoom(blobs, 20 * SIZE)
    held = hold(blobs, room, FLOOD, 6)
    assert room.yielding_bytes() == 4 * SIZE
    assert not room.make_way(5 * SIZE)
    assert left(blobs, held) == 6
    assert room.make_way(4 * SIZE)
    assert left(blobs, held) == 2


def test_a_form_does_not_lose_its_own_files_to_its_next(blobs: BlobFolder) -> None:
    """What the form being read has brought is spared, and what waited before goes, though it is all one circuit's."""
    room = HeldRoom(blobs, 10 * SIZE)
    before = hold(blobs, room, FLOOD, 3)
    own = hold(blobs, room, FLOOD, 8)
    assert room.has_room(own)
    assert (left(blobs, before), left(blobs, own)) == (2, 8)
    assert not room.make_way(3 * SIZE, own)


@pytest.mark.parametrize("circuit", [None, "another process's"])
def test_what_came_from_nobody_knows_where_stays(blobs: BlobFolder, circuit: str | None) -> None:
    """Without Tor's numbers, and after a start of the site: as it was before there were shares."""
    room = HeldRoom(blobs, 5 * SIZE)
    held = hold(blobs, room if circuit is None else HeldRoom(blobs, 5 * SIZE), None if circuit is None else FLOOD, 6)
    assert not room.has_room()
    assert (left(blobs, held), room.yielding_bytes()) == (6, 0)


def test_what_is_being_published_is_let_alone(blobs: BlobFolder) -> None:
    """It has its second name already: it does not count as room either."""
    room = HeldRoom(blobs, 10 * SIZE)
    held = hold(blobs, room, FLOOD, 3)
    blobs.publish(held[:1])
    assert not room.make_way(2 * SIZE)
    assert blobs.is_held(held[0])
    assert blobs.present(held) == {held[0]}


def test_what_is_gone_does_not_count(blobs: BlobFolder) -> None:
    """Taken back, or too old: the circuit has that much less."""
    room = HeldRoom(blobs, 20 * SIZE)
    held = hold(blobs, room, FLOOD, 6)
    blobs.drop_held(held[:3])
    assert room.yielding_bytes() == SIZE
    blobs.drop_held(held)
    room.forget_gone()
    assert room._came == {}


def test_what_is_forgotten_gives_way_no_more(blobs: BlobFolder) -> None:
    """It belongs to a submission."""
    room = HeldRoom(blobs, 20 * SIZE)
    held = hold(blobs, room, FLOOD, 6)
    room.forget(held[:3])
    assert room.yielding_bytes() == SIZE
    room.forget(held)
    assert room._came == {}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4_000)), max_size=40), st.integers(1, 60_000), st.data())
def test_whoever_gives_way_keeps_a_share(held: list[tuple[int, int]], wanted: int, data: st.DataObject) -> None:
    """Whatever is held: enough goes or nothing, never one within its share, and no lighter circuit before a heavier."""
    room = HeldRoom(_Nowhere(), 20_000)
    for place, (circuit, size) in enumerate(held):
        room.note(circuit, Blob(f"{place:032x}", size, ""))
    spare = {f"{place:032x}" for place in data.draw(st.sets(st.integers(0, 39), max_size=3))}
    before = {circuit: sum(sizes.values()) for circuit, sizes in room._came.items()}
    gone = room._give_way(wanted, spare)
    assert sum(size for _blob, size in gone) >= wanted or not gone
    assert not spare & {blob_id for blob_id, _size in gone}
    for blob_id, size in gone:
        circuit = held[int(blob_id, 16)][0]
        assert before[circuit] > room._share
        spared = [other for other, sizes in room._came.items() if spare & set(sizes)]
        assert before[circuit] == max(has for other, has in before.items() if other not in spared or other == circuit)
        before[circuit] -= size


class _Nowhere(BlobFolder):
    """A folder that is not there: for rules alone."""

    def __init__(self) -> None:
        pass


def test_the_site_forgets_on_which_circuit_a_submission_came(drop: OpenDrop) -> None:
    """Known while its form has a mistake, and not once it is sent."""
    host = SiteHost.start(drop, Settings()).asked_from(FLOOD)
    with host.receiver() as receiver:
        receiver.begin("attachments", "a.txt", "text/plain")
        receiver.write(b"words")
        receiver.end()
        assert list(host.held._came) == [FLOOD]
        files = tuple(receiver.received)
        submit(host, Contents("1" * 32, mark_form("1" * 32, TextFields({}), files), None, "hello", attachments=files))
        receiver.take()
    assert host.held._came == {}


@needs_root
def test_on_a_disk_that_is_nearly_full_too(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """What one circuit has beyond its share gives way to a file that the disk has no room for, piece by piece."""
    with small_host(tmp_path, intake_secret) as small:
        drop = open_drop(small.folder.root)
        host = SiteHost.start(drop, replace(Settings(), **SETTINGS, held_bytes=40_000_000))
        for _file in range(6):
            with host.asked_from(FLOOD).receiver() as receiver:
                assert receive(receiver, 3_000_000)
                receiver.take()
        fill(small.disk, 24_000_000 + 1_000_000)
        with host.asked_from(LIGHT).receiver() as receiver:
            assert host.room().file_bytes > 5_000_000
            assert receive(receiver, 8_000_000)
            # What is within the flood's share is not to be had.
            assert not receive(receiver, 8_000_000)
            receiver.take()
        assert sum(host.held._came[FLOOD].values()) > 0
        host.close()


def receive(receiver: AttachmentReceiver, size: int) -> bool:
    """Bring a file of so many bytes, in pieces; tell whether it was taken."""
    before = len(receiver.received)
    receiver.begin("attachments", "a.bin", "application/octet-stream")
    for _piece in range(size // 500_000):
        receiver.write(os.urandom(500_000))
    receiver.end()
    return len(receiver.received) > before


def test_one_circuit_cannot_keep_others_from_sending_files(
    drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """It fills the room with forms that come back; elsewhere files are offered, taken, and wait as they must."""
    content = os.urandom(3_000_000)
    with (
        running_tor_site(drop_folder.root, held_bytes=20_000_000) as site,
        site.on(FLOOD) as flood,
        site.on(LIGHT) as source,
    ):

        def fill(times: int) -> None:
            for form in range(times):
                came_back = flood.report("", codename=None, files=[SentFile.of(f"{form}.bin", content)])
                assert (came_back.status, "You have not written what happened yet" in came_back.text) == (422, True)
                assert came_back.hidden("held")

        fill(8)
        page = source.get("/report")
        assert "no room for files" not in page.text
        mistaken = source.report("", codename=None, files=[SentFile.of("mine.bin", content[:200_000])])
        assert mistaken.hidden("held")
        fill(8)
        values = dict(source.fill_in("here", codename=None))
        values |= {name: mistaken.hidden(name) for name in ("submission", "held")}
        assert source.post_multipart("/report", [*values.items()], [SentFile.of("more.bin", content)]).status == 200
    (letter,) = letters(drop_folder, intake_secret)
    assert (letter.message, [found.name for found in letter.attachments]) == ("here", ["mine.bin", "more.bin"])


def test_a_form_whose_files_gave_way_loses_no_words(drop_folder: DropFolder) -> None:
    """The flood's own forms, as anybody's: what is gone is said, with what to do, and what was typed is there."""
    content = os.urandom(3_000_000)
    with running_tor_site(drop_folder.root, held_bytes=6_000_000) as site, site.on(FLOOD) as source:
        first = source.report("", codename=None, files=[SentFile.of("first.bin", content)])
        for _form in range(3):
            source.report("", codename=None, files=[SentFile.of("again.bin", content)])
        values = dict(source.fill_in("my words", codename=None))
        values |= {name: first.hidden(name) for name in ("submission", "held")}
        answer = source.post_multipart("/report", [*values.items()])
        assert answer.status == 422
        assert "my words</textarea>" in answer.text
        assert "had to make room. They were erased; nobody could read them." in answer.text
