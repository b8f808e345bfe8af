"""Page of one letter in the post: who is proposed to read it, who should not, and the choice."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.clearance import Choice, Clearance, Officer, look_at_letter, open_chosen
from journalist_interface.errors import ChoiceMissing, IntakeLocked, OpenedAlready
from journalist_interface.gate import needs, signed_in, works
from journalist_interface.who_can_read import who_can_be_cleared
from serving.language import gettext as _
from store.desk.cases import find_case
from store.desk.roles import Role
from store.errors import Missing

pages = Blueprint("clearance", __name__, url_prefix="/post/letter/<submission>")
# A page is shown soon, with what was read by then; opening reads the rest first.
SHOWING_SECONDS = 1.0


@pages.get("")
@needs(Role.INTAKE_OFFICER)
def show(submission: str) -> ResponseReturnValue:
    """Show the letter's facts, its note and the reviewers, those proposed ticked."""
    return _look(Choice(submission), ticked=False)


@pages.post("")
@needs(Role.INTAKE_OFFICER)
def go_on(submission: str) -> ResponseReturnValue:
    """Show it with the ticks that were sent: the key was locked meanwhile."""
    return _look(read_choice(submission), ticked=True)


def open_one() -> ResponseReturnValue:
    """Open the letter that a form names, to those whom it names. Raises CannotOpen, Missing, NotCleared, NoRoom."""
    choice = read_choice(request.form.get("submission", ""))
    try:
        reference = open_chosen(officer(), choice)
    except ChoiceMissing as reason:
        # A proposal that holds no more is not ticked again: the new one is.
        return _look(choice, reason.sentence, ticked=not choice.by_proposal, status=422)
    except IntakeLocked:
        return _locked(choice)
    except OpenedAlready as reason:
        return opened_before(reason)
    return _lead_to(reference, "now")


def opened_before(reason: OpenedAlready) -> ResponseReturnValue:
    """Lead whoever clicked twice to the case, or to the queue with a sentence."""
    return _lead_to(reason.reference, "before")


def officer() -> Officer:
    """Return who sent this request, as an officer who clears."""
    held = works()
    return Officer(held.desk, held.lock, held.lately, signed_in())


def read_choice(submission: str) -> Choice:
    """Return what the form says."""
    typed = request.form
    return Choice(
        submission,
        frozenset(typed.getlist("cleared")),
        frozenset(typed.getlist("although")),
        typed.get("seen", ""),
        by_proposal="by_proposal" in typed,
    )


def _look(choice: Choice, sentence: str = "", *, ticked: bool, status: int = 200) -> ResponseReturnValue:
    try:
        page = look_at_letter(officer(), choice.submission, SHOWING_SECONDS)
    except IntakeLocked:
        return _locked(choice)
    except OpenedAlready as reason:
        return opened_before(reason)
    if ticked and not sentence and choice.seen not in ("", page.seen):
        sentence = _("Something came to this letter since you looked at it. Look at it once more.")
    return _page(page, choice, sentence, ticked=ticked), status


def _page(page: Clearance, choice: Choice, sentence: str, *, ticked: bool) -> str:
    proposed = frozenset() if page.proposal is None else frozenset(page.proposal.names)
    return render_template(
        "clearance.html",
        page=page,
        sentence=sentence,
        cleared=choice.cleared if ticked else proposed,
        although=choice.although,
    )


def _locked(choice: Choice) -> ResponseReturnValue:
    with works().desk.database.reading() as connection:
        reviewers = who_can_be_cleared(connection)
    page = render_template(
        "clearance_locked.html",
        submission=choice.submission,
        seen=choice.seen,
        cleared=choice.cleared.intersection(reviewers),
        although=choice.although.intersection(reviewers),
    )
    return page, 409


def _lead_to(reference: str | None, when: str) -> ResponseReturnValue:
    if reference is not None:
        try:
            with works().desk.database.reading() as connection:
                find_case(connection, signed_in().username, reference)
        except Missing:
            pass  # cleared were colleagues only
        else:
            return redirect(url_for("case.show", reference=reference), 303)
    return redirect(url_for("post.show", opened=when), 303)
