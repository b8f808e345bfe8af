"""Files that wait for their forms: the heaviest gives way, never within a share; of what was sent nothing is known."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.source_client import SentFile
from keys.padding import attachment_size_class
from serving.form_stream import TextFields
from source_interface.attachments import AttachmentReceiver
from source_interface.circuits import Circuits, Share, limits_of
from source_interface.drop_folder import DropFolder, OpenDrop, open_drop
from source_interface.held_room import LEAST_WEIGHT, HeldLook, HeldRoom, _by_weight
from source_interface.sent_form import mark_form
from source_interface.settings import MB, Settings
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from store.blobs import BlobFolder
from tests.conftest import IntakeSecret
from tests.drop_contents import letters
from tests.full_host import small_host
from tests.small_disk import fill, needs_root
from tests.tor_site import running_tor_site

FLOOD, HEAVY, LIGHT = 7, 8, 9
SIZE = LEAST_WEIGHT  # bytes of each blob: what it counts for
# Twenty such blobs may wait, and two of them are a share.
SMALL = Settings(held_bytes=20 * SIZE, submission_bytes=1 * MB, files=1)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    """An empty folder."""
    return BlobFolder(tmp_path / "blobs")


@pytest.fixture
def room(blobs: BlobFolder) -> HeldRoom:
    """The room in it."""
    return HeldRoom(blobs, SMALL)


def hold(blobs: BlobFolder, room: HeldRoom, mark: object | None, count: int = 1, size: int = SIZE) -> list[str]:
    """Hold so many blobs that came on a circuit; their ids, the first first."""
    found = []
    for _blob in range(count):
        with blobs.draft() as draft:
            draft.file.truncate(size)
            blob = draft.seal_finished()
            blobs.hold(blob.id)
        room.note(mark, blob)
        found.append(blob.id)
    return found


def left(blobs: BlobFolder, blob_ids: list[str]) -> list[bool]:
    """Which of these are still held."""
    return [blobs.is_held(blob_id) for blob_id in blob_ids]


def test_nothing_gives_way_while_there_is_room(blobs: BlobFolder, room: HeldRoom) -> None:
    """One circuit may have all of it, as long as nobody else wants it."""
    held = hold(blobs, room, FLOOD, 20)
    assert room.has_room()
    assert all(left(blobs, held))


def test_the_oldest_of_the_heaviest_gives_way(blobs: BlobFolder, room: HeldRoom) -> None:
    """One file for the one that is too much; of nobody else, though others are older and over their share too."""
    heavy = hold(blobs, room, HEAVY, 5)
    flood = hold(blobs, room, FLOOD, 16)
    assert room.has_room()
    assert left(blobs, heavy) == [True] * 5
    assert left(blobs, flood) == [False] + [True] * 15


def test_who_has_no_more_than_a_share_never_gives_way(blobs: BlobFolder, room: HeldRoom) -> None:
    """Ten circuits with a share each fill the room: nothing is erased, nothing more is taken."""
    held = [blob_id for circuit in range(10) for blob_id in hold(blobs, room, circuit, 2)]
    hold(blobs, room, None)
    assert not room.has_room()
    assert all(left(blobs, held))


@pytest.mark.parametrize("files", [1, Settings().files])
def test_a_share_is_what_one_form_may_bring_sealed(blobs: BlobFolder, files: int) -> None:
    """Whatever its files weigh, in one or in as many as may be: the largest form of all never gives way."""
    settings = Settings()
    each = settings.submission_bytes // files
    sealed = sum(attachment_size_class(each) * 1_001 // 1_000 + 2_000 for _file in range(files))
    assert sealed <= HeldRoom(blobs, settings).share <= settings.held_bytes // 8


def test_small_files_count_for_more(blobs: BlobFolder, room: HeldRoom) -> None:
    """Each is looked at whenever a page is made: their number is bounded like their bytes."""
    tiny = hold(blobs, room, FLOOD, 21, 100)
    assert room.look().held_bytes == 2_100
    assert room.has_room()
    assert left(blobs, tiny) == [False] + [True] * 20


def test_nothing_is_erased_in_vain(blobs: BlobFolder, room: HeldRoom) -> None:
    """If all that gives way is too little, it does not: the disk would be as full, and somebody's file gone."""
    held = hold(blobs, room, FLOOD, 6)
    assert room.look() == HeldLook(6 * SIZE, 18 * SIZE, 4 * SIZE)
    assert not room.make_way(5 * SIZE)
    assert all(left(blobs, held))
    assert room.make_way(4 * SIZE)
    assert left(blobs, held) == [False] * 4 + [True] * 2


