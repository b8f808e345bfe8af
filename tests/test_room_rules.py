"""How much room is told: never more than fits, coarse enough to tell nothing of others, and text long after files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.padding import attachment_size_class
from source_interface.held_room import HeldLook
from source_interface.room import HostState, Room, RoomLeft, judge_room, kept_from_files, refusal_status
from source_interface.settings import MB, Settings

SETTINGS = Settings()
PLENTY = 100_000 * MB
NOTHING_WAITS = HeldLook(0, 5_000 * MB, 0)
STATES = {
    "an empty disk": (HostState(PLENTY, 0, NOTHING_WAITS), RoomLeft(Room.FILES_AND_TEXT, 500 * MB)),
    "a good deal left": (HostState(900 * MB, 0, NOTHING_WAITS), RoomLeft(Room.FILES_AND_TEXT, 200 * MB)),
    "room for a picture": (HostState(607 * MB, 0, NOTHING_WAITS), RoomLeft(Room.FILES_AND_TEXT, 5 * MB)),
    "the reserve reached": (HostState(600 * MB, 0, NOTHING_WAITS), RoomLeft(Room.TEXT_ONLY)),
    "too much held for unfinished forms": (HostState(PLENTY, 0, HeldLook(5_000 * MB, 0, 0)), RoomLeft(Room.TEXT_ONLY)),
    "little room for more held": (
        HostState(PLENTY, 0, HeldLook(4_970 * MB, 30 * MB, 0)),
        RoomLeft(Room.FILES_AND_TEXT, 20 * MB),
    ),
    "on the disk others can make way": (
        HostState(600 * MB, 0, HeldLook(100 * MB, 4_000 * MB, 8 * MB)),
        RoomLeft(Room.FILES_AND_TEXT, 5 * MB),
    ),
    "held files can make way": (HostState(10 * MB, 0, HeldLook(60 * MB, 4_000 * MB, 0)), RoomLeft(Room.TEXT_ONLY)),
    "nothing can make way": (HostState(50 * MB, 0, NOTHING_WAITS), RoomLeft(Room.NOTHING)),
    "a full disk": (HostState(0, 0, NOTHING_WAITS), RoomLeft(Room.NOTHING)),
    "as many waiting as may wait": (HostState(PLENTY, 20_000, NOTHING_WAITS), RoomLeft(Room.NOTHING)),
    "one fewer waiting": (HostState(PLENTY, 19_999, NOTHING_WAITS), RoomLeft(Room.FILES_AND_TEXT, 500 * MB)),
}
MEGABYTES = st.integers(0, 3_000).map(lambda found: found * MB)


@pytest.mark.parametrize("state", STATES)
def test_a_state_has_its_room(state: str) -> None:
    """Each kind of want, one step before it and at it."""
    found, room = STATES[state]
    assert judge_room(found, SETTINGS) == room


@given(MEGABYTES, MEGABYTES, MEGABYTES, st.integers(1, SETTINGS.files))
def test_what_a_page_names_fits(free: int, left: int, yielding: int, files: int) -> None:
    """Padded and sealed, the files named still leave on the disk what is not for files, once others gave way."""
    room = judge_room(HostState(free, 0, HeldLook(yielding, left, yielding)), SETTINGS)
    if room.takes_files:
        padded = files * (attachment_size_class(room.file_bytes // files) + 2_000) + room.file_bytes // 1_000
        assert free + yielding - padded >= kept_from_files(SETTINGS)
        assert room.file_bytes <= left


@given(MEGABYTES)
def test_what_a_page_names_is_one_of_few_figures(free: int) -> None:
    """Who loads a page twice does not learn from the difference how much somebody else has sent."""
    assert judge_room(HostState(free, 0, NOTHING_WAITS), SETTINGS).file_bytes in {
        step * MB for step in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
    }


@given(MEGABYTES, MEGABYTES, st.integers(0, 1 << 20))
def test_less_on_the_disk_is_never_more_room(free: int, held: int, less: int) -> None:
    """The order is the disk's own."""
    order = [Room.NOTHING, Room.TEXT_ONLY, Room.FILES_AND_TEXT]
    waits = HeldLook(held, SETTINGS.held_bytes - held, 0)
    more = judge_room(HostState(free, 0, waits), SETTINGS)
    fewer = judge_room(HostState(max(0, free - less), 0, waits), SETTINGS)
    assert order.index(fewer.room) <= order.index(more.room)
    assert fewer.file_bytes <= more.file_bytes


def test_settings_cannot_give_files_what_is_kept_for_text() -> None:
    """Whatever was set, all uploads at once overshoot into what files may not have, not into what text needs."""
    careless = Settings(free_bytes_for_files=0, free_bytes_for_text=50 * MB)
    uploads = careless.long_forms_at_once + careless.short_forms_at_once
    assert kept_from_files(careless) >= careless.free_bytes_for_text + uploads * MB
    assert kept_from_files(SETTINGS) == SETTINGS.free_bytes_for_files


@pytest.mark.parametrize(
    ("errors", "refused", "status"),
    [
        ({"attachments": "no room"}, ["a.jpg"], 507),
        ({"attachments": "no room", "message": "empty"}, ["a.jpg"], 422),
        ({"attachments": "too many"}, [], 422),
    ],
)
def test_the_status_says_what_was_wanting(errors: dict[str, str], refused: list[str], status: int) -> None:
    """507 when only room was wanting; a mistake in the form is the form's."""
    assert refusal_status(errors, refused) == status
