"""What may be waited for, and for how long: the judges of pace and of beginnings, with plain values."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.gathering import LARGEST_GATHERED_BODY, LARGEST_HEAD, Gathering, HeadRefused
from serving.pace import Pace, PaceWatch, TooSlow

FIVE_MINUTES = Pace(500, 300)
HEAD = b"POST /return HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


def trickle(watch: PaceWatch, size: int, every_seconds: float, for_seconds: float) -> None:
    """So many bytes, every so often, for so long."""
    for _piece in range(int(for_seconds / every_seconds)):
        watch.arrived(size, every_seconds)


def test_two_kilobytes_a_second_with_stalls_of_a_minute_are_honest() -> None:
    """Half of the time nothing comes at all, for hours: that is a Tor circuit on a bad day, and not cut."""
    watch = PaceWatch(FIVE_MINUTES)
    for _minute in range(200):
        for _second in range(60):
            watch.arrived(2_000, 1)
        watch.arrived(1, 60)


@pytest.mark.parametrize(("size", "every_seconds"), [(1, 1), (1, 119), (499, 1), (50_000, 119)])
def test_what_trickles_below_the_least_pace_is_cut(size: int, every_seconds: float) -> None:
    """However it is spread, less than the least pace is found out within a window and one silence."""
    watch = PaceWatch(FIVE_MINUTES)
    with pytest.raises(TooSlow):
        trickle(watch, size, every_seconds, 300 + 2 * every_seconds)


def test_a_good_beginning_does_not_buy_hours() -> None:
    """After each window the count begins anew: many bytes at first do not pay for a trickle afterwards."""
    watch = PaceWatch(FIVE_MINUTES)
    watch.arrived(100_000_000, 301)
    with pytest.raises(TooSlow):
        trickle(watch, 1, 1, 301)


def test_our_own_slowness_is_not_held_against_anybody() -> None:
    """What arrives without being waited for is never too slow, however little it is."""
    watch = PaceWatch(FIVE_MINUTES)
    for _piece in range(10_000):
        watch.arrived(1, 0.0)


@given(st.integers(0, LARGEST_GATHERED_BODY), st.lists(st.integers(1, 50_000), max_size=8))
def test_a_short_request_is_enough_when_its_last_byte_has_come(length: int, cuts: list[int]) -> None:
    """Cut into any pieces, it is enough with the last byte and not before, and comes out as it went in."""
    request = HEAD % length + b"x" * length
    ends = sorted({0, *(end for end in cuts if end < len(request)), len(request)})
    gathering = Gathering()
    for start, end in pairwise(ends):
        assert not gathering.is_enough
        gathering.add(request[start:end])
    assert gathering.is_enough
    assert gathering.take() == request


ENOUGH_WITH_THE_HEAD = {
    "no body": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long body": HEAD % (LARGEST_GATHERED_BODY + 1),
    "an absurd length": b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a length in the path": b"GET /?content-length: 12 HTTP/1.1\r\nHost: x\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\r\n\r\n",
}


@pytest.mark.parametrize("head", ENOUGH_WITH_THE_HEAD.values(), ids=ENOUGH_WITH_THE_HEAD.keys())
def test_a_thread_begins_with_the_head(head: bytes) -> None:
    """Where there is no short body of a known length, nothing after the head is waited for."""
    gathering = Gathering()
    gathering.add(head[:-1])
    assert not gathering.is_enough
    gathering.add(head[-1:])
    assert gathering.is_enough


SHORT_HOWEVER_SPELT = {
    "with zeros before it": b"POST / HTTP/1.1\r\nContent-Length: 0000000000100\r\n\r\n",
    "without a space": b"POST / HTTP/1.1\r\ncontent-length:100\r\n\r\n",
    "asking for leave first": b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n",
}


@pytest.mark.parametrize("head", SHORT_HOWEVER_SPELT.values(), ids=SHORT_HOWEVER_SPELT.keys())
def test_no_spelling_of_a_short_body_gets_a_thread_to_wait_in(head: bytes) -> None:
    """A few hundred such connections would take every thread there is."""
    gathering = Gathering()
    gathering.add(head)
    assert not gathering.is_enough
    gathering.add(b"x" * 100)
    assert gathering.is_enough


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"], ids=["endless", "with an end"])
def test_a_head_longer_than_any_is_refused(end: bytes) -> None:
    """No head is held in memory beyond the limit."""
    gathering = Gathering()
    with pytest.raises(HeadRefused):
        gathering.add(b"GET / HTTP/1.1\r\nX: " + b"x" * LARGEST_HEAD + end)
