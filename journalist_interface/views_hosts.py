"""Page: how both hosts are, for those who can do something about it."""

from flask import Blueprint, render_template

from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.gate import needs, works
from journalist_interface.host_lines import HostLine, count_bad, look_at_hosts
from journalist_interface.host_words import sentence_of, thing_name
from journalist_interface.sessions import SignedIn
from store.desk.health import SOURCE
from store.desk.roles import Role
from store.host_health import Grade

pages = Blueprint("hosts", __name__)
SEEN_BY = (Role.ADMINISTRATOR, Role.INTAKE_OFFICER, Role.SUPERVISOR)


@pages.get("/hosts")
@needs(*SEEN_BY)
def show() -> str:
    """Show it."""
    with works().desk.database.reading() as connection:
        panels = look_at_hosts(connection, today(), now())
    lines = [line for panel in panels for line in panel.lines]
    return render_template(
        "hosts.html",
        panels=panels,
        source=SOURCE,
        bad=count_bad(panels),
        look=sum(line.grade is Grade.LOOK for line in lines),
        unknown=sum(line.grade is Grade.UNKNOWN for line in lines),
        thing_name=thing_name,
        sentence=_sentence,
    )


def count_not_well(desk: Desk, signed_in: SignedIn | None) -> int | None:
    """Return how many things are not well, for whoever can do something about it; None for everybody else."""
    if signed_in is None or not signed_in.roles & frozenset(SEEN_BY):
        return None
    with desk.database.reading() as connection:
        return count_bad(look_at_hosts(connection, today(), now()))


def _sentence(line: HostLine) -> str:
    return sentence_of(line.thing, line.word)
