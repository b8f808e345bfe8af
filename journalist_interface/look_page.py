"""The page that shows a reply as its source will see it, before it is sent; and what in it may tell on them."""

from flask import render_template, request

from journalist_interface.casework.drafts import Draft
from journalist_interface.casework.looking import EmptyBoxes, look_at
from journalist_interface.casework.talking import look_at_talk
from journalist_interface.clock import now
from journalist_interface.gate import signed_in, works
from store.desk.templates import Writing


def look_page(reference: str, writing: Writing, typed: Draft, sentence: str = "") -> str:
    """Return the page. Raises WritingRefused if it cannot be sent so, or Missing.

    It carries what was typed, and what its form knew of the case, to wherever it is sent or changed.
    """
    look = look_at(works().desk, signed_in(), reference, writing, typed)
    works().presence.note(reference, signed_in().username, now(), writes=True)
    # Its own document in a frame: the look of the source's site and that of the desk do not mix.
    as_source = render_template("as_source.html", reply=look.shown, form=EmptyBoxes())
    return render_template(
        "look.html",
        look=look,
        case=look.case,
        talk=look_at_talk(works().desk, works().presence, signed_in(), look.case),
        writing=writing.value,
        typed=typed,
        as_source=as_source,
        carried=[(name, request.form.get(name, "")) for name in ("item", "seen", "draft")],
        sentence=sentence,
    )
