"""Pages of one case: reading it, downloading from it, writing in it."""

from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.about_me import also_keep_out
from journalist_interface.case_list import CASES_A_PAGE, query_of_tag
from journalist_interface.casework.board import Board
from journalist_interface.casework.drafts import forget_sent_draft
from journalist_interface.casework.filtering import EVERY_STATUS
from journalist_interface.casework.one_case import look_for_members, read_whole_case
from journalist_interface.casework.one_case_acts import (
    answered_by_default,
    choose_part,
    files_for_part,
    keep_out_of_all,
    let_into_all,
    part_of_note,
    set_status_of_all,
)
from journalist_interface.casework.talking import look_at_talk
from journalist_interface.casework.walking import way_through
from journalist_interface.casework.work import Outcome, Priority
from journalist_interface.clock import now
from journalist_interface.downloading import start_download
from journalist_interface.errors import CaseChanged, MayTell, WritingRefused
from journalist_interface.further_letters import further_of, read_further
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.look_page import look_page
from journalist_interface.typed_words import EMPTY_QUESTIONS, Typed, typed_draft, with_drafts
from journalist_interface.writing import write_note, write_reply
from keys.reply import LONGEST_QUESTION, LONGEST_REPLY, MOST_QUESTIONS
from keys.statuses import SET_BY_THE_DESK, Status
from serving.file_names import content_disposition
from serving.headers import content_security_policy
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.roles import Role
from store.desk.templates import Writing

pages = Blueprint("case", __name__, url_prefix="/case/<reference>")
# Should a browser show a file after all, it shows it without scripts, forms or an origin.
_DOWNLOAD_POLICY = content_security_policy({"style-src": "'none'", "img-src": "'none'", "sandbox": ""})


@pages.get("")
@needs(Role.REVIEWER)
def show(reference: str) -> ResponseReturnValue:
    """Show the case; a part of one leads to it. `?boxes=12` gives more boxes for questions."""
    members = look_for_members(works().desk, _board(), signed_in(), reference)
    if members and members[0].reference != reference:
        walk = request.args.get("walk")
        return redirect(url_for("case.show", reference=members[0].reference, walk=walk), 303)
    boxes = min(MOST_QUESTIONS, max(EMPTY_QUESTIONS, request.args.get("boxes", EMPTY_QUESTIONS, type=int)))
    return case_page(reference, Typed(questions=("",) * boxes))


@pages.post("/reply")
@needs(Role.REVIEWER)
def reply(reference: str) -> ResponseReturnValue:
    """Send a reply with questions."""
    text, questions = request.form.get("text", ""), tuple(request.form.getlist("question"))
    item, seen, part = request.form.get("item", ""), _seen(reference), request.form.get("part")
    try:
        to, all_parts = choose_part(works().desk, _board(), signed_in(), reference, part, seen)
        files = files_for_part(works().desk, signed_in(), to, all_parts, request.form.getlist("file"))
        form = (item, text, questions, seen.get(to, ""))
        more = _draft_and_warning()
        write_reply(works().desk, signed_in(), to, *form, untrusted_files=files, one_with=all_parts, **more)
    except MayTell as told:
        return look_page(reference, Writing.REPLY, typed_draft(Writing.REPLY), told.sentence), 422
    except WritingRefused as reason:
        return _again(reference, reason, Typed("reply", text=text, questions=questions, part=part or ""))
    _forget_draft(reference, to, Writing.REPLY)
    works().presence.done(reference, signed_in().username)
    return _back(reference, "latest")


@pages.post("/status")
@needs(Role.REVIEWER)
def status(reference: str) -> ResponseReturnValue:
    """Set the status."""
    chosen, why = request.form.get("status", ""), request.form.get("reason", "")
    form = (request.form.get("item", ""), chosen, why)
    outcome = request.form.get("outcome", "")
    try:
        more = {"untrusted_outcome": outcome, **_draft_and_warning()}
        set_status_of_all(works().desk, _board(), signed_in(), reference, form, _seen(reference), **more)
    except MayTell as told:
        return look_page(reference, Writing.STATUS, typed_draft(Writing.STATUS), told.sentence), 422
    except WritingRefused as refused:
        return _again(reference, refused, Typed("status", status=chosen, reason=why, outcome=outcome))
    works().presence.done(reference, signed_in().username)
    return _back(reference, "latest")


