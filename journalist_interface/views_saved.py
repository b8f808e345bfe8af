"""Page of the lists that somebody saved for themselves: saving one, giving it another name, removing it."""

from functools import partial

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.case_list import query_of
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.kept_lists import NOTHING_SPOKEN
from journalist_interface.casework.saved_lists import (
    LONGEST_NAME,
    count_each,
    read_saved_lists,
    remove_list,
    rename_list,
    save_list,
)
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from serving.language import gettext as _
from store.desk.roles import Role

pages = Blueprint("saved", __name__, url_prefix="/saved")


@pages.get("")
@needs(Role.REVIEWER)
def show() -> str:
    """List them, each with how many cases it holds now."""
    return _page()


@pages.post("")
@needs(Role.REVIEWER)
def save() -> ResponseReturnValue:
    """Save the list of the address, under the name that was typed."""
    spoken = works().boards.of(signed_in()).lists.spoken(request.args.get("list", ""))
    chosen = Filter.read_address(request.args, spoken or NOTHING_SPOKEN)
    try:
        if spoken is None:
            raise WritingRefused(_("What that list was narrowed to in words is forgotten. Nothing was saved."))
        save_list(works().desk, signed_in(), request.form.get("called", ""), chosen)
    except WritingRefused as refused:
        return _page(refused.sentence, chosen), 422
    return redirect(url_for("saved.show"), 303)


@pages.post("/rename")
@needs(Role.REVIEWER)
def rename() -> ResponseReturnValue:
    """Give the list `saved` another name."""
    try:
        rename_list(works().desk, signed_in(), request.form.get("saved", ""), request.form.get("called", ""))
    except WritingRefused as refused:
        return _page(refused.sentence), 422
    return redirect(url_for("saved.show"), 303)


@pages.post("/remove")
@needs(Role.REVIEWER)
def remove() -> ResponseReturnValue:
    """Have the list `saved` no more."""
    remove_list(works().desk, signed_in(), request.form.get("saved", ""))
    return redirect(url_for("saved.show"), 303)


def _page(sentence: str = "", again: Filter | None = None) -> str:
    held = works()
    board, saved = held.boards.of(signed_in()), read_saved_lists(held.desk, signed_in())
    return render_template(
        "saved.html",
        saved=saved,
        counts=count_each(saved, board.listing(held.desk, signed_in()), signed_in().username),
        query=partial(query_of, board),
        sentence=sentence,
        again=again,
        called=request.form.get("called", ""),
        renamed=request.form.get("saved", ""),
        longest=LONGEST_NAME,
    )
