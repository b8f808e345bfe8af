"""Which backups are kept, and that nothing else is ever erased."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from keys.backup_head import HostKind
from store.backup.names import DAYS_KEPT, MONTHS_KEPT, WEEKS_KEPT, backup_name, too_old

DAY = date(2026, 11, 29)
DAYS = st.sets(st.integers(0, 900).map(lambda ago: DAY - timedelta(days=ago)), max_size=200)


@given(DAYS)
def test_the_newest_of_each_span_is_kept(days: set[date]) -> None:
    """Seven days, four weeks, six months; never more than their sum, and the last seven always."""
    names = {backup_name(HostKind.DESK, day.isoformat()) for day in days}
    old = set(too_old(HostKind.DESK, names))
    kept = sorted(names - old, reverse=True)
    assert len(kept) <= DAYS_KEPT + WEEKS_KEPT + MONTHS_KEPT
    assert kept[:DAYS_KEPT] == sorted(names, reverse=True)[:DAYS_KEPT]
    months = sorted({day.isoformat()[:7] for day in days}, reverse=True)[:MONTHS_KEPT]
    assert {name[13:20] for name in kept} >= set(months)
    # Pruned once, nothing more is to be pruned.
    assert too_old(HostKind.DESK, kept) == []


@given(DAYS)
def test_of_the_source_host_the_last_seven_are_kept(days: set[date]) -> None:
    """And not one more."""
    names = {backup_name(HostKind.DROP, day.isoformat()) for day in days}
    assert set(too_old(HostKind.DROP, names)) == set(sorted(names, reverse=True)[DAYS_KEPT:])


def test_a_year_of_backups_leaves_these() -> None:
    """By example: every day of the last week, Sundays, ends of months."""
    names = [backup_name(HostKind.DESK, (DAY - timedelta(days=ago)).isoformat()) for ago in range(365)]
    kept = sorted(set(names) - set(too_old(HostKind.DESK, names)))
    assert [name[13:23] for name in kept] == [
        *("2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31"),
        *("2026-11-08", "2026-11-15", "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26"),
        *("2026-11-27", "2026-11-28", "2026-11-29"),
    ]


def test_nothing_else_in_the_folder_is_ever_erased() -> None:
    """Not the other host's, not what somebody renamed, not a day that is none."""
    other = [
        "candour-desk-2001-01-01.backup",
        "keep-candour-drop-2001-01-01.backup",
        "candour-drop-2001-01-01.backup.old",
    ]
    own = [backup_name(HostKind.DROP, (DAY - timedelta(days=ago)).isoformat()) for ago in range(9)]
    assert not set(too_old(HostKind.DROP, [*own, *other, "candour-drop-2001-13-41.backup"])) - set(own)
