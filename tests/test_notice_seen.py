"""The daily notice: whoever sees the mails, the files or the line learns the date, and nothing of what came."""

import inspect
import os
import re
import socket
import time
from collections.abc import Callable

import pytest

from journalist_interface.clock import day_of
from journalist_interface.host_lines import OF_HOST
from journalist_interface.host_words import host_name, thing_name
from journalist_interface.notice_mail import HEAD
from journalist_interface.notice_rhythm import Rhythm, draw_due
from journalist_interface.notice_words import HostWords, Situation, write_notice
from keys.notice import CLEARTEXT_BYTES, fill_up
from serving.plain_dates import plain_day
from tests.notice_fixtures import office, people, relay, world
from tests.noticed_desk import (
    ADDRESS,
    CANARY,
    Homes,
    World,
    later,
    midnight,
    text_in,
)
from tests.small_relay import Relay

__all__ = ["office", "people", "relay", "world"]


# Very different days, one after the other, and what stands in the notice of each.
DAYS: dict[str, tuple[Callable[[World, str], World], str]] = {
    "nothing was ever collected": (lambda world, _day: world, "nothing was collected of late"),
    "all is well and nothing came": (lambda world, day: world.collected(day), "Post: nothing waits."),
    "a letter": (lambda world, day: world.collected(day).letter(day), "Post: 1 letter that nobody"),
    "eleven more": (lambda world, day: world.collected(day).letter(day, 11), "Post: 12 letters that nobody"),
    "one has waited for a month": (
        lambda world, day: world.collected(day).letter(later(day, -30)),
        "a letter has waited too long",
    ),
    "all were opened": (lambda world, day: world.collected(day).open_all(), "Post: nothing waits."),
    "deadlines have passed": (
        lambda world, day: world.collected(day).sql("UPDATE cases SET answer_from = '2020-01-06'"),
        "13 cases are past one, the first since 9 January 2020",
    ),
    "nobody at work reads them": (
        lambda world, day: world.collected(day).sql("UPDATE reviewers SET suspended = 1"),
        "13 cases can be read by nobody at work",
    ),
    "no collection on this day": (lambda world, _day: world, "Post: nothing waits."),
    "nor on the next": (lambda world, _day: world, "That is too long ago"),
    "the source host is ill": (
        lambda world, day: world.collected(day, disk="full", tor="not published", posture="faults"),
        "source host: not well (disk, Tor, posture)",
    ),
    "everything at once": (
        lambda world, day: world.collected(day, key="unusable").letter(day),
        "source host: not well (keys)",
    ),
}


def fixed(mail: bytes) -> bytes:
    """A mail without what may differ: its random names, its hour and what is sealed, each of which has one length."""
    boundary = re.search(rb'boundary="([0-9a-f]{32})"', mail)
    assert boundary is not None
    without = mail.replace(boundary[1], b"B" * 32)
    without, count = re.subn(rb"(?m)^Message-ID: <[0-9a-f]{32}@", b"Message-ID: <M@", without)
    assert count == 1
    without, count = re.subn(rb"(?m)^Date: \w{3}, \d\d \w{3} \d{4} \d\d:00:00 \+0000\r$", b"Date: D\r", without)
    assert count == 1
    return re.sub(rb"(?s)(-----BEGIN PGP MESSAGE-----\r\n\r\n).*?(-----END)", rb"\1S\2", without)


def test_who_sees_the_notices_of_very_different_days_sees_the_date_alone(
    world: World, people: Homes, relay: Relay
) -> None:
    """One a day to each, of one length, with the same words around it; what it says is true, and sealed."""
    drop = world.office.folder.parent / "drop folder" / "notice-rob.asc"
    files, moments, texts = [], [], []
    for number, (change, wanted) in enumerate(DAYS.values()):
        day = later(day_of(int(time.time())), number + 1)
        change(world, day)
        moments.append(world.morning(day) - midnight(day))
        assert len(relay.mails) == number + 1
        texts.append(text_in(people, relay.mails[-1]))
        assert wanted in texts[-1]
        assert texts[-1].startswith(f"Candour, {plain_day(day)}\n")
        seen = drop.stat()
        files.append((seen.st_size, seen.st_mode, os.listdir(drop.parent)))
        assert people.rob.run("--decrypt", typed=drop.read_text()).decode().rstrip() == texts[-1]
    assert len({len(mail) for mail in relay.mails}) == 1
    assert len({fixed(mail) for mail in relay.mails}) == 1
    assert len(set(texts)) == len(DAYS)
    assert files == [files[0]] * len(DAYS)
    assert files[0][1:] == (0o100600, ["notice-rob.asc"])
    # The same words on the line, too, and nowhere this host's name.
    assert relay.said == [["ehlo localhost", f"mail FROM:<{ADDRESS}>",
                           f"rcpt TO:<{ADDRESS}>", "DATA"]] * len(DAYS)  # fmt: skip
    assert all(6 * 3600 <= moment < 8 * 3600 for moment in moments)
    assert len({*moments}) > len(DAYS) // 2
    for text in texts:
        assert CANARY not in text
        assert not re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", text), "a reference"
    everything = b"".join(map(fixed, relay.mails)).lower()
    assert not any(word in everything for word in (b"candour", b"python", socket.gethostname().lower().encode()))


def test_a_moment_is_drawn_for_a_day_and_knows_nothing_else() -> None:
    """In the window, in every part of it, never the same again: a function of the day and the rhythm alone."""
    assert list(inspect.signature(draw_due).parameters) == ["day", "rhythm"]
    rhythm = Rhythm(at=22 * 60, within=120)
    moments = [draw_due("2026-11-29", rhythm) - midnight("2026-11-29") for _each in range(400)]
    assert all(22 * 3600 <= moment < 24 * 3600 for moment in moments)
    quarters = [
        sum(22 * 3600 + q * 1800 <= moment < 22 * 3600 + (q + 1) * 1800 for moment in moments) for q in range(4)
    ]
    # Of 400 fair draws fewer than 50 fall in a quarter once in a hundred million million times.
    assert min(quarters) >= 50
    assert len(set(moments)) > 350


def test_the_longest_notice_fits() -> None:
    """Everything late, everything ill, and more of it than is counted."""
    hosts = tuple(HostWords(host_name(host), tuple(map(thing_name, OF_HOST[host])), ()) for host in OF_HOST)
    day = "2026-09-30"
    longest = write_notice(Situation(day, 10**6, day, True, 10**6, 10**6, day, day, True, hosts))
    assert len(fill_up(longest.replace("\n", "\r\n"), HEAD)) == CLEARTEXT_BYTES
    assert len(longest) < CLEARTEXT_BYTES * 2 // 3, "a translation is longer"
    with pytest.raises(ValueError, match="length"):
        fill_up("x" * CLEARTEXT_BYTES)
