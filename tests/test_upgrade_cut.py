"""The power goes in the middle of an upgrade, wherever that is, and once more in the middle of undoing it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.hosts.program import NEW
from deploy.hosts.units import UNITS
from tests.cut_host import BEFORE_IT

CHECKOUT = Path(__file__).resolve().parent.parent
EVERY = 13  # of the changes that an upgrade makes to files, this many-th is the last


def cuts(folder: Path, version: str, every: int) -> list[dict[str, Any]]:
    """What became of each: the first line is that of an upgrade which nothing cut short."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cut_upgrade", folder, version, str(every)],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Of a version that is well."""
    return cuts(tmp_path_factory.mktemp("good") / "x", "new", EVERY)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Of one that erases a letter, and answers as if it were well."""
    return cuts(tmp_path_factory.mktemp("bad") / "x", "bad", EVERY * 3)


def test_without_a_cut_the_good_one_takes_over_and_the_bad_one_does_not(
    good: list[dict[str, Any]], bad: list[dict[str, Any]]
) -> None:
    """And neither leaves anything behind."""
    assert (good[0]["as"], good[0]["migrated"], good[0]["old kept"]) == ("new", True, True)
    assert (bad[0]["as"], bad[0]["migrated"], bad[0]["old kept"]) == ("before", False, False)
    assert (good[0]["left"], bad[0]["left"]) == ([], [])


def test_a_version_that_finds_a_fault_is_not_let_in(tmp_path: Path) -> None:
    """Though it answers, and every file is there."""
    whole, _one_cut = cuts(tmp_path / "x", "faulty", 10_000)
    assert (whole["as"], whole["migrated"], whole["left"]) == ("before", False, [])


def test_wherever_it_is_cut_it_is_one_version_or_the_other(
    good: list[dict[str, Any]], bad: list[dict[str, Any]]
) -> None:
    """Program, data and root's files, byte for byte as before; or all of the new one."""
    assert len(good) > 30
    assert {each["as"] for each in good} == {"before", "new"}
    assert {each["as"] for each in bad} == {"before"}
    assert [each for each in (*good, *bad) if each["migrated"] is not (each["as"] == "new")] == []


def test_no_letter_is_lost_and_nothing_that_was_held(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> None:
    """Also where the new version erased one."""
    assert [each for each in (*good, *bad) if (each["sealed"], each["held"]) != (2, 1)] == []


def test_nobody_is_let_in_before_it_is_put_right(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> None:
    """The machine comes up with the note there: no service starts. Put right, all that ran run again.

    So does what came with the new version, whose units the version before had not.
    """
    assert [each for each in (*good, *bad) if each["let in"]] == []
    always = {unit.name for unit in UNITS["drop"] if not unit.nightly}
    running = {"before": sorted(BEFORE_IT), "new": sorted(always)}
    assert set(BEFORE_IT) < always
    assert [each for each in (*good, *bad) if each["running"] != running[each["as"]]] == []


def test_nothing_is_left_behind(good: list[dict[str, Any]], bad: list[dict[str, Any]]) -> None:
    """No copy of the data, no note, nothing among the units; what was built and never used is built anew."""
    assert [each for each in (*good, *bad) if set(each["left"]) - {NEW}] == []
