"""Pages of one case: reading it, downloading from it, writing in it."""

from dataclasses import dataclass, field, replace
from functools import partial

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.about_me import also_keep_out
from journalist_interface.case_list import CASES_A_PAGE, query_of_tag
from journalist_interface.case_page import read_case
from journalist_interface.casework.filtering import EVERY_STATUS
from journalist_interface.casework.walking import way_through
from journalist_interface.casework.work import Priority
from journalist_interface.downloading import content_disposition, start_download
from journalist_interface.errors import CaseChanged, WritingRefused
from journalist_interface.further_letters import read_further
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.reply import LONGEST_QUESTION, LONGEST_REPLY, MOST_QUESTIONS
from keys.statuses import SET_BY_THE_DESK, Status
from serving.headers import content_security_policy
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.roles import Role

pages = Blueprint("case", __name__, url_prefix="/case/<reference>")
_EMPTY_QUESTIONS = 3
# Should a browser show a file after all, it shows it without scripts, forms or an origin.
_DOWNLOAD_POLICY = content_security_policy({"style-src": "'none'", "img-src": "'none'", "sandbox": ""})


@dataclass(frozen=True)
class Typed:
    """What was typed into the forms of the page, to be shown again with the sentence of what is wrong in `form`."""

    form: str = ""
    sentence: str = ""
    has_news: bool = False  # something came meanwhile, and stands at the end of the timeline
    text: str = field(default="", repr=False)
    questions: tuple[str, ...] = field(default=(), repr=False)
    status: str = ""
    reason: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    who: str = ""
    keep_out_of: str = field(default="", repr=False)
    assignee: str = ""
    priority: str = ""
    tags: str = field(default="", repr=False)

    def question_boxes(self) -> tuple[str, ...]:
        """Return what stands in each box for a question: three at first, as many as were sent afterwards."""
        filled = tuple(question for question in self.questions if question.strip())
        return (filled + ("",) * _EMPTY_QUESTIONS)[: max(_EMPTY_QUESTIONS, min(MOST_QUESTIONS, len(self.questions)))]


@pages.get("")
@needs(Role.REVIEWER)
def show(reference: str) -> str:
    """Show the case. `?boxes=12` gives more boxes for questions."""
    boxes = min(MOST_QUESTIONS, max(_EMPTY_QUESTIONS, request.args.get("boxes", _EMPTY_QUESTIONS, type=int)))
    return case_page(reference, Typed(questions=("",) * boxes))


@pages.post("/reply")
@needs(Role.REVIEWER)
def reply(reference: str) -> ResponseReturnValue:
    """Send a reply with questions."""
    text, questions = request.form.get("text", ""), tuple(request.form.getlist("question"))
    item, seen = request.form.get("item", ""), request.form.get("seen", "")
    try:
        write_reply(works().desk, signed_in(), reference, item, text, questions, seen)
    except WritingRefused as reason:
        return _again(reference, reason, Typed("reply", text=text, questions=questions))
    return _back(reference, "latest")


@pages.post("/status")
@needs(Role.REVIEWER)
def status(reference: str) -> ResponseReturnValue:
    """Set the status."""
    chosen, why = request.form.get("status", ""), request.form.get("reason", "")
    item, seen = request.form.get("item", ""), request.form.get("seen", "")
    try:
        write_status(works().desk, signed_in(), reference, item, chosen, why, seen)
    except WritingRefused as refused:
        return _again(reference, refused, Typed("status", status=chosen, reason=why))
    return _back(reference, "latest")


@pages.post("/note")
@needs(Role.REVIEWER)
def note(reference: str) -> ResponseReturnValue:
    """Keep a note for colleagues."""
    text = request.form.get("note", "")
    try:
        write_note(works().desk, signed_in(), reference, request.form.get("item", ""), text)
    except WritingRefused as refused:
        return _again(reference, refused, Typed("note", note=text))
    return _back(reference, "latest")


@pages.post("/clear")
@needs(Role.REVIEWER)
def let_in(reference: str) -> ResponseReturnValue:
    """Clear a colleague for the case."""
    who, why = request.form.get("who", ""), request.form.get("reason", "")
    try:
        clear(works().desk, signed_in(), reference, who, why)
    except WritingRefused as refused:
        return _again(reference, refused, Typed("clear", who=who, reason=why))
    return _back(reference, "access")


@pages.post("/withdraw")
@needs(Role.REVIEWER)
def keep_out(reference: str) -> ResponseReturnValue:
    """Keep somebody out of the case from now on; who steps back from it themselves cannot see it any more."""
    who, why = request.form.get("who", ""), request.form.get("reason", "")
    lines = request.form.get("keep_out_of", "")
    try:
        if lines.strip() and who != signed_in().username:
            raise WritingRefused(_("What somebody must not be given is theirs to say. Nobody was kept out."))
        also = also_keep_out(works().desk, signed_in(), lines) if lines.strip() else None
        withdraw(works().desk, signed_in(), reference, who, why, also)
    except WritingRefused as refused:
        return _again(reference, refused, Typed("withdraw", who=who, reason=why, keep_out_of=lines))
    if who == signed_in().username:
        return redirect(url_for("cases.show"), 303)
    return _back(reference, "access")


@pages.get("/attachment/<attachment_id>")
@needs(Role.REVIEWER)
def attachment(reference: str, attachment_id: str) -> Response:
    """Send an attachment, never to be shown by the browser."""
    download = start_download(works().desk, signed_in(), reference, attachment_id)
    response = Response(download.pieces(), mimetype="application/octet-stream")
    if download.size is not None:
        response.content_length = download.size
    response.headers["Content-Disposition"] = content_disposition(download.file_name)
    response.headers["Content-Security-Policy"] = _DOWNLOAD_POLICY
    return response


def _again(reference: str, refused: WritingRefused, typed: Typed) -> ResponseReturnValue:
    """Return the page as it is now, with what was typed and what is wrong with it."""
    has_news = isinstance(refused, CaseChanged)
    page = case_page(reference, replace(typed, sentence=refused.sentence, has_news=has_news))
    return page, 409 if has_news else 422


def case_page(reference: str, typed: Typed) -> str:
    """Return the page of a case with what was typed into its forms. Raises Missing."""
    held = works()
    page, board = read_case(held.desk, signed_in(), reference), held.boards.of(signed_in())
    walk = request.args.get("walk", "")
    return render_template(
        "case.html",
        page=page,
        typed=typed,
        way=way_through(held.desk, board, signed_in(), page.case.row.id, walk, CASES_A_PAGE),
        query_of_tag=partial(query_of_tag, board, EVERY_STATUS),
        further=read_further(works().desk, signed_in()).get(page.case.row.id),
        # Each form carries the id of what it will become, so that sent twice it is written once.
        new_id=new_blob_id,
        statuses=[choice.value for choice in Status if choice in SET_BY_THE_DESK],
        priorities=[choice.value for choice in Priority],
        limits={"reply": LONGEST_REPLY, "question": LONGEST_QUESTION, "questions": MOST_QUESTIONS},
        acknowledgement_author=_("Sent by itself when the first letter was opened"),
    )


def _back(reference: str, anchor: str) -> ResponseReturnValue:
    return redirect(url_for("case.show", reference=reference, _anchor=anchor), 303)
