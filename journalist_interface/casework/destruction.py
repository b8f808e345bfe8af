"""The end of a case: a reader destroys it when its time is over, or asks a second person to agree.

Rules:
- Nothing is destroyed by a clock: what is due stands before people, and goes when one of them, or two, decide so.
- Only a closed case, so that its source was told; never one that is held, and none whose source wrote again.
- Before its time with a reason, and only if a second person agrees. The same for a case that was ever held; and for
  every case, unless the charity chose otherwise.

Order, so that a crash at any step leaves the case whole, or nothing of it:
1. One transaction deletes every row, the sealed copies of its key among them, notes which vault files are to go, has
   the source host told, and records the act (store.desk.destroying).
2. The vault files are erased, and the note with them; the list of destroyed cases gets its line; the database's log is
   emptied.
After 1 nothing opens what is left, and the next start does the rest.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from sqlalchemy import Connection

from journalist_interface.after_destruction import finish_destruction
from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_consents import Paper, ask, find_request, read_paper
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.casework.case_links import LinkKind
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.reasons import checked_reason, tell
from journalist_interface.casework.retention import Fate, fate_of
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused, WritingRefused
from journalist_interface.key_names import exchanges_recorded
from journalist_interface.labels import outcome_label
from journalist_interface.sessions import SignedIn
from keys.statuses import Status
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.case_requests import RequestKind, forget_request, request_of_case
from store.desk.destroyed import is_held, last_of
from store.desk.destroying import Doomed, destroy_case, find_doomed, has_further_letter


def end_case(desk: Desk, signed_in: SignedIn, reference: str, untrusted_whom: str = "", reason: str = "") -> bool:
    """Destroy a case, or ask `untrusted_whom` to agree to it; tell whether it is destroyed now.

    Raises WritingRefused, Missing if it is not this reviewer's own, SealBroken, OtherKey, NoRoom.
    """
    with desk.database.reading() as connection:
        row = open_case(connection, signed_in, reference).row
    with _turns(row.id, row.address):
        with exchanges_recorded(desk, signed_in.username), desk.database.erasing() as connection:
            case = open_case(connection, signed_in, reference)
            is_early = _judge(connection, case)
            if is_early:
                reason = checked_reason(reason)
            if needs_consent(connection, case, is_early=is_early):
                _ask(connection, case, signed_in, untrusted_whom, reason if is_early else "")
                return False
            destroy_case(connection, _doomed(find_doomed(connection, case.row.id), _what_else(case)), today())
            record_act(connection, signed_in.username, Act.DESTROY, reference)
        finish_destruction(desk)
    return True


def agree_to_end(desk: Desk, signed_in: SignedIn, untrusted_request: str) -> None:
    """Destroy the case of a request, as the person who was asked. Raises SetUpRefused, NoRoom."""
    with desk.database.reading() as connection:
        request = find_request(connection, signed_in, untrusted_request)
        doomed = find_doomed(connection, request.case_id)
    paper = read_paper(signed_in, request)
    if paper is None:
        raise SetUpRefused(
            _(
                "What {name} wrote for you does not open, so you cannot know what you would agree to. Nothing was "
                "destroyed. Ask {name} to ask you again."
            ).format(name=request.asked_by)
        )
    with _turns(doomed.id, doomed.address):
        with desk.database.erasing() as connection:
            request = find_request(connection, signed_in, untrusted_request)
            if is_held(connection, doomed.reference) or has_further_letter(connection, doomed.id):
                raise SetUpRefused(
                    _(
                        "Something holds this case by now: a hold, or a further letter of its source in the post. "
                        "Nothing was destroyed. Tell {name}."
                    ).format(name=request.asked_by)
                )
            destroy_case(connection, _doomed(doomed, paper), today())
            note = f"asked by {request.asked_by}, consent by {signed_in.username}"
            record_act(connection, signed_in.username, Act.DESTROY, doomed.reference, note=note)
        finish_destruction(desk)


def refuse_end(desk: Desk, signed_in: SignedIn, untrusted_request: str) -> None:
    """Have nothing come of a request. Raises SetUpRefused."""
    with desk.database.writing() as connection:
        request = find_request(connection, signed_in, untrusted_request)
        forget_request(connection, request.case_id, request.kind)
        record_act(connection, signed_in.username, Act.DESTROY_REFUSED, request.reference, note="refused")


def take_back(desk: Desk, signed_in: SignedIn, reference: str) -> None:
    """Have nothing come of what a reader asked for, oneself or a colleague. Raises Missing."""
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if request_of_case(connection, case.row.id, RequestKind.DESTROY) is None:
            return  # a form that was sent twice, or somebody was faster
        forget_request(connection, case.row.id, RequestKind.DESTROY)
        tell(connection, case, signed_in.username, _("The request to destroy this case was taken back."))
        record_act(connection, signed_in.username, Act.DESTROY_REFUSED, reference, note="taken back")


def needs_consent(connection: Connection, case: OpenCase, *, is_early: bool) -> bool:
    """Tell whether a second person has to agree."""
    was_held = last_of(connection, case.row.reference, Act.HOLD) is not None
    return is_early or was_held or read_periods(connection).consent


@contextmanager
def _turns(case_id: str, address: str | None) -> Iterator[None]:
    """Wait until nobody changes the files of the case, and no letter of its source is being opened; keep both away."""
    with ExitStack() as turns:
        turns.enter_context(CASE_TURNS.take(case_id))
        if address is not None:
            turns.enter_context(CASE_TURNS.take(address))
        yield


def _judge(connection: Connection, case: OpenCase) -> bool:
    """Tell whether it would be before the case's time. Raises WritingRefused if it cannot be destroyed at all."""
    work = case.work
    if work.held or is_held(connection, case.row.reference):
        raise WritingRefused(_("This case is held: nobody can destroy it. Nothing was changed."))
    # The row as well: a question asked of a closed case, or a letter copied into it, opens it again.
    if not work.closed or case.row.status != Status.CLOSED.value:
        raise WritingRefused(_("This case is open. Close it first, so that the source is told. Nothing was destroyed."))
    if case.card.danger is not False:
        raise WritingRefused(
            _("Somebody may be in danger in this case. Stand the danger down first. Nothing was destroyed.")
        )
    if has_further_letter(connection, case.row.id):
        raise WritingRefused(
            _("A further letter of this source waits in the post. Have it opened first. Nothing was destroyed.")
        )
    return fate_of(work, 1, today()) is not Fate.DUE


