"""What the watch makes of what Tor says: is a service published, and does this host's clock agree with Tor's?"""

import pytest

from onion.clock import Clock, read_skew
from onion.publishing import Publishing, read_upload

ADDRESS = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaam2dqd"
HOUR = 3600.0


def event(action: str, directory: str) -> str:
    """As Tor 0.4.9 writes it for an upload, and for its end."""
    more = " blinded HSDIR_INDEX=00" if action == "UPLOAD" else " REASON=UPLOAD_REJECTED" if action == "FAILED" else ""
    return f"HS_DESC {action} {ADDRESS} UNKNOWN ${directory}{more}"


# What Tor says, each "action directory", or the hours that pass; and whether the service is published at the end.
STORIES: dict[str, tuple[list[str | float], bool]] = {
    "nothing was said": ([], False),
    "it is on its way": (["UPLOAD A", "UPLOAD B"], False),
    "one took it": (["UPLOAD A", "UPLOAD B", "UPLOADED A"], True),
    "one took it and one refused": (["UPLOAD A", "UPLOAD B", "UPLOADED A", "FAILED B"], True),
    "one refused and one took it": (["UPLOAD A", "UPLOAD B", "FAILED B", "UPLOADED A"], True),
    "all refused": (["UPLOAD A", "UPLOAD B", "FAILED A", "FAILED B"], False),
    "the same one took it and then refused": (["UPLOAD A", "UPLOADED A", "FAILED A"], False),
    "the same one refused and then took it": (["UPLOAD A", "FAILED A", "UPLOAD A", "UPLOADED A"], True),
    "taken, and all refused in the next round": (
        ["UPLOAD A", "UPLOAD B", "UPLOADED A", "UPLOADED B", 1.0, "UPLOAD A", "UPLOAD B", "FAILED A", "FAILED B"],
        False,
    ),
    "taken, and other directories refused in the next round": (
        ["UPLOAD A", "UPLOADED A", 1.0, "UPLOAD C", "UPLOAD D", "FAILED C", "FAILED D"],
        False,
    ),
    "taken, and the next round has had no answer yet": (["UPLOAD A", "UPLOADED A", 1.0, "UPLOAD C", "UPLOAD D"], True),
    "refused, and the next round has had no answer yet": (["UPLOAD A", "FAILED A", 1.0, "UPLOAD A"], False),
    "refused, and taken in the next round": (["UPLOAD A", "FAILED A", 1.0, "UPLOAD A", "UPLOADED A"], True),
    "taken, and nothing more for three hours": (["UPLOAD A", "UPLOADED A", 3.1], False),
    "taken anew each hour": (["UPLOAD A", "UPLOADED A", 2.0, "UPLOAD A", "UPLOADED A", 2.0], True),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_service_is_published_if_a_directory_of_the_latest_round_took_it(story: str) -> None:
    """What was taken long ago, or refused by all since, nobody finds."""
    said, is_published = STORIES[story]
    known, now = Publishing(), 0.0
    for each in said:
        if isinstance(each, float):
            now += each * HOUR
            continue
        upload = read_upload(event(*each.split()))
        assert upload is not None
        assert upload.address == ADDRESS
        known.hear(upload, now)
    assert known.is_published(now) == is_published


NO_UPLOADS = {
    "a descriptor that was asked for": f"HS_DESC REQUESTED {ADDRESS} NO_AUTH $A~a",
    "one that was made": f"HS_DESC CREATED {ADDRESS} UNKNOWN UNKNOWN",
    "another event": "STATUS_GENERAL NOTICE CLOCK_JUMPED TIME=7200",
    "nothing": "",
}


@pytest.mark.parametrize("what", NO_UPLOADS)
def test_other_events_say_nothing_of_uploads(what: str) -> None:
    """They change nothing."""
    assert read_upload(NO_UPLOADS[what]) is None


def skewed(seconds: int) -> int:
    """What Tor says when it finds the clock wrong, as it is read."""
    found = read_skew(f'STATUS_GENERAL WARN CLOCK_SKEW SKEW={seconds} SOURCE=OR:127.0.0.1:9001:"x"')
    assert found is not None
    return found


# By how much the clock was found ahead, by how much it was set since, how many seconds have gone by, whether Tor has
# got all the way; and by how much it is taken to be ahead.
CLOCKS: dict[str, tuple[int | None, int, int, bool, int | None]] = {
    "Tor is on its way": (None, 0, 0, False, None),
    "Tor has got all the way": (None, 0, 0, True, 0),
    "two hours ahead": (7200, 0, 60, True, 7200),
    "two hours behind, and Tor on its way": (-7200, 0, 60, False, -7200),
    "ahead, and nothing more for an hour": (7200, 0, 3700, True, None),
    "ahead, and set right": (7200, -7200, 60, True, 0),
    "ahead, and set right to the minute": (7200, -7140, 3700, True, 0),
    "ahead, and set right while Tor is on its way": (7200, -7200, 60, False, None),
    "ahead, and set the wrong way": (7200, 3600, 60, True, 10800),
    "ahead, and set too little": (7200, -3600, 60, True, 3600),
    "behind, and set right": (-7200, 7200, 4000, True, 0),
}


@pytest.mark.parametrize("story", CLOCKS)
def test_a_clock_that_was_found_wrong_agrees_again_only_when_it_was_set(story: str) -> None:
    """Time alone mends no clock; and before Tor has got through nobody can know."""
    skew, was_set, later, is_connected, expected = CLOCKS[story]
    clock = Clock()
    if skew is not None:
        clock.found_wrong(skewed(skew), wall=1_800_000_000.0, steady=500.0)
    found = clock.skew(1_800_000_000.0 + later + was_set, 500.0 + later, is_connected=is_connected)
    assert found == expected


def test_a_clock_that_was_set_right_stays_right() -> None:
    """Later changes of it are not measured against what was found long ago."""
    clock = Clock()
    clock.found_wrong(7200, wall=1_800_000_000.0, steady=500.0)
    assert clock.skew(1_800_000_000.0 - 7200, 500.0, is_connected=True) == 0
    assert clock.skew(1_800_000_000.0, 500.0, is_connected=True) == 0
