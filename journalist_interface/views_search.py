"""Page: searching in the content of one's cases."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from journalist_interface.casework.filtering import ANY, Filter
from journalist_interface.casework.searching import SearchPage, search
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from store.desk.roles import Role

pages = Blueprint("search", __name__, url_prefix="/search")


@pages.get("")
@needs(Role.REVIEWER)
def show() -> str:
    """Show the box."""
    return _page("", None)


@pages.post("")
@needs(Role.REVIEWER)
def find() -> ResponseReturnValue:
    """Search. What is looked for comes in a form: an address stays in the browser's memory, and may be seen."""
    query, number, held = request.form.get("query", ""), request.form.get("page", 1, type=int), works()
    chosen = _chosen()
    try:
        return _page(query, search(held.desk, held.boards.of(signed_in()), signed_in(), query, number, chosen))
    except WritingRefused as refused:
        return _page(query, None, refused.sentence), 422


def _chosen() -> Filter:
    """Return which of the cases found are shown, and in which order: all, the newest change first, unless chosen."""
    form = request.form
    return Filter.read({"status": form.get("status", ANY), "sort": form.get("sort", "")})


def _page(query: str, page: SearchPage | None, sentence: str = "") -> str:
    return render_template("search.html", query=query, page=page, sentence=sentence, chosen=_chosen())
