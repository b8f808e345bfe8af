"""Reading the deadlines that were chosen, for whoever is nobody at the desk, too: no session, and no key."""

from sqlalchemy import Connection

from journalist_interface.casework.days import Nation
from journalist_interface.casework.deadlines import Rules
from keys.errors import Malformed
from keys.strict_json import read_object
from store.desk.settings import Setting, read_setting
from store.errors import Missing

MOST_DAYS = 60
MOST_MONTHS = 24
_LONGEST = 1_000  # bytes


def read_rules(connection: Connection) -> Rules:
    """Return the rules in force: the usual ones if nobody chose any, or what is kept does not read as rules."""
    return chosen_rules(connection) or Rules()


def chosen_rules(connection: Connection) -> Rules | None:
    """Return what was chosen, or the usual; None if somebody altered it: that must close no list and no case."""
    try:
        return _kept_rules(read_setting(connection, Setting.DEADLINES))
    except Missing:
        return Rules()
    except Malformed:
        return None


def _kept_rules(kept: bytes) -> Rules:
    fields = read_object(kept, _LONGEST)
    rules = Rules(
        acknowledge_days=fields.integer("acknowledge_days", MOST_DAYS, 1),
        feedback_months=fields.integer("feedback_months", MOST_MONTHS, 1),
        remind_months=fields.integer("remind_months", MOST_MONTHS, 1),
        nation=Nation(fields.one_of("nation", frozenset(Nation))),
    )
    fields.end()
    return rules
