"""The trail as an auditor reads it: filtered, the newest first, a page at a time; and taken away as a file.

An auditor is cleared for nothing: a case is a number here, and a note never holds a word of one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from journalist_interface.checkpoint_age import checkpoint_warning
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from journalist_interface.trail_file import FORMATS
from journalist_interface.trail_keeping import record_export
from serving.language import gettext as _
from store.desk.audit import Act
from store.desk.audit_reading import Link, Wanted, read_trail, read_trail_in_batches, trail_length
from store.desk.reviewers import list_reviewers

RECORDS_A_PAGE = 100
_HIGHEST_NUMBER = 2**63 - 1
_DAY_SECONDS = 86_400
_LONGEST = 64  # characters of a filter: what is longer is nobody's name


@dataclass(frozen=True)
class Filters:
    """What an auditor typed to find records by; empty: all. Days are YYYY-MM-DD in UTC, the last one included."""

    actor: str = ""
    act: str = ""
    case: str = ""
    since: str = ""
    until: str = ""

    def wanted(self) -> Wanted:
        """Return the records wanted; a day that is none is left out, and `odd_days` tells it."""
        since, until = _seconds(self.since), _seconds(self.until)
        return Wanted(
            actor=self.actor[:_LONGEST] or None,
            act=self.act if self.act in {act.value for act in Act} else None,
            case_reference=self.case.strip().upper()[:_LONGEST] or None,
            since=since,
            until=None if until is None else until + _DAY_SECONDS,
        )

    def odd_days(self) -> str:
        """Return what is wrong with the days, or an empty text."""
        odd = [day for day in (self.since, self.until) if day and _seconds(day) is None]
        if not odd:
            return ""
        return _("“{day}” is no day. Write it as 2026-11-25.").format(day=odd[0][:_LONGEST])

    def given(self) -> dict[str, str]:
        """Return those that were typed, for the address of another page."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class TrailPage:
    """One page: the newest first. `older` is the number below which the next page begins, or None."""

    links: tuple[Link, ...]
    older: int | None
    total: int
    names: tuple[str, ...]
    warning: str = ""  # that no checkpoint was made lately


def read_trail_page(desk: Desk, filters: Filters, below: int | None) -> TrailPage:
    """Return a page of the records wanted. Raises TrailBroken at one that cannot be read."""
    # The address bar takes any number, a column does not.
    known = None if below is None or not 0 < below <= _HIGHEST_NUMBER else below
    wanted = replace(filters.wanted(), below=known, last=RECORDS_A_PAGE + 1)
    with desk.database.reading() as connection:
        found = list(read_trail(connection, wanted))
        names = tuple(reviewer.username for reviewer in list_reviewers(connection))
        total = trail_length(connection)
        warning = checkpoint_warning(connection, now())
    shown = tuple(reversed(found[-RECORDS_A_PAGE:]))
    older = shown[-1].record.number if len(found) > RECORDS_A_PAGE else None
    return TrailPage(shown, older, total, names, warning)


def export_for_auditor(desk: Desk, signed_in: SignedIn, form: str, filters: Filters) -> Iterator[bytes]:
    """Record the export, then return the file, made while it is sent. `form` is one of FORMATS."""
    wanted = filters.wanted()
    record_export(desk, signed_in.username, form, wanted)

    return FORMATS[form](read_trail_in_batches(desk.database, wanted))


def _seconds(day: str) -> int | None:
    try:
        return int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
