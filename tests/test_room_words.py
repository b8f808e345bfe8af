"""What is said of files that had to make room: nothing that frightens, and nothing that cannot be done."""

import pytest

from source_interface.room import Room, RoomLeft
from source_interface.room_words import files_gone, text_refused

ERASED = "They were erased; nobody could read them."
ANOTHER_DAY = "To send them another day you need a codename: untick “I do not want to come back”."
COME_BACK = "Come back in a few days with your codename and add them from “My report”."
SAID = {
    "some are left, and there is room": (
        RoomLeft(Room.FILES_AND_TEXT, 1),
        False,
        True,
        f"Some of your files had to make room. {ERASED} Those listed below are still here. Please add the others "
        "again.",
    ),
    "none is left, and there is room": (
        RoomLeft(Room.FILES_AND_TEXT, 1),
        True,
        False,
        f"Your files had to make room. {ERASED} Please add them again.",
    ),
    "no room for files, and a codename": (
        RoomLeft(Room.TEXT_ONLY),
        False,
        True,
        f"Some of your files had to make room. {ERASED} Those listed below are still here. You can send the rest now, "
        f"without what is gone. Keep the files. {COME_BACK}",
    ),
    "no room for files, and nobody who comes back": (
        RoomLeft(Room.TEXT_ONLY),
        True,
        False,
        f"Your files had to make room. {ERASED} You can send the rest now, without what is gone. Keep the files. "
        f"{ANOTHER_DAY}",
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_of_files_that_are_gone_is_said_what_is_so(what: str) -> None:
    """A list is named only where there is one, and a codename only to whoever has one."""
    room, one_way, some_left, said = SAID[what]
    assert files_gone(room, one_way=one_way, some_left=some_left) == said


def test_nobody_is_told_to_leave_their_words_on_a_screen() -> None:
    """Where anybody may come by, an open page costs more than writing it again."""
    assert "Press “Leave”, and write it again tomorrow." in text_refused()
    assert "Do not leave this page open" in text_refused()
