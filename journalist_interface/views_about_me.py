"""Page of a reviewer's own: which topics they take, until when they are away, what they must not be given."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.about_me import OwnPage, Written, read_own_page, save_own_page
from journalist_interface.clock import today
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from keys.recusals import LONGEST_LINE, MOST_LINES
from store.desk.roles import Role

# As sources are asked.
TOPICS_IN_ORDER = ("money", "advantage", "sexual", "partner", "hate", "other")

pages = Blueprint("about_me", __name__, url_prefix="/about-me")


@pages.get("")
@needs(Role.REVIEWER)
def show() -> str:
    """Show what this reviewer said."""
    return _page(read_own_page(works().desk, signed_in()), kept="kept" in request.args)


@pages.post("")
@needs(Role.REVIEWER)
def save() -> ResponseReturnValue:
    """Keep what they say now."""
    typed = request.form
    written = Written(
        typed.getlist("topic"), typed.get("back_on", ""), typed.get("recusals", ""), typed.get("version", "")
    )
    try:
        save_own_page(works().desk, signed_in(), written)
    except WritingRefused as refused:
        own = read_own_page(works().desk, signed_in())
        return _page(own, refused.sentence, written), 422
    return redirect(url_for("about_me.show", kept=1), 303)


def _page(own: OwnPage, sentence: str = "", written: Written | None = None, *, kept: bool = False) -> str:
    shown = written or Written(own.topics, own.back_on, "\n".join(own.lines), own.version)
    return render_template(
        "about_me.html",
        own=own,
        shown=shown,
        sentence=sentence,
        kept=kept,
        topics=TOPICS_IN_ORDER,
        today=today(),
        limits={"line": LONGEST_LINE, "lines": MOST_LINES},
    )
