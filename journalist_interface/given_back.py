"""Words that were not taken, given back on a page from which they can be sent: nothing that was typed is ever lost.

- The words came with this very request, so they go back to whoever sent it, with one exception: a form names who was
  signed in when its page was made, and if somebody else is signed in by now, their words are not shown to them.
- Nothing is kept here. The page is a form again; it carries the id of what it will become, so that words which did
  arrive after all are not written twice.
"""

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from journalist_interface.casework.safety_note import Point
from journalist_interface.labels import status_label
from keys.statuses import SET_BY_THE_DESK
from serving.language import gettext as _

# The fields in which people write.
TYPED = (
    "text",
    "question",
    "reason",
    "note",
    "recusals",
    "keep_out_of",
    "summary",
    "people",
    "places",
    "dates",
    "tags",
    "tags_off",
    "query",
    "title",
    "way",
    *(f"words_{point}" for point in Point),
    "words",
    "called",
    "recipient_key",
)
# What leaves with a case that is taken out.
WITH = ("with_attachments", "with_notes", "with_names")
# What else a form that is sent again must say: which item it becomes, what was chosen, how much of the case was seen.
CARRIED: tuple[str, ...] = (
    "item",
    "seen",
    "status",
    "who",
    "topic",
    "back_on",
    "version",
    "assignee",
    "priority",
    "draft",
    "warned",
    "used_for",
    "part",
    "seen_part",
    "other",
    "kind",
    "step",
    "letter",
    "reader",
    "into",
    "file",
    "outcome",
    "until",
    "consenter",
    "deed",
    "batch",
    "picked",
    "sort",
)
# What leaves with a case that is taken out; of somebody's safety: what was said at each point, who was told and when.
CARRIED += (*WITH, "whom", "told_by", "told_at", "look_again", *(f"said_{point}" for point in Point))
WRITER = "writer"  # the field that names who was signed in when the page was made
# A form of ours has thirteen.
_MOST_TEXTS = 64
# Forms whose words are kept, and those that are only looked at: they go to nobody.
_KEPT = frozenset({"talk.keep", "case.note", "work.keep_summary", "templates.keep", "templates.keep_change"})
_LOOKED_AT = frozenset({"talk.look", "talk.write"})
_FORM_METHODS = frozenset({"POST"})


def give_back(why: str, status: int, *, again: bool = True) -> ResponseReturnValue | None:
    """Return a page with every word of a form that was not taken; None if nothing was typed.

    `again`: whether it may be sent again to where it was going.
    """
    texts = _texts()
    if not texts:
        return None
    address = url_for(request.endpoint, **(request.view_args or {})) if again and request.endpoint else ""
    page = render_template(
        "given_back.html",
        why=why,
        texts=texts,
        address=address,
        carried=[(name, value) for name in CARRIED for value in request.form.getlist(name)],
        chosen=_chosen(),
        writer=request.form.get(WRITER, ""),
        button=_button(),
    )
    return page, status


def is_somebody_elses() -> bool:
    """Tell whether the form's page was made for another person than the one signed in."""
    writer = request.form.get(WRITER, "")
    return bool(writer) and g.signed_in is not None and writer != g.signed_in.username


def _button() -> str:
    """Return what the button says: whoever keeps a draft must not fear that it is sent."""
    if g.signed_in is None or request.endpoint in _LOOKED_AT:
        return _("Go on")
    return _("Keep it") if request.endpoint in _KEPT else _("Send it now")


def _texts() -> list[tuple[str, str]]:
    if request.method not in _FORM_METHODS:
        return []
    try:
        form = request.form
    except HTTPException:
        # Too long to be read at all, or no form.
        return []
    found = [(name, text) for name in TYPED for text in form.getlist(name) if text.strip()]
    return found[:_MOST_TEXTS]


def _chosen() -> list[tuple[str, str]]:
    """Return in words what the form says besides, for whoever sends it again."""
    status, who = request.form.get("status", ""), request.form.get("who", "")
    return [(_("Status"), status_label(status))] * (status in SET_BY_THE_DESK) + [(_("Who"), who)] * bool(who)
