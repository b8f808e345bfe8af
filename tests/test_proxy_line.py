"""Tor's line before a connection: read in its one spelling, however it comes, and anything else refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.gathering import Gathering
from serving.proxy_line import LONGEST_LINE, LineRefused, ProxyLine, read_line
from tests.tor_site import line_of

LINE = b"PROXY TCP6 fc00:dead:beef:4dad::0:29a ::1 666 42\r\n"
LARGEST_CIRCUIT = 2**32 - 1
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
# Tor's own test of `export_hs_client_circuit_id` (test_hs_service.c) has these lines.
TORS_OWN = {
    LINE: 666,
    b"PROXY TCP6 fc00:dead:beef:4dad::0:16 ::1 22 42\r\n": 22,
    b"PROXY TCP6 fc00:dead:beef:4dad::ffff:ffff ::1 65535 42\r\n": 2**32 - 1,
    b"PROXY TCP6 fc00:dead:beef:4dad::0:ffff ::1 65535 42\r\n": 2**16 - 1,
    b"PROXY TCP6 fc00:dead:beef:4dad::1:0 ::1 0 42\r\n": 2**16,
}
REFUSED = {
    "a request at once": REQUEST,
    "nothing but a line end": b"\r\n",
    "the second version of the protocol": b"\r\n\r\n\x00\r\nQUIT\n",
    "an unknown address": b"PROXY UNKNOWN\r\n",
    "an address of somebody": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    "another prefix": LINE.replace(b"beef", b"bee0"),
    "small letters": LINE.replace(b"PROXY", b"proxy"),
    "capital digits": LINE.replace(b"29a", b"29A"),
    "a group with a zero before it": LINE.replace(b"29a", b"029a"),
    "a group of five digits": LINE.replace(b"29a", b"1029a"),
    "one group": LINE.replace(b"0:29a", b"29a"),
    "three groups": LINE.replace(b"0:29a", b"0:0:29a"),
    "no digits": LINE.replace(b"29a", b""),
    "a sign": LINE.replace(b"29a", b"-29"),
    "an underscore": LINE.replace(b"29a", b"2_9"),
    "the circuit that is none": LINE.replace(b"29a", b"0"),
    "another destination": LINE.replace(b" ::1 ", b" ::2 "),
    "a port too high": LINE.replace(b"666", b"65536"),
    "a second port too high": LINE.replace(b" 42", b" 70000"),
    "a port with a zero before it": LINE.replace(b" 42", b" 042"),
    "one port": LINE.replace(b" 42", b""),
    "three ports": LINE.replace(b" 42", b" 42 43"),
    "two spaces": LINE.replace(b" ::1", b"  ::1"),
    "a tab": LINE.replace(b" ::1", b"\t::1"),
    "a space before the end": LINE.replace(b"\r", b" \r"),
    "a bare line feed": LINE.replace(b"\r", b""),
    "a zero byte": LINE.replace(b"29a", b"29\x00"),
    "a digit that is none of ours": LINE.replace(b"42", "٤٢".encode()),
    "a longer line than any": LINE[:-2] + b" " * LONGEST_LINE + b"\r\n",
    "no end": LINE[:-2].ljust(LONGEST_LINE, b"1"),
}


@pytest.mark.parametrize(("line", "circuit"), TORS_OWN.items())
def test_what_tor_writes_is_read(line: bytes, circuit: int) -> None:
    """Every line of Tor's own test."""
    assert read_line(line) == ProxyLine(circuit, len(line))


@given(st.integers(1, LARGEST_CIRCUIT), st.binary(max_size=300))
def test_every_circuit_is_read_whatever_follows(circuit: int, after: bytes) -> None:
    """And of what follows, not a byte is taken."""
    assert read_line(line_of(circuit) + after) == ProxyLine(circuit, len(line_of(circuit)))


@given(st.integers(1, LARGEST_CIRCUIT))
def test_a_line_that_is_not_whole_is_waited_for(circuit: int) -> None:
    """At every byte of it."""
    line = line_of(circuit)
    assert {read_line(line[:size]) for size in range(len(line))} == {None}


@pytest.mark.parametrize("begun", REFUSED.values(), ids=REFUSED.keys())
def test_what_tor_does_not_write_is_refused(begun: bytes) -> None:
    """Alone, and when a right line follows: nothing more is waited for, and there is no second try."""
    with pytest.raises(LineRefused):
        read_line(begun)
    with pytest.raises(LineRefused):
        read_line(begun + LINE)


def test_a_request_is_refused_at_its_first_byte() -> None:
    """Nobody who speaks HTTP at once is kept until a time is over."""
    with pytest.raises(LineRefused):
        read_line(b"G")


@given(st.binary(max_size=200) | st.builds(lambda cut, junk: LINE[:cut] + junk, st.integers(0, 60), st.binary()))
def test_any_bytes_are_a_line_or_refused_or_waited_for(begun: bytes) -> None:
    """Never another error; what is a line is spelt as Tor spells it but for the ports; nobody waits past 107 bytes."""
    try:
        found = read_line(begun)
    except LineRefused:
        return
    if found is None:
        assert len(begun) < LONGEST_LINE
    else:
        assert begun.startswith(line_of(found.circuit).split(b" ::1 ")[0])


@given(st.integers(1, LARGEST_CIRCUIT), st.sets(st.integers(1, 70)))
def test_a_request_is_gathered_alike_however_it_comes(circuit: int, cuts: set[int]) -> None:
    """In one piece, in many, cut anywhere: the circuit is known, and the request is there without the line."""
    whole = line_of(circuit) + REQUEST
    places = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    gathering = Gathering(tells_circuit=True)
    for start, end in pairwise(places):
        assert not gathering.is_enough
        gathering.add(whole[start:end])
    assert (gathering.is_enough, gathering.circuit, gathering.take()) == (True, circuit, REQUEST)


def test_a_line_alone_is_nothing_that_somebody_has_begun_to_say() -> None:
    """A site that stops closes the connections that have said nothing; Tor's line is not theirs."""
    gathering = Gathering(tells_circuit=True)
    gathering.add(LINE)
    assert (gathering.circuit, gathering.begun, gathering.head_is_whole) == (666, False, False)


def test_where_no_line_is_to_come_it_is_part_of_the_request() -> None:
    """It is for the HTTP parser to refuse."""
    gathering = Gathering()
    gathering.add(LINE + REQUEST)
    assert (gathering.circuit, gathering.take()) == (None, LINE + REQUEST)
