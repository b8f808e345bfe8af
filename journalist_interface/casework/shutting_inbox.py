"""Shutting the inbox of a source whose codename is in somebody else's hands. Knows no Flask, and asks nobody.

Order, in one transaction with its record: each answer is taken back (also for a door that does not know the word
"shut"), then the inbox is shut, and the timeline says who did it and why. The source host does it when the courier has
been there. Nothing at the desk is erased: the case stays as it is, for those who can read it.
"""

from sqlalchemy import Connection, delete, select

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.casework.reasons import checked_reason, tell
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.proof import Proof
from journalist_interface.sessions import SignedIn
from keys.session_seal import SessionToken
from keys.statuses import Status
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.case_tables import items
from store.desk.outbox import Kind, ReplyState, add_status, add_withdrawal
from store.desk.post_tables import outbox
from store.errors import Missing

_GONE_THERE = (ReplyState.DELETED.value, ReplyState.WITHDRAWN.value)


def shut_inbox(desk: Desk, proof: Proof, reference: str, untrusted_reason: str) -> None:
    """Shut the inbox of a case's source, as a reader of the case who has just proved who they are.

    Raises WritingRefused, SignInRefused, SealBroken, NoRoom.
    """
    name = proof.reviewer.username
    reason = checked_reason(untrusted_reason)
    reader = SignedIn(name, proof.secret.key(), SessionToken.draw(), proof.reviewer.roles)
    with desk.database.erasing() as connection:
        case = _case_of(connection, reader, reference)
        address = _address_of(case)
        proof.spend(connection)
        _take_answers_back(connection, case.row.id, address)
        add_status(connection, address, today(), Status.SHUT)
        tell(
            connection, case, name, _("The inbox of this source is shut: the codename opens nothing any more."), reason
        )
        record_act(connection, name, Act.INBOX_SHUT, reference)


def check_inbox(desk: Desk, proof: Proof, reference: str) -> None:
    """Raise WritingRefused unless `shut_inbox` would find something to shut: before somebody writes a reason."""
    reader = SignedIn(proof.reviewer.username, proof.secret.key(), SessionToken.draw(), proof.reviewer.roles)
    with desk.database.reading() as connection:
        _address_of(_case_of(connection, reader, reference))


def _case_of(connection: Connection, reader: SignedIn, reference: str) -> OpenCase:
    try:
        return open_case(connection, reader, reference)
    except Missing as reason:
        raise WritingRefused(
            _(
                "You can read no case {reference}. Nothing was changed. Somebody who reads it must do this; if nobody "
                "can, the custodians open it first: candour-desk recover."
            ).format(reference=reference)
        ) from reason


def _address_of(case: OpenCase) -> str:
    address = case.recipient.address
    if address is None:
        raise WritingRefused(
            _("The source of {reference} left no way back, so there is no inbox. Nothing was changed.").format(
                reference=case.row.reference
            )
        )
    return address


def _take_answers_back(connection: Connection, case_id: str, address: str) -> None:
    # What is on its way to this source goes nowhere; of what may have arrived, each is taken back by its name.
    connection.execute(delete(outbox).where(outbox.c.address == address, outbox.c.kind == Kind.STATUS.value))
    sent = select(items.c.id).where(
        items.c.case_id == case_id, items.c.state.is_not(None), items.c.state.not_in(_GONE_THERE)
    )
    for reply in connection.execute(sent.order_by(items.c.position)).scalars().all():
        add_withdrawal(connection, address, today(), reply)
