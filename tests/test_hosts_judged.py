"""What is seen of a host, and the word for it: at its edge, kept in numbers, and nothing where it is damaged."""

from pathlib import Path

import pytest

from onion.health import Health, TorState, clock_word, write_health
from serving.plain_dates import plain_day
from store.backup.record import RECORD, last_backup
from store.findings import Finding, tell_findings
from store.host_health import WORDS, Thing, backup_word, disk_word, is_old, key_word
from store.posture_summary import PostureSummary, read_summary, summarise, summary_path, write_summary
from tests.kept_backup import note_backup

GIB = 1024**3
DAY = "2026-11-20"
# What is seen, and the word for it.
JUDGED = {
    "room for a large report": (disk_word(2 * GIB), "roomy"),
    "a byte less": (disk_word(2 * GIB - 1), "low"),
    "no room": (disk_word(256 * 1024**2 - 1), "full"),
    "a key for ever": (key_word(None, 0), "lasts"),
    "a key for eight weeks": (key_word(56 * 86_400, 0), "lasts"),
    "a key for a day less": (key_word(56 * 86_400 - 1, 0), "ends soon"),
    "a key that is over": (key_word(0, 1), "unusable"),
    "no backup": (backup_word("", DAY), "never"),
    "a backup of three days ago": (backup_word("2026-11-17", DAY), "fresh"),
    "a backup of four days ago": (backup_word("2026-11-16", DAY), "old"),
    "a backup of tomorrow": (backup_word("2026-11-21", DAY), "old"),
    "a day that is none": (backup_word("yesterday", DAY), "old"),
    "a figure of yesterday": (str(is_old("2026-11-19", DAY)), "False"),
    "a figure of the day before": (str(is_old("2026-11-18", DAY)), "True"),
}


@pytest.mark.parametrize("what", JUDGED)
def test_a_figure_becomes_a_word(what: str) -> None:
    """At its very edge."""
    found, word = JUDGED[what]
    assert found == word


def test_every_word_of_tors_has_a_meaning_and_the_clock_has_three(tmp_path: Path) -> None:
    """A word that means nothing would be shown as not known; a clock is known by a watch that looks."""
    assert {state.value for state in TorState} <= WORDS[Thing.TOR].keys()
    path = tmp_path / "health.json"
    assert clock_word(path, 1_000) == "unknown"
    for skew, seen_at, word in (
        (0, 1_000, "right"),
        (600, 1_000, "wrong"),
        (None, 1_000, "unknown"),
        (0, 1, "unknown"),
    ):
        write_health(path, Health(seen_at, 100, {}, skew=skew))
        assert clock_word(path, 1_000) == word


def test_what_a_look_over_the_machine_found_is_kept_in_numbers(tmp_path: Path) -> None:
    """A day and counts, for every user to read; what is damaged or of another form is nothing."""
    told = tell_findings(
        [
            Finding("a", sound=True, name="updates.waiting", warns=True), Finding("b", sound=False, name="x"),
            Finding("c", sound=True), Finding("d", sound=True, warns=True, unseen=True),
        ],
        repair=False,
    )  # fmt: skip
    data = tmp_path / "candour"
    found = summarise(told, DAY)
    assert found == PostureSummary(DAY, right=1, warnings=1, unseen=1, faults=1, updates="waiting")
    summary_path(data).parent.mkdir()
    write_summary(summary_path(data), found)
    assert (read_summary(data), summary_path(data).stat().st_mode & 0o777) == (found, 0o644)
    assert (found.posture_word(DAY), found.posture_word("2026-11-22"), found.updates_word("2026-11-22")) == (
        "faults", "old", "old",
    )  # fmt: skip
    for damaged in (b"", b"[]", b'{"candour_posture": 1}', summary_path(data).read_bytes().replace(b"1,", b"-1,")):
        summary_path(data).write_bytes(damaged)
        assert read_summary(data) is None
    summary_path(data).unlink()
    assert read_summary(data) is None


def test_the_day_of_a_backup_is_noted_and_in_no_backup(tmp_path: Path) -> None:
    """The note is the host's own; one that is damaged is none."""
    assert last_backup(tmp_path) == ""
    note_backup(tmp_path, DAY)
    assert (last_backup(tmp_path), plain_day(last_backup(tmp_path))) == (DAY, "20 November 2026")
    (tmp_path / RECORD).write_text("soon")
    assert last_backup(tmp_path) == ""
