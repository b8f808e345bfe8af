"""Page: the list of cases."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.case_list import read_case_list
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.work import Priority
from journalist_interface.further_letters import read_further, with_parts
from journalist_interface.gate import for_everybody, signed_in, works
from journalist_interface.post_queue import count_post
from keys.letter import TOPICS
from keys.statuses import SET_BY_THE_DESK, Status
from store.desk.roles import Role

pages = Blueprint("cases", __name__)


@pages.get("/")
@for_everybody
def show() -> ResponseReturnValue:
    """Show one page of the list, the newest change first; who reads no cases is led to their own work."""
    if Role.REVIEWER not in signed_in().roles:
        return redirect(url_for(_own_work(signed_in().roles)), 303)
    number = request.args.get("page", 1, type=int)
    desk = works().desk
    chosen = Filter.read(request.args)
    page = read_case_list(desk, works().boards.of(signed_in()), signed_in(), chosen, number)
    return render_template(
        "cases.html",
        page=page,
        waiting=count_post(desk, works().lock, signed_in()),
        further=with_parts(read_further(desk, signed_in()), [listed.case for listed in page.cases]),
        choices={"status": [each.value for each in Status if each in SET_BY_THE_DESK], "topic": sorted(TOPICS)},
        priorities=[each.value for each in Priority],
    )


def _own_work(roles: frozenset[Role]) -> str:
    own_work = (
        (Role.INTAKE_OFFICER, "post.show"),
        (Role.AUDITOR, "audit.show"),
        (Role.SUPERVISOR, "people.show"),
        (Role.ADMINISTRATOR, "people.show"),
    )
    for role, endpoint in own_work:
        if role in roles:
            return endpoint
    return "sessions.show"
