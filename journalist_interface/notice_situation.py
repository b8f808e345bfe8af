"""What a notice tells of, gathered from what stands in clear at the desk: counts and days. No card, letter or key."""

from sqlalchemy import Connection

from journalist_interface.casework.counting import figures_of
from journalist_interface.casework.days import add_working_days
from journalist_interface.casework.rules_read import read_rules
from journalist_interface.clock import day_or_today
from journalist_interface.host_lines import HostPanel, collected_on, look_at_hosts
from journalist_interface.host_words import host_name, thing_name
from journalist_interface.notice_words import HostWords, Situation
from store.desk.clocks import count_every_case, count_unreadable
from store.desk.parcels import list_parcels
from store.host_health import Grade, is_old

_SECONDS_A_DAY = 86_400


def look_at_situation(connection: Connection, today: str, now: int) -> Situation:
    """Return it. `now` in Unix seconds."""
    rules = read_rules(connection)
    days = [day_or_today(parcel.collected_day) for parcel in list_parcels(connection)]
    oldest = min(days, default="")
    figures = figures_of(count_every_case(connection), rules, today, now // _SECONDS_A_DAY)
    collected = collected_on(connection)
    return Situation(
        day=today,
        waiting=len(days),
        oldest=oldest,
        is_post_late=bool(oldest) and today > add_working_days(oldest, rules.acknowledge_days, rules.nation),
        unreadable=count_unreadable(connection),
        late=figures.overdue,
        late_since=figures.oldest,
        collected=collected,
        is_stale=is_old(collected, today),
        hosts=tuple(_told(panel) for panel in look_at_hosts(connection, today, now)),
    )


def _told(panel: HostPanel) -> HostWords:
    return HostWords(
        host_name(panel.host),
        tuple(thing_name(line.thing) for line in panel.of(Grade.BAD)),
        tuple(thing_name(line.thing) for line in panel.of(Grade.LOOK)),
    )
