"""Pages of many cases at once: choosing what is done to those ticked, its summary before, and after."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from journalist_interface.casework.bulk import do_bulk
from journalist_interface.casework.bulk_plan import MOST_AT_ONCE, Picked, look_at_picked, plan_bulk, read_picked
from journalist_interface.casework.bulk_wish import NOBODY, Deed, Wish
from journalist_interface.casework.work import Outcome, Priority
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, shown_this_once, signed_in, works
from journalist_interface.labels import outcome_label
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.roles import Role

pages = Blueprint("bulk", __name__, url_prefix="/bulk")
_FIELDS = ("assignee", "priority", "tags", "tags_off", "reason", "outcome")


@pages.post("")
@needs(Role.REVIEWER)
def pick() -> ResponseReturnValue:
    """Ask what is to be done with the cases ticked; or with all of the page, or all of the list, if that is ticked."""
    wanted = request.form.getlist("picked")
    if "page_all" in request.form:
        wanted = request.form.getlist("shown")
    if "list_all" in request.form:
        wanted = _whole_list()
        if not wanted:
            return _choosing(
                (), _("That list is not kept any more. Nothing was changed. Show it again, then tick.")
            ), 422
    try:
        return _choosing(read_picked(wanted[:MOST_AT_ONCE]), cut=max(0, len(wanted) - MOST_AT_ONCE))
    except WritingRefused as refused:
        return _choosing((), refused.sentence), 422


@pages.post("/summary")
@needs(Role.REVIEWER)
def plan() -> ResponseReturnValue:
    """Say what would be done, to which of them, and to which not."""
    picked: tuple[Picked, ...] = ()
    try:
        picked = read_picked(request.form.getlist("picked"))
        wish = Wish.read(request.form)
    except WritingRefused as refused:
        return _choosing(picked, refused.sentence), 422
    planned = plan_bulk(works().desk, signed_in(), wish, picked)
    return render_template("bulk_summary.html", plan=planned, batch=new_blob_id(), **_words(wish))


@pages.post("/do")
@needs(Role.REVIEWER)
def do() -> ResponseReturnValue:
    """Do it, and say what was done and what not."""
    picked: tuple[Picked, ...] = ()
    named, batch = request.form.getlist("picked"), request.form.get("batch", "")
    try:
        picked = read_picked(named)
        wish = Wish.read(request.form)
        report = do_bulk(works().desk, signed_in(), wish, batch, named)
    except WritingRefused as refused:
        return _choosing(picked, refused.sentence), 422
    page = render_template("bulk_done.html", report=report, batch=batch, **_words(wish))
    return shown_this_once(page) if report.had_room else (page, 507)


def _choosing(picked: tuple[Picked, ...], sentence: str = "", cut: int = 0) -> str:
    held = works()
    return render_template(
        "bulk.html",
        choice=look_at_picked(held.desk, held.boards.of(signed_in()), signed_in(), picked),
        picked=picked,
        cut=cut,
        most=MOST_AT_ONCE,
        sentence=sentence,
        typed={name: request.form.get(name, "") for name in ("deed", *_FIELDS)},
        outcomes=[choice.value for choice in Outcome if choice],
        priorities=[each.value for each in Priority],
        nobody=NOBODY,
        list_query=_list_query(),
    )


def _words(wish: Wish) -> dict[str, object]:
    return {
        "wish": wish,
        "fields": {name: getattr(wish, name) for name in _FIELDS},
        "closes": wish.deed is Deed.CLOSE,
        "outcome": outcome_label(wish.outcome),
        "nobody": NOBODY,
        "list_query": _list_query(),
    }


def _whole_list() -> list[str]:
    """Return the references of the list that the form stood below, as it was shown."""
    held = works()
    board = held.boards.of(signed_in())
    walk = board.lists.walk(request.form.get("walk", ""))
    cases = board.look(held.desk, signed_in())
    return [cases[each].reference for each in walk.order if each in cases] if walk else []


def _list_query() -> str:
    walk = works().boards.of(signed_in()).lists.walk(request.form.get("walk", ""))
    return walk.query if walk else ""
