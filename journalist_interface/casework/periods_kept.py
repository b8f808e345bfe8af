"""How long cases are kept: what this charity has chosen, and the usual until a supervisor chooses otherwise.

No secret, and in clear. What holds now, and what held before, is in the audit trail. Whoever altered it in the database
has closed no page by that: then the usual holds, and a second person must agree to every destruction.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Connection

from journalist_interface.casework.retention import Periods
from journalist_interface.casework.typed_numbers import read_number
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.errors import Malformed
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.destroyed import count_held
from store.desk.settings import Setting, keep_setting, read_setting
from store.errors import Missing

MOST_MONTHS = 240
MOST_WARN_DAYS = 365
MONTHS = tuple(each.name for each in fields(Periods) if each.name not in ("warn_days", "consent"))
_LONGEST = 1_000  # bytes


def read_periods(connection: Connection) -> Periods:
    """Return what holds."""
    return chosen_periods(connection) or Periods()


def chosen_periods(connection: Connection) -> Periods | None:
    """Return what was chosen, or the usual; None if somebody altered it."""
    try:
        found = read_object(read_setting(connection, Setting.RETENTION), _LONGEST)
        months = {name: found.integer(name, MOST_MONTHS, 1) for name in MONTHS}
        periods = Periods(
            **months, warn_days=found.integer("warn_days", MOST_WARN_DAYS, 1), consent=found.flag("consent")
        )
        found.end()
    except Missing:
        return Periods()
    except Malformed:
        return None
    return periods


@dataclass(frozen=True)
class PeriodsPage:
    """What holds, whether what is kept was altered, and how many cases are held back from destruction."""

    periods: Periods
    is_altered: bool
    held: int


def look_at_periods(desk: Desk) -> PeriodsPage:
    """Return what the page of the periods shows."""
    with desk.database.reading() as connection:
        chosen = chosen_periods(connection)
        return PeriodsPage(chosen or Periods(), chosen is None, count_held(connection))


def read_typed_periods(untrusted: Mapping[str, str]) -> Periods:
    """Return the periods that were typed. Raises WritingRefused with what is wrong."""
    months = {name: read_number(untrusted.get(name, ""), MOST_MONTHS) for name in MONTHS}
    warn_days = read_number(untrusted.get("warn_days", ""), MOST_WARN_DAYS)
    if untrusted.get("two_needed", "") not in ("yes", "no"):
        raise WritingRefused(_("Choose whether a second person must agree. Nothing was changed."))
    return Periods(**months, warn_days=warn_days, consent=untrusted["two_needed"] == "yes")


def keep_periods(desk: Desk, signed_in: SignedIn, periods: Periods) -> None:
    """Have these periods hold for what is closed from now on. What is as it was is not recorded again."""
    with desk.database.writing() as connection:
        before = read_periods(connection)
        if chosen_periods(connection) == periods:
            return
        keep_setting(connection, Setting.RETENTION, write_object(asdict(periods)))
        record_act(connection, signed_in.username, Act.SETTINGS, note=f"retention: {_told(before)} -> {_told(periods)}")


def _told(periods: Periods) -> str:
    # As other settings are told: in the trail's own few words.
    months = ", ".join(f"{name.replace('_', '-')} {getattr(periods, name)}" for name in MONTHS)
    consent = "two needed" if periods.consent else "one enough"
    return f"{months} months, {periods.warn_days} days ahead, {consent}"
