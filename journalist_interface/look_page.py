"""The page that shows a reply as its source will see it, before it is sent; and what in it may tell on them."""

from collections.abc import Sequence

from flask import render_template, request

from journalist_interface.case_documents import StoredAttachment
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.drafts import Draft
from journalist_interface.casework.looking import EmptyBoxes, look_at
from journalist_interface.casework.one_case import look_for_members
from journalist_interface.casework.prepared_files import look_at_prepared
from journalist_interface.casework.talking import look_at_talk
from journalist_interface.clock import now
from journalist_interface.errors import WritingRefused
from journalist_interface.gate import signed_in, works
from keys.reply_file import REPLY_FILE_DAYS
from serving.language import gettext as _
from store.desk.templates import Writing

# What the form knew of the case when it was made, and whom it was for.
_CARRIED = ("item", "seen", "draft", "part", "seen_part", "file", "outcome")


def look_page(reference: str, writing: Writing, typed: Draft, sentence: str = "") -> str:
    """Return the page. Raises WritingRefused if it cannot be sent so, or Missing.

    It carries what was typed, and what its form knew of the case, to wherever it is sent or changed.
    """
    board = works().boards.of(signed_in())
    members = look_for_members(works().desk, board, signed_in(), reference)
    parts = [member for member in members if not member.is_one_way]
    to = _whose(reference, writing, parts)
    look = look_at(works().desk, signed_in(), to, writing, typed, [member.reference for member in members], _files(to))
    works().presence.note(reference, signed_in().username, now(), writes=True)
    # Its own document in a frame: the look of the source's site and that of the desk do not mix.
    as_source = render_template("as_source.html", reply=look.shown, form=EmptyBoxes(), file_days=REPLY_FILE_DAYS)
    return render_template(
        "look.html",
        look=look,
        case=look.case,
        reference=reference,
        goes_to=[part for part in parts if writing is Writing.STATUS or part.reference == to],
        talk=look_at_talk(works().desk, works().presence, signed_in(), look.case),
        writing=writing.value,
        typed=typed,
        as_source=as_source,
        carried=[(name, value) for name in _CARRIED for value in request.form.getlist(name)],
        sentence=sentence,
    )


def _whose(reference: str, writing: Writing, parts: Sequence[BoardCase]) -> str:
    """Return the case whose source is answered. Raises WritingRefused if there are several, and nobody chose."""
    references = [part.reference for part in parts]
    if writing is Writing.STATUS or not parts:
        # A reason goes to each, and looks the same to all.
        return (references or [reference])[0]
    wanted = request.form.get("part", reference)
    if wanted not in references:
        raise WritingRefused(_("Choose whom to answer: this case has several sources. Nothing was sent."))
    return wanted


def _files(reference: str) -> list[StoredAttachment]:
    """Return the files of the form that wait for a reply in this case. Raises Missing."""
    chosen = request.form.getlist("file")
    _case, prepared = look_at_prepared(works().desk, signed_in(), reference)
    return [file for file in prepared.files if file.id in chosen]
