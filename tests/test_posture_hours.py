"""A timer whose hour an administrator changed, as they change it: right, and said, if it comes each day."""

from pathlib import Path

import pytest

from posture.line import Grade, Line
from tests.harm_to_units import OF_TIMER, timed
from tests.harmed_machine import Break, added, both, look_over, not_right, retell
from tests.made_up_machine import MadeUp, right_machine
from tests.printed_by_debian import AFTER, CALENDAR

CLOCK, LOOK = "systemctl show candour-clock.timer", "systemctl show candour-posture.timer"
OF_CLOCK, OF_LOOK = OF_TIMER.replace("backup", "clock"), OF_TIMER.replace("backup", "posture")
IN_BERLIN = "*-*-* 03:00:00 Europe/Berlin"
# What was changed; the line that tells, and what it says.
HOURS: dict[str, tuple[Break, str, str]] = {
    "another hour": (timed("", "03:00", "*-*-* 03:00:00"), "backup", "changed here, to 03:00:00."),
    "twice a day": (timed("", "3,15:00", "*-*-* 03,15:00:00"), "backup", "changed here, to 03,15:00:00."),
    "two lines": (
        timed("", "3:00", "*-*-* 15:00:00", "*-*-* 03:00:00"), "backup", "changed here, to 15:00:00; 03:00:00.",
    ),
    "an hour elsewhere": (timed("", "3:00 Europe/Berlin", IN_BERLIN), "backup", "to 03:00:00 Europe/Berlin."),
    "the daily look's": (
        both(
            added(LOOK, "[Timer]\nOnCalendar=\nOnCalendar=12:00\n", OF_LOOK),
            retell(LOOK, "*-*-* 00:00:00", "*-*-* 12:00:00"),
        ), "posture", "changed here, to 12:00:00.",
    ),
    "the clock has one, which had none": (
        both(
            added(CLOCK, "[Timer]\nOnCalendar=12:00\n", OF_CLOCK),
            retell(CLOCK, "DropInPaths=", CALENDAR.format("*-*-* 12:00:00") + "DropInPaths="),
        ), "clock", "changed here, to 12:00:00.",
    ),
}  # fmt: skip


def line_of(made: MadeUp, name: str) -> Line:
    """What is said of a timer."""
    [line] = [line for line in look_over(made) if line.name == f"service.{name}.timer"]
    return line


@pytest.mark.parametrize("hour", HOURS)
def test_an_hour_of_each_day_is_right_and_said(tmp_path: Path, hour: str) -> None:
    """And nothing else is other than right."""
    change, name, said = HOURS[hour]
    made = right_machine(tmp_path, "drop")
    change(made)
    assert not_right(made) == {}
    assert line_of(made, name).sentence.endswith(said)


def test_an_hour_that_takes_the_other_times_away_is_a_fault(tmp_path: Path) -> None:
    """The empty line that is right for the backup: of the clock's it takes the look after each start, for systemd."""
    made = right_machine(tmp_path, "drop")
    added(CLOCK, "[Timer]\nOnCalendar=\nOnCalendar=12:00\n", OF_CLOCK)(made)
    retell(CLOCK, AFTER, CALENDAR.format("*-*-* 12:00:00"))(made)
    assert not_right(made) == {"service.clock.timer": Grade.FAULT}
    assert "no more after a start" in line_of(made, "clock").sentence


def test_what_else_was_added_is_warned_of_as_before(tmp_path: Path) -> None:
    """An hour does not hide it."""
    made = right_machine(tmp_path, "drop")
    timed("[Unit]\nAfter=time-sync.target\n", "03:00", "*-*-* 03:00:00")(made)
    assert not_right(made) == {"service.backup.timer": Grade.WARNING}


def test_an_hour_that_nobody_changed_is_not_said(tmp_path: Path) -> None:
    """Each has its usual one in force."""
    made = right_machine(tmp_path, "drop")
    assert "hour" not in line_of(made, "backup").sentence + line_of(made, "clock").sentence


def test_that_it_is_no_hour_of_each_day_is_said_with_what_it_is(tmp_path: Path) -> None:
    """So that whoever changed it knows what they did."""
    made = right_machine(tmp_path, "drop")
    timed("", "Mon 03:00", "Mon *-*-* 03:00:00")(made)
    assert "no hour of each day (Mon *-*-* 03:00:00)" in line_of(made, "backup").sentence
    never = right_machine(tmp_path / "second", "drop")
    timed("", "")(never)
    assert line_of(never, "backup").sentence.endswith("it never comes.")
