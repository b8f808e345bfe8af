"""One notice a day to each, whatever comes between: restarts, a death, a relay that is ill, a clock, a hand."""

import re
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from journalist_interface.backup import look_at_restored
from journalist_interface.clock import day_of
from journalist_interface.notice_duty import NoticeDuty
from journalist_interface.notice_errors import NoticeNotSent
from store.desk.notices import keep_draw
from tests.desk_office import Office
from tests.notice_fixtures import office, people, relay, world
from tests.noticed_desk import (
    Homes,
    World,
    check,
    later,
    midnight,
    run,
    set_up,
    text_in,
    word_of,
)
from tests.small_relay import AFTER, MUTE, RECIPIENT, SILENT, Relay, small_relay
from tests.source_site import CANDOUR_DROP

__all__ = ["office", "people", "relay", "world"]

DESK_COMMAND = CANDOUR_DROP.with_name("candour-desk")
SECONDS = 60  # until it is a failure


def test_nothing_that_comes_moves_or_doubles_a_notice(world: World, relay: Relay) -> None:
    """The moment is kept through restarts; what comes later the same day brings no second one; nor does a hand."""
    day = later(day_of(int(time.time())), 1)
    world.step(midnight(day) + 1)
    drawn = world.due()
    world.letter(day)
    for now in (midnight(day) + 60, drawn - 1):
        with closing(NoticeDuty(world.office.folder)) as another:
            another.step(now)
    assert (world.due(), relay.mails) == (drawn, [])
    world.step(drawn)
    assert len(relay.mails) == 1
    world.letter(day)
    for now in range(drawn, midnight(later(day, 1)), 4 * 3600):
        world.step(now)
    with closing(NoticeDuty(world.office.folder)) as another:
        another.step(midnight(later(day, 1)) - 1)
        assert another.send(world.recipient(), drawn + 7) is False
    assert len(relay.mails) == 1
    # And on the next day one again.
    world.morning(later(day, 1))
    assert len(relay.mails) == 2


@pytest.mark.parametrize("ill", [RECIPIENT, "is not there"])
def test_what_did_not_leave_goes_later_the_same_day(world: World, relay: Relay, ill: str) -> None:
    """Told meanwhile, with the reason; tried again within the half hour; told no more once it has gone."""
    day = later(day_of(int(time.time())), 1)
    relay.ill = ill
    if ill == "is not there":
        assert run(world.office, "rhythm", "--relay", "unix:/nowhere.sock").exit_code == 0
    at = world.morning(day)
    world.step(at + 1)
    refused = len(relay.said)
    assert refused == (0 if ill == "is not there" else 1), "it is not asked at once again"
    assert (world.recipient().sent, world.recipient("rob").sent) == ("", day)
    assert "mail relay" in world.recipient().problem
    assert word_of(world) == "failed"
    assert "The notice to ada did not go" in check(world.office)
    assert "mail relay" in run(world.office, "show").output
    relay.ill = ""
    run(world.office, "rhythm", "--relay", relay.where)
    for minutes in (5, 31):
        world.step(at + minutes * 60)
    assert (world.recipient().sent, world.recipient().problem) == (day, "")
    assert (len(relay.said), word_of(world)) == (refused + 1, "sent")


@pytest.mark.parametrize("ill", [SILENT, AFTER])
def test_of_what_may_have_left_no_second_one_goes(world: World, relay: Relay, ill: str) -> None:
    """The relay has all of it, and breaks off or refuses: nobody knows. Desk and check say so; the next day it goes."""
    day = later(day_of(int(time.time())), 1)
    relay.ill = ill
    at = world.morning(day)
    relay.ill = ""
    for minutes in (10, 60, 600):
        world.step(at + minutes * 60)
    assert (len(relay.mails), word_of(world)) == (1, "failed")
    assert "obody knows whether it" in check(world.office)
    world.morning(later(day, 1))
    assert (len(relay.mails), word_of(world)) == (2, "sent")