def test_a_form_does_not_lose_its_own_files_to_its_next(blobs: BlobFolder, room: HeldRoom) -> None:
    """What the form being read has brought is spared, and what waited before goes, though it is all one circuit's."""
    before = hold(blobs, room, FLOOD, 3)
    own = hold(blobs, room, FLOOD, 18)
    assert room.has_room(own)
    assert (left(blobs, before), all(left(blobs, own))) == ([False, True, True], True)
    assert not room.make_way(3 * SIZE, own)


@pytest.mark.parametrize("mark", [None, FLOOD])
def test_what_came_from_nobody_knows_where_stays(blobs: BlobFolder, room: HeldRoom, mark: object | None) -> None:
    """Without Tor's numbers, and after a start of the site: as it was before there were shares."""
    held = hold(blobs, HeldRoom(blobs, SMALL) if mark else room, mark, 21)
    assert not room.has_room()
    assert (all(left(blobs, held)), room.look().yielding_bytes) == (True, 0)


def test_to_text_everything_gives_way_and_no_more_than_it_needs(blobs: BlobFolder, room: HeldRoom) -> None:
    """The most first; what nobody knows the circuit of is a group of its own; what goes with the text goes last."""
    light, alone = hold(blobs, room, LIGHT, 2), hold(blobs, room, None, 3)
    flood = hold(blobs, room, FLOOD, 14)
    room.make_way_for_text(1)
    assert left(blobs, flood) == [False] * 9 + [True] * 5  # what is given back ahead: nine more than 8 MB
    assert all(left(blobs, [*light, *alone]))
    room.make_way_for_text(10 * SIZE, light)
    assert left(blobs, [*flood, *alone, *light]) == [False] * 17 + [True] * 2
    room.make_way_for_text(10 * SIZE)
    assert blobs.held_sizes() == {}


def test_what_is_being_published_is_let_alone(blobs: BlobFolder, room: HeldRoom) -> None:
    """It has its second name already: nobody is told that it has made way."""
    held = hold(blobs, room, FLOOD, 3)
    blobs.publish(held[:1])
    assert not room.make_way(SIZE)
    assert left(blobs, held)[0]
    assert blobs.present(held) == {held[0]}


def test_what_is_gone_does_not_count(blobs: BlobFolder, room: HeldRoom) -> None:
    """Taken back, or too old: the circuit has that much less, and in the end is not known."""
    held = hold(blobs, room, FLOOD, 6)
    blobs.drop_held(held[:3])
    assert room.look() == HeldLook(3 * SIZE, 18 * SIZE, SIZE)
    blobs.drop_held(held)
    assert room.look() == HeldLook(0, 20 * SIZE, 0)
    assert (room._came, room._mark_of) == ({}, {})


def test_what_is_forgotten_gives_way_no_more(blobs: BlobFolder, room: HeldRoom) -> None:
    """It belongs to a submission."""
    held = hold(blobs, room, FLOOD, 6)
    room.forget(held[:3])
    assert room.look().yielding_bytes == SIZE
    room.forget(held)
    assert (room._came, room._mark_of) == ({}, {})


