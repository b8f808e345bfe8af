"""Page: copying letters of a case, about another matter, into a case of their own."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.casework.splitting import SplitForm, look_at_letters, split
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import needs, signed_in, works
from store.blobs import new_blob_id
from store.desk.roles import Role

pages = Blueprint("splitting", __name__, url_prefix="/case/<reference>")


@pages.get("/split")
@needs(Role.REVIEWER)
def show(reference: str) -> str:
    """Show the letters."""
    return _page(reference)


@pages.post("/split")
@needs(Role.REVIEWER)
def keep(reference: str) -> ResponseReturnValue:
    """Copy those that were chosen."""
    form = SplitForm(
        case_id=request.form.get("item", ""),
        letters=tuple(request.form.getlist("letter")),
        readers=tuple(request.form.getlist("reader")),
        into=request.form.get("into", ""),
        why=request.form.get("reason", ""),
    )
    try:
        made = split(works().desk, signed_in(), reference, form)
    except WritingRefused as refused:
        return _page(reference, form, refused.sentence), 422
    return redirect(url_for("case.show", reference=made), 303)


def _page(reference: str, typed: SplitForm | None = None, sentence: str = "") -> str:
    page = look_at_letters(works().desk, works().boards.of(signed_in()), signed_in(), reference)
    if typed is None:
        typed = SplitForm("", (), page.readers, "")
    # The form carries the id of the case that it will become, so that sent twice it is made once.
    return render_template("split.html", page=page, typed=typed, sentence=sentence, new_id=new_blob_id)
