"""Until when a closed case is kept, changed by hand: a later day with a reason, or another outcome.

An earlier day than the present one can only follow from an outcome. Whoever wants a case gone before its time asks for
that, and a second person agrees (destruction.py).
"""

from dataclasses import replace
from datetime import date, timedelta

from journalist_interface.case_access import open_case
from journalist_interface.casework.days import add_months
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.periods_kept import MOST_MONTHS, read_periods
from journalist_interface.casework.reasons import checked_reason, tell
from journalist_interface.casework.retention import Periods
from journalist_interface.casework.work import Outcome, Work
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.labels import outcome_label
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.audit import Act, record_act

_DAY_LENGTH = len("2026-11-29")


def keep_longer(desk: Desk, signed_in: SignedIn, reference: str, untrusted_day: str, reason: str) -> None:
    """Keep a closed case until a later day. Raises WritingRefused, or Missing if it is not this reviewer's own."""
    reason, day = checked_reason(reason), _day(untrusted_day)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if not case.work.closed:
            raise WritingRefused(_("This case is open, so nothing ends it. Nothing was changed."))
        if day == case.work.keep_until:
            return  # a form that was sent twice
        if day <= max(case.work.keep_until, today()):
            said = _("Choose a later day than the one until which it is kept already. Nothing was changed.")
            raise WritingRefused(said)
        if day > add_months(today(), MOST_MONTHS):
            said = _("Choose a day within the next {years} years. Nothing was changed.")
            raise WritingRefused(said.format(years=MOST_MONTHS // 12))
        change_work(connection, case, lambda work: replace(work, keep_until=day))
        tell(connection, case, signed_in.username, _("It is kept until {day} now.").format(day=day), reason)
        record_act(connection, signed_in.username, Act.KEEP, reference)


def put_outcome(desk: Desk, signed_in: SignedIn, reference: str, untrusted_outcome: str, reason: str) -> None:
    """Say what came of a closed case: how long it is kept follows from that. Raises WritingRefused, or Missing."""
    reason = checked_reason(reason)
    if not untrusted_outcome or untrusted_outcome not in set(Outcome):
        raise WritingRefused(_("Choose what came of it. Nothing was changed."))
    outcome = Outcome(untrusted_outcome)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if not case.work.closed:
            raise WritingRefused(_("This case is open: say what came of it when you close it. Nothing was changed."))
        if case.work.outcome is outcome:
            return
        keep_until = _not_at_once(read_periods(connection), case.work, outcome)
        change_work(connection, case, lambda work: replace(work, outcome=outcome, keep_until=keep_until))
        told = _("What came of it: {outcome}. It is kept until {day}.")
        told = told.format(outcome=outcome_label(outcome), day=keep_until)
        tell(connection, case, signed_in.username, told, reason)
        record_act(connection, signed_in.username, Act.KEEP, reference)


def _not_at_once(periods: Periods, work: Work, outcome: Outcome) -> str:
    """Return the day of an outcome; never an earlier one than a warning before it can be seen by all who read the case.

    Else somebody could have a case be due this minute by calling it something else.
    """
    warned = (date.fromisoformat(today()) + timedelta(days=periods.warn_days)).isoformat()
    return max(periods.keep_until(work.closed, outcome), min(warned, work.keep_until or warned))


def _day(untrusted: str) -> str:
    typed = untrusted.strip()
    try:
        # One spelling: the calendar of Python knows others too.
        if len(typed) != _DAY_LENGTH or not typed.isascii():
            raise ValueError
        return date.fromisoformat(typed).isoformat()
    except ValueError as reason:
        raise WritingRefused(_("Type the day as year, month and day: 2030-12-31. Nothing was changed.")) from reason
