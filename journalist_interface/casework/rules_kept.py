"""The deadlines that this charity has chosen; the usual ones until a supervisor chooses others.

They are no secret, and stand in clear. What they are now, and what they were, is in the audit trail.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from journalist_interface.casework.days import Nation
from journalist_interface.casework.deadlines import Due, Rules, dues_of
from journalist_interface.casework.rules_read import MOST_DAYS, MOST_MONTHS, chosen_rules, read_rules
from journalist_interface.casework.typed_numbers import read_number
from journalist_interface.casework.work import Work
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.strict_json import write_object
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.settings import Setting, keep_setting

__all__ = [
    "MOST_DAYS",
    "MOST_MONTHS",
    "RulesPage",
    "chosen_rules",
    "keep_rules",
    "look_at_rules",
    "read_rules",
    "read_typed_rules",
]


@dataclass(frozen=True)
class RulesPage:
    """The rules in force, when a letter of today would be due by them, and whether what is kept was altered."""

    rules: Rules
    dues: tuple[Due, ...]
    is_altered: bool


def look_at_rules(desk: Desk) -> RulesPage:
    """Return what the page of the deadlines shows."""
    with desk.database.reading() as connection:
        chosen = chosen_rules(connection)
    rules, day = chosen or Rules(), today()
    letter = Work(received=day, acknowledged=day, unanswered=day)
    return RulesPage(rules, dues_of(letter, is_one_way=False, rules=rules, today=day), chosen is None)


def read_typed_rules(untrusted: Mapping[str, str]) -> Rules:
    """Return the rules that were typed. Raises WritingRefused with what is wrong."""
    nation = untrusted.get("nation", "")
    if nation not in set(Nation):
        raise WritingRefused(_("Choose whose bank holidays count. Nothing was changed."))
    rules = Rules(
        acknowledge_days=read_number(untrusted.get("acknowledge_days", ""), MOST_DAYS),
        feedback_months=read_number(untrusted.get("feedback_months", ""), MOST_MONTHS),
        remind_months=read_number(untrusted.get("remind_months", ""), MOST_MONTHS),
        nation=Nation(nation),
    )
    if rules.remind_months >= rules.feedback_months:
        raise WritingRefused(_("The reminder must come before the feedback is due. Nothing was changed."))
    return rules


def keep_rules(desk: Desk, signed_in: SignedIn, rules: Rules) -> None:
    """Have these rules hold from now on, for cases of before too. What is as it was is not recorded again."""
    with desk.database.writing() as connection:
        before = read_rules(connection)
        if chosen_rules(connection) == rules:
            return
        keep_setting(connection, Setting.DEADLINES, write_object(asdict(rules)))
        record_act(connection, signed_in.username, Act.SETTINGS, note=f"deadlines: {_told(before)} -> {_told(rules)}")


def _told(rules: Rules) -> str:
    # As other settings are told: in the trail's own few words.
    return f"{rules.acknowledge_days} days, {rules.remind_months} and {rules.feedback_months} months, {rules.nation}"