def _ask(connection: Connection, case: OpenCase, signed_in: SignedIn, whom: str, reason: str) -> None:
    work = case.work
    words = [_("What came of it: {outcome}.").format(outcome=outcome_label(work.outcome) or _("nobody said"))]
    if work.keep_until:
        words.append(_("To be kept until {day}.").format(day=work.keep_until))
    if reason:
        words += [_("It is before its time. The reason:"), reason]
    if lives_on(case):
        words.append(
            _("Letters of its source live on in another case, so the source is not told that all is destroyed.")
        )
    # First the line in the timeline: what is written after the request takes it away.
    told = _("{name} is asked to agree that this case is destroyed.").format(name=whom)
    tell(connection, case, signed_in.username, told, reason)
    ask(connection, case, signed_in.username, RequestKind.DESTROY, whom, replace(_what_else(case), words=tuple(words)))
    early = "; before its time" if reason else ""
    record_act(connection, signed_in.username, Act.DESTROY_ASKED, case.row.reference, note=f"of {whom}{early}")


def lives_on(case: OpenCase) -> bool:
    """Tell whether letters of its source may live on in another case: it was split off, or another was from it."""
    return case.card.apart is not None or any(link.kind is LinkKind.SPLIT for link in case.work.links)


def _what_else(case: OpenCase) -> Paper:
    return Paper((), case.card.apart or "", is_all=not lives_on(case))


def _doomed(found: Doomed, paper: Paper) -> Doomed:
    return replace(found, address=found.address or paper.address or None, is_all=paper.is_all)