def test_a_watch_that_is_killed_in_the_middle_sends_no_second_one(world: World, relay: Relay) -> None:
    """The real process, killed while the relay holds the whole mail; started again, and stopped as systemd stops it."""
    relay.ill = MUTE
    with world.office.desk.database.writing() as connection:
        keep_draw(connection, day_of(int(time.time())), int(time.time()) - 5)
    command = [str(DESK_COMMAND), "notice", "run", "--data", str(world.office.folder)]
    first = subprocess.Popen(command)
    assert relay.taken.wait(SECONDS)
    first.kill()
    first.wait()
    relay.ill = ""
    relay.ended.set()
    second = subprocess.Popen(command)
    ends = time.monotonic() + SECONDS
    while not world.recipient("rob").sent:
        assert time.monotonic() < ends
        time.sleep(0.05)
    second.send_signal(signal.SIGTERM)
    assert second.wait(SECONDS) == 0
    assert len(relay.mails) == 1
    assert world.recipient().tried == day_of(int(time.time()))
    assert "nobody knows whether it did" in check(world.office)
    assert "nobody knows whether it left" in run(world.office, "show").output


def test_who_is_stopped_begins_with_nobody_else(world: World, relay: Relay) -> None:
    """What was not begun goes when the watch runs again."""
    now = midnight(later(day_of(int(time.time())), 1))
    world.step(now)
    with closing(NoticeDuty(world.office.folder, is_over=lambda: bool(relay.mails))) as stopped:
        stopped.step(world.due())
    assert (len(relay.mails), world.recipient("rob").tried) == (1, "")


def test_a_clock_that_was_ahead_silences_nobody(world: World, relay: Relay) -> None:
    """It is set right: the notice goes on that day, and the page does not take a day to come for one that was."""
    today = day_of(int(time.time()))
    world.morning(later(today, 400))
    assert word_of(world) == "sent"
    world.step(midnight(today) + 1, passed=world.passed + 60)
    assert word_of(world) == "failed"
    world.step(world.due(), passed=world.passed + 2000)
    assert (len(relay.mails), word_of(world)) == (2, "sent")


def test_a_hand_that_fails_does_not_give_back_a_day_that_has_gone(world: World, relay: Relay) -> None:
    """The key cannot be sealed to any more: nothing goes, and nothing is said of the one that went."""
    day = later(day_of(int(time.time())), 1)
    world.morning(day)
    world.sql("UPDATE notice_recipients SET key = x'00' WHERE name = 'ada'")
    with pytest.raises(NoticeNotSent):
        world.duty.send(world.recipient(), world.due() + 60)
    assert (world.recipient().tried, world.recipient().sent, world.recipient().problem) == (day, day, "")
    # On a day on which none went the same failure is told, and stays to be tried.
    with pytest.raises(NoticeNotSent):
        world.duty.send(world.recipient(), midnight(later(day, 1)))
    assert (world.recipient().tried, "could not be sealed" in world.recipient().problem) == (day, True)
    assert len(relay.mails) == 1


def test_a_restored_desk_sends_nothing_on_that_day(world: World, relay: Relay) -> None:
    """From the host that was it may have gone; a copy that somebody only tries out writes to nobody."""
    today = day_of(int(time.time()))
    world.step(midnight(today) + 1)
    look_at_restored(world.office.folder)
    world.step(midnight(today) + 86_399)
    assert (relay.mails, world.recipient().tried, world.recipient("rob").tried) == ([], today, today)
    world.morning(later(today, 1))
    assert len(relay.mails) == 1


def test_a_relay_on_a_socket_takes_one_by_hand_and_no_second(office: Office, people: Homes, tmp_path: Path) -> None:
    """For trying the way out; from an address of its own. Then today's has gone."""
    with small_relay(tmp_path / "relay.sock") as relay:
        set_up(office, people, relay)
        assert run(office, "rhythm", "--sender", "post@example.net").exit_code == 0
        assert run(office, "send", "ada").exit_code == 0
        assert "Most urgent:" in text_in(people, relay.mails[0])
        assert b"\r\nMessage-ID: <" in relay.mails[0]
        assert re.search(rb"Message-ID: <[0-9a-f]{32}@example\.net>", relay.mails[0])
        again = run(office, "send", "ada")
        assert (again.exit_code, "has gone already" in again.output) == (1, True)
        assert (run(office, "send", "nobody").exit_code, len(relay.mails)) == (1, 1)
    assert run(office, "remove", "ada").exit_code == 0
    assert run(office, "remove", "ada").exit_code == 1
    assert "ada" not in run(office, "show").output