@pages.post("/note")
@needs(Role.REVIEWER)
def note(reference: str) -> ResponseReturnValue:
    """Keep a note for colleagues."""
    text = request.form.get("note", "")
    try:
        item, draft = request.form.get("item", ""), request.form.get("draft", "")
        part = part_of_note(works().desk, _board(), signed_in(), reference, request.form.get("part", ""))
        write_note(works().desk, signed_in(), part, item, text, untrusted_draft=draft)
    except WritingRefused as refused:
        return _again(reference, refused, Typed("note", note=text, part=request.form.get("part", "")))
    _forget_draft(reference, part, Writing.NOTE)
    return _back(reference, "latest")


@pages.post("/clear")
@needs(Role.REVIEWER)
def let_in(reference: str) -> ResponseReturnValue:
    """Clear a colleague for the case."""
    who, why = request.form.get("who", ""), request.form.get("reason", "")
    try:
        let_into_all(works().desk, _board(), signed_in(), reference, (who, why), _seen(reference))
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
        keep_out_of_all(works().desk, _board(), signed_in(), reference, who, why, also)
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
    page = case_page(reference, replace(typed, sentence=refused.sentence, has_news=has_news), writes=True)
    return page, 409 if has_news else 422


def _draft_and_warning() -> dict[str, str]:
    return {"untrusted_draft": request.form.get("draft", ""), "untrusted_warned": request.form.get("warned", "")}


def case_page(reference: str, typed: Typed, *, writes: bool = False) -> str:
    """Return the page of a case with what was typed into its forms, or kept of them. Raises Missing.

    `writes`: who asks for it has begun to write to the source.
    """
    page, panel = read_whole_case(works().desk, _board(), signed_in(), reference)
    members = look_for_members(works().desk, _board(), signed_in(), reference) if page.parts else ()
    further = read_further(works().desk, signed_in())
    talk = look_at_talk(works().desk, works().presence, signed_in(), page.case, [part.case for part in page.parts])
    works().presence.note(reference, signed_in().username, now(), writes=writes)
    walk = request.args.get("walk", "")
    return render_template(
        "case.html",
        page=page,
        panel=panel,
        answerable=[member for member in members if not member.is_one_way],
        answered=answered_by_default(members),
        typed=with_drafts(typed, talk.drafts),
        talk=talk,
        way=way_through(works().desk, _board(), signed_in(), page.case.row.id, walk, CASES_A_PAGE),
        query_of_tag=partial(query_of_tag, _board(), EVERY_STATUS),
        further=further_of([part.case.row.id for part in page.parts] or [page.case.row.id], further),
        # Each form carries the id of what it will become, so that sent twice it is written once.
        new_id=new_blob_id,
        statuses=[choice.value for choice in Status if choice in SET_BY_THE_DESK],
        outcomes=[choice.value for choice in Outcome if choice],
        priorities=[choice.value for choice in Priority],
        limits={"reply": LONGEST_REPLY, "question": LONGEST_QUESTION, "questions": MOST_QUESTIONS},
        acknowledgement_author=_("Sent by itself when the first letter was opened"),
    )


def _forget_draft(reference: str, part: str, writing: Writing) -> None:
    """The draft stands in the case whose page this is, whichever part it was written for."""
    if part != reference:
        forget_sent_draft(works().desk, signed_in(), reference, writing, request.form.get("draft", ""))


def _board() -> Board:
    return works().boards.of(signed_in())


def _seen(reference: str) -> dict[str, str]:
    """Return how many items of each part the writer saw, as the form says, by the reference of the part."""
    seen = dict(pair for each in request.form.getlist("seen_part") if len(pair := each.split(":")) == 2)
    return {**seen, reference: request.form.get("seen", "")}


def _back(reference: str, anchor: str) -> ResponseReturnValue:
    return redirect(url_for("case.show", reference=reference, _anchor=anchor), 303)
