"""Saying that one wrote before, under another codename."""

from flask import Blueprint, render_template

from serving.language import gettext as _
from source_interface.filled_form import empty_form
from source_interface.joining import join
from source_interface.remembering import remembered
from source_interface.returning import NotFound
from source_interface.site_context import form_is_ours, host, signed_in, small_form, visit

pages = Blueprint("join", __name__)


@pages.get("/join")
def ask() -> str:
    """Ask for the older codename; or for the one of this report, in one answer either way."""
    keys = signed_in()
    if keys is None:
        return render_template("return.html", typed="", problem=None, suggestions=())
    return _page(is_joined=bool(remembered(host(), keys).joined))


@pages.post("/join")
def send() -> str | tuple[str, int]:
    """Tell the charity, if the typed codename is another one of a source; or show the same page again."""
    fields = small_form()
    keys = signed_in()
    if not form_is_ours(fields):
        if visit().left:
            return render_template("left.html"), 400
        problem = _("Your browser did not remember this page. Nothing was sent. Please press once more.")
        return _page(typed=fields.get("codename"), problem=problem), 400
    if keys is None:
        problem = _(
            "You were away for a while, so we locked this page to keep you safe. Nothing was sent. First type the "
            "codename of your new report, then press “I wrote before with another codename” again."
        )
        return render_template("return.html", typed="", problem=problem, suggestions=()), 403
    try:
        join(host(), keys, fields)
    except NotFound as reason:
        return _page(typed=fields.get("codename"), problem=reason.problem, reason=reason), reason.status
    return _page(is_joined=True, now=True)


def _page(
    *,
    typed: str = "",
    problem: str | None = None,
    reason: NotFound | None = None,
    is_joined: bool = False,
    now: bool = False,
) -> str:
    return render_template(
        "join.html",
        form=empty_form(host().settings),
        typed=typed[:400],
        problem=problem,
        suggestions=() if reason is None else reason.suggestions,
        is_joined=is_joined,
        now=now,
    )
