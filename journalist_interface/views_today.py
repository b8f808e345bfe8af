"""Page: what needs whoever is signed in, today."""

from functools import partial

from flask import Blueprint, render_template

from journalist_interface.case_list import query_of
from journalist_interface.casework.saved_lists import count_each, read_saved_lists
from journalist_interface.casework.today import look_at_today
from journalist_interface.further_letters import read_further, with_parts
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.post_queue import count_post
from store.desk.roles import Role

pages = Blueprint("today", __name__)


@pages.get("/today")
@needs(Role.REVIEWER)
def show() -> str:
    """Show it."""
    held = works()
    board, saved = held.boards.of(signed_in()), read_saved_lists(held.desk, signed_in())
    today = look_at_today(held.desk, held.lock, board, signed_in())
    cases = [listed.case for section in today.sections for listed in section.cases]
    return render_template(
        "today.html",
        today=today,
        saved=saved,
        saved_counts=count_each(saved, board.listing(held.desk, signed_in()), signed_in().username),
        query=partial(query_of, board),
        further=with_parts(read_further(held.desk, signed_in()), cases),
        waiting=count_post(held.desk, held.lock, signed_in()),
    )
