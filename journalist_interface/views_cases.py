"""Page: the list of cases."""

from functools import partial

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.case_list import query_of, query_of_tag, read_case_list
from journalist_interface.casework.filtering import ANY, ME, NOBODY, Filter
from journalist_interface.casework.kept_lists import NOTHING_SPOKEN
from journalist_interface.casework.saved_lists import LONGEST_NAME, count_each, read_saved_lists
from journalist_interface.casework.work import Priority
from journalist_interface.further_letters import read_further, with_parts
from journalist_interface.gate import for_everybody, needs, signed_in, works
from journalist_interface.post_queue import count_post
from keys.letter import TOPICS
from keys.statuses import SET_BY_THE_DESK, Status
from serving.language import gettext as _
from store.desk.roles import Role

pages = Blueprint("cases", __name__)


@pages.get("/")
@for_everybody
def show() -> ResponseReturnValue:
    """Show one page of the list, the newest change first; who reads no cases is led to their own work."""
    if Role.REVIEWER not in signed_in().roles:
        return redirect(url_for(_own_work(signed_in().roles)), 303)
    desk, board = works().desk, works().boards.of(signed_in())
    spoken = board.lists.spoken(request.args.get("list", ""))
    chosen = Filter.read_address(request.args, spoken or NOTHING_SPOKEN)
    page = read_case_list(desk, board, signed_in(), chosen, request.args.get("page", 1, type=int))
    saved = read_saved_lists(desk, signed_in())
    listing = board.listing(desk, signed_in())
    return render_template(
        "cases.html",
        page=page,
        is_forgotten=spoken is None,
        query=partial(query_of, board),
        query_of_tag=partial(query_of_tag, board),
        usual=_usual_lists(),
        saved=saved,
        saved_counts=count_each(saved, listing, signed_in().username),
        longest_name=LONGEST_NAME,
        waiting=count_post(desk, works().lock, signed_in()),
        further=with_parts(read_further(desk, signed_in()), [listed.case for listed in page.cases]),
        choices={"status": [each.value for each in Status if each in SET_BY_THE_DESK], "topic": sorted(TOPICS)},
        priorities=[each.value for each in Priority],
    )


@pages.post("/")
@needs(Role.REVIEWER)
def narrow() -> ResponseReturnValue:
    """Narrow the list. What is typed comes in a form, and the address that it leads to holds no word of it."""
    board, chosen = works().boards.of(signed_in()), Filter.read(request.form)
    return redirect(f"{url_for('cases.show')}?{query_of(board, chosen)}".removesuffix("?"), 303)


def _usual_lists() -> tuple[tuple[str, Filter], ...]:
    return (
        (_("Open"), Filter()),
        (_("Mine"), Filter(assignee=ME)),
        (_("Nobody\u2019s"), Filter(assignee=NOBODY)),
        (_("Overdue"), Filter(due="overdue", sort="due")),
        (_("Due soon"), Filter(due="soon", sort="due")),
        (_("Unread"), Filter(is_unread=True)),
        (_("To be answered"), Filter(is_unanswered=True)),
        (_("Waiting for the source"), Filter(is_waiting=True)),
        (_("Danger"), Filter(is_danger=True)),
        (_("To be destroyed"), Filter(status=ANY, fate="warned", sort="end")),
        (_("Held"), Filter(status=ANY, fate="held")),
        (_("All"), Filter(status=ANY)),
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
