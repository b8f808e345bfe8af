"""The second person: agrees that a colleague takes a case out, or refuses.

They see the reference, who asks, and the fingerprint of the recipient's key; nothing of the case, whose readers they
need not be among. Whom a wall keeps out of the case is not among them, and sees no request: it may be about them. They
ask the colleague, and compare the fingerprint with what the recipient gives out elsewhere.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.clock import now
from journalist_interface.consenters import consenters, consenters_in_case
from journalist_interface.consenting import waiting_requests
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.sessions import SignedIn
from journalist_interface.takeout.asking import is_ready
from journalist_interface.takeout.rule import needs_consent
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.case_requests import kept_out
from store.desk.take_outs import TakeOut, find_take_out, keep_take_out_consent, list_take_outs, remove_take_out
from store.errors import Missing


@dataclass(frozen=True)
class WaitingTakeOut:
    """A request that waits, and whether whoever looks may consent to it."""

    asked: TakeOut
    mine: bool


def waiting_take_outs(desk: Desk, signed_in: SignedIn) -> tuple[WaitingTakeOut, ...] | None:
    """Return what waits for a second person; None if this one's consent does not count here.

    Who stands in for an only supervisor sees what concerns her and nothing else.
    """
    with desk.database.reading() as connection:
        found = [
            WaitingTakeOut(asked, _may_judge(connection, signed_in, asked))
            for asked in list_take_outs(connection, now())
            if needs_consent(connection, asked.asked_by)
            and not is_ready(connection, asked)
            and signed_in.username not in kept_out(connection, asked.reference)
        ]
        if signed_in.username not in consenters(connection):
            return tuple(each for each in found if each.mine) or None
        return tuple(found)


def count_waiting(desk: Desk, signed_in: SignedIn) -> int | None:
    """Return how many requests of any kind wait for this person; None if that is nothing of theirs."""
    asked, links = waiting_take_outs(desk, signed_in), waiting_requests(desk, signed_in)
    if asked is None and links is None:
        return None
    return sum(each.mine for each in asked or ()) + sum(each.mine for each in links or ())


def agree(desk: Desk, signed_in: SignedIn, untrusted_id: str) -> None:
    """Consent. Raises SetUpRefused if the request is gone, or not this person's to judge."""
    with desk.database.writing() as connection:
        asked = _waiting(connection, signed_in, untrusted_id)
        keep_take_out_consent(connection, asked.id, signed_in.username)
        record_act(connection, signed_in.username, Act.CONSENT, asked.reference, f"case out: {asked.fingerprint}")


def refuse(desk: Desk, signed_in: SignedIn, untrusted_id: str) -> None:
    """Have the request stand no longer. Raises SetUpRefused if it is gone, or not this person's to judge."""
    with desk.database.writing() as connection:
        asked = _waiting(connection, signed_in, untrusted_id)
        remove_take_out(connection, asked)
        record_act(connection, signed_in.username, Act.CASE_OUT_END, asked.reference, f"{asked.fingerprint}: refused")
    desk.database.leave_no_trace()


def _waiting(connection: Connection, signed_in: SignedIn, untrusted_id: str) -> TakeOut:
    try:
        asked = find_take_out(connection, untrusted_id, now())
    except Missing as reason:
        raise _gone() from reason
    # One whose consent was given by somebody who may not give it any more waits again.
    if is_ready(connection, asked) or not _may_judge(connection, signed_in, asked):
        raise _gone()
    return asked


def _may_judge(connection: Connection, signed_in: SignedIn, asked: TakeOut) -> bool:
    return signed_in.username in consenters_in_case(connection, asked.asked_by, asked.reference)


def _gone() -> SetUpRefused:
    return SetUpRefused(
        _("This request is not here any more, or it is not yours to judge. Nothing was changed by you.")
    )
