"""The deadlines that this charity has chosen; the usual ones until somebody chooses."""

from sqlalchemy import Connection

from journalist_interface.case_places import broken_if_malformed
from journalist_interface.casework.days import Nation
from journalist_interface.casework.deadlines import Rules
from keys.strict_json import read_object
from store.desk.settings import Setting, read_setting
from store.errors import Missing

MOST_DAYS = 60
MOST_MONTHS = 24
_LONGEST = 1_000  # bytes


def read_rules(connection: Connection) -> Rules:
    """Return the rules in force. Raises SealBroken if what is kept does not read as rules."""
    try:
        kept = read_setting(connection, Setting.DEADLINES)
    except Missing:
        return Rules()
    with broken_if_malformed():
        fields = read_object(kept, _LONGEST)
        rules = Rules(
            acknowledge_days=fields.integer("acknowledge_days", MOST_DAYS, 1),
            feedback_months=fields.integer("feedback_months", MOST_MONTHS, 1),
            remind_months=fields.integer("remind_months", MOST_MONTHS),
            nation=Nation(fields.one_of("nation", frozenset(Nation))),
        )
        fields.end()
    return rules
