"""The whole, for supervisors: how many cases stand where, what is late, what nobody can read. Counts, and no case.

Rules (docs/adr/0045):
- It is counted from what stands in clear. No name, reference, topic, tag, reader or danger is in it, and no case that a
  number could be followed to. Only whoever is cleared finds a case, in their own lists.
- Whoever reads cases themselves could take their own number from the whole, and learn that there is one from which they
  are kept out. So where fewer than five cases are not theirs, they get the figures of their own cases, with the same
  sentence whether there are four others or none.
- What nobody at work can read is told to every supervisor: there is nobody else who would see that it waits.
"""

from dataclasses import dataclass

from journalist_interface.casework.counting import AGES, Figures, figures_of, total
from journalist_interface.casework.days import add_working_days
from journalist_interface.casework.rules_read import read_rules
from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_queue import count_post, oldest_in_post
from journalist_interface.sessions import SignedIn
from store.desk.clocks import count_cases_of, count_every_case, count_unreadable
from store.desk.roles import Role, roles_of

__all__ = ["AGES", "FEW", "Figures", "Whole", "figures_of", "look_at_whole"]

FEW = 5  # cases; as many others must there be before their number is told to somebody who reads cases
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Whole:
    """What a supervisor sees. `is_partial`: the figures are of their own cases only.

    `post_since` is a day, or empty if no letter waits; `unreadable` counts cases that nobody at work can read.
    """

    figures: Figures
    is_partial: bool
    unreadable: int
    post: int
    post_since: str
    is_post_late: bool


def look_at_whole(desk: Desk, lock: IntakeLock, signed_in: SignedIn) -> Whole:
    """Return what this supervisor may know of the whole."""
    with desk.database.reading() as connection:
        rules = read_rules(connection)
        every, own = count_every_case(connection), count_cases_of(connection, signed_in.username)
        reads_cases = bool(own) or Role.REVIEWER in roles_of(connection, signed_in.username)
        unreadable = count_unreadable(connection)
    is_partial = reads_cases and total(every) - total(own) < FEW
    since, day = oldest_in_post(desk, lock, signed_in), today()
    return Whole(
        figures=figures_of(own if is_partial else every, rules, day, now() // _SECONDS_A_DAY),
        is_partial=is_partial,
        unreadable=unreadable,
        post=count_post(desk, lock, signed_in),
        post_since=since,
        is_post_late=bool(since) and day > add_working_days(since, rules.acknowledge_days, rules.nation),
    )
