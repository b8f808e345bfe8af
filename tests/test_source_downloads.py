"""Places for files on their way to their sources: one for each source, few together, and none is lost."""

import threading

import pytest

from keys.errors import Busy
from source_interface.places import Downloads


def test_the_next_file_waits_for_the_end_of_the_one_before() -> None:
    """The browser has it all, and the server does not know yet."""
    places = Downloads(patience=60)
    places.begin(b"one")
    begun = threading.Event()

    def next_one() -> None:
        places.begin(b"one")
        begun.set()

    thread = threading.Thread(target=next_one)
    thread.start()
    places.end(b"one")
    thread.join(60)
    assert begun.is_set()


def test_who_is_still_at_one_and_who_finds_no_place_are_told() -> None:
    """One source cannot keep all others waiting; the place of one that ended is free, given back twice or not."""
    places = Downloads(at_once=2, patience=0)
    places.begin(b"one")
    with pytest.raises(Busy):
        places.begin(b"one")
    places.begin(b"two")
    with pytest.raises(Busy):
        places.begin(b"three")
    for _twice in range(2):
        places.end(b"one")
    places.begin(b"three")
    with pytest.raises(Busy):
        places.begin(b"four")