def test_a_circuit_that_did_nothing_for_ten_minutes_is_not_known_by_its_files() -> None:
    """Its number may be another's by then, as after a start of Tor: nobody pays for files that are not theirs."""
    clock = [0.0]
    circuits = Circuits(limits_of(Settings()), lambda: clock[0])
    first = Share(circuits, 7).mark()
    assert Share(circuits, 7).mark() is first
    assert Share(circuits, 8).mark() is not first
    assert Share().mark() is None
    clock[0] = 601.0
    assert Share(circuits, 7).mark() is not first


@given(st.lists(st.dictionaries(st.text(min_size=1), st.integers(1, 9 * MB)), max_size=6), st.integers(0, 20 * MB))
def test_the_heaviest_gives_way_until_none_has_more_than_it_may(groups: list[dict[str, int]], sure: int) -> None:
    """Each blob comes from whoever had most at that moment, and had more than its share; in the end nobody has."""
    named = [{f"{place} {blob_id}": size for blob_id, size in sizes.items()} for place, sizes in enumerate(groups)]
    has = [sum(max(size, LEAST_WEIGHT) for size in sizes.values()) for sizes in named]
    order: list[list[str]] = [[] for _sizes in named]
    for blob_id, size in _by_weight(named, sure):
        place = int(blob_id.split(" ", 1)[0])
        assert has[place] == max(has) > sure
        has[place] -= max(size, LEAST_WEIGHT)
        order[place].append(blob_id)
    assert all(found <= sure for found in has)
    assert all(list(sizes)[: len(gone)] == gone for sizes, gone in zip(named, order, strict=True))


def test_the_site_forgets_with_what_a_submission_came(drop: OpenDrop) -> None:
    """Known while its form has a mistake, and not once it is sent."""
    host = SiteHost.start(drop, Settings()).asked_from(FLOOD)
    with host.receiver() as receiver:
        receiver.begin("attachments", "a.txt", "text/plain")
        receiver.write(b"words")
        receiver.end()
        assert list(host.held._mark_of) == [receiver.received[0].blob.id]
        files = tuple(receiver.received)
        submit(host, Contents("1" * 32, mark_form("1" * 32, TextFields({}), files), None, "hello", attachments=files))
        receiver.take()
    assert (host.held._came, host.held._mark_of) == ({}, {})


@needs_root
def test_on_a_disk_that_is_nearly_full_too(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """What one circuit has beyond its share gives way to a file that the disk has no room for, piece by piece."""
    with small_host(tmp_path, intake_secret) as small:
        drop = open_drop(small.folder.root)
        settings = Settings(free_bytes_for_files=24 * MB, free_bytes_for_text=4 * MB, submission_bytes=10 * MB, files=1)
        host = SiteHost.start(drop, replace(settings, long_forms_at_once=4, short_forms_at_once=4))
        for _file in range(7):
            with host.asked_from(FLOOD).receiver() as receiver:
                assert receive(receiver, 3_000_000)
                receiver.take()
        fill(small.disk, 24_000_000 + 1_000_000)
        with host.asked_from(LIGHT).receiver() as receiver:
            assert host.room().file_bytes == 5_000_000
            assert receive(receiver, 8_000_000)
            # What is within the flood's share is not to be had.
            assert not receive(receiver, 8_000_000)
            receiver.take()
        assert sorted(sum(sizes.values()) > 8 * MB for sizes in host.held._came.values()) == [True, True]
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
        running_tor_site(drop_folder.root, held_bytes=20_000_000, submission_bytes=4_000_000) as site,
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
    with (
        running_tor_site(drop_folder.root, held_bytes=6_000_000, submission_bytes=4_000_000) as site,
        site.on(FLOOD) as source,
    ):
        first = source.report("", codename=None, files=[SentFile.of("first.bin", content)])
        for _form in range(3):
            source.report("", codename=None, files=[SentFile.of("again.bin", content)])
        values = dict(source.fill_in("my words", codename=None))
        values |= {name: first.hidden(name) for name in ("submission", "held")}
        answer = source.post_multipart("/report", [*values.items()])
        assert answer.status == 422
        assert "my words</textarea>" in answer.text
        assert "had to make room. They were erased; nobody could read them." in answer.text
