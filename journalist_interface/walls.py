"""Walls: who may read a case, changed after it was opened, with a reason.

- Whoever is cleared for a case can clear a colleague, withdraw one, or step back from it themselves.
- Keeping somebody out gives the case a new key: with what they had, its old copies open and nothing else does.
- A case is never left without a reader: only the recovery key could open it then.
- The reason is sealed in the timeline of the case. The trail has the names and no reason: it is read by people who are
  cleared for nothing.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import AccessDocument
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.casework.drafts import erase_drafts
from journalist_interface.checked_words import clean
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.key_names import check_named, exchanges_recorded
from journalist_interface.resealing import Resealed, forget, reseal_files, reseal_rows, settle
from journalist_interface.sending import keep_item
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import RECOVERY_HOLDER, add_clearance, cleared_for
from store.desk.items import ItemKind, attachments_of
from store.desk.lapsed import forget_lapsed, lapsed_of
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role, at_work
from store.desk.settings import Setting, read_setting
from store.errors import AlreadyThere, Missing

LONGEST_REASON = 2_000  # characters


def readers_to_choose(connection: Connection, case: OpenCase) -> tuple[str, ...]:
    """Return the reviewers who are not cleared for a case yet."""
    inside = cleared_for(connection, case.row.id)
    return tuple(name for name in at_work(connection, Role.REVIEWER) if name not in inside)


def clear(desk: Desk, signed_in: SignedIn, reference: str, untrusted_name: str, reason: str) -> None:
    """Let a colleague read the case. Raises WritingRefused, or Missing if it is not this reviewer's own."""
    reason = _checked(reason)
    with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if untrusted_name not in at_work(connection, Role.REVIEWER):
            raise WritingRefused(_("Choose a reviewer."))
        public = find_reviewer(connection, untrusted_name).public_key
        check_named(connection, {untrusted_name: public})
        with suppress(AlreadyThere):  # a form that was sent twice, or a colleague was faster
            add_clearance(connection, case.row.id, untrusted_name, case.key.seal_to(public, case.row.id))
            forget_lapsed(connection, case.row.id, untrusted_name)
            _keep(connection, case, AccessDocument(signed_in.username, untrusted_name, cleared=True, reason=reason))
            record_act(connection, signed_in.username, Act.CLEAR, reference, note=untrusted_name)


def withdraw(
    desk: Desk,
    signed_in: SignedIn,
    reference: str,
    untrusted_name: str,
    reason: str,
    also: Callable[[Connection], None] | None = None,
) -> None:
    """Keep somebody out of the case from now on, oneself too, and give it a new key. `also` is done in its transaction.

    Raises WritingRefused, Missing if the case is not this reviewer's own, NoRoom.
    """
    reason = _checked(reason)
    with ExitStack() as turns:
        with desk.database.reading() as connection:
            case = open_case(connection, signed_in, reference)
        turns.enter_context(CASE_TURNS.take(case.row.id))
        if case.row.address is not None:
            # A further letter of this source would be opened under the old key.
            turns.enter_context(CASE_TURNS.take(case.row.address))
        with desk.database.reading() as connection:
            case = open_case(connection, signed_in, reference)
            if not _may_go(connection, case, untrusted_name):
                return
        new = _reseal_files(desk, case)
        try:
            with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
                _withdraw(connection, signed_in, reference, new, untrusted_name, reason)
                if also is not None:
                    also(connection)
        except BaseException:
            forget(desk, new)
            raise
        settle(desk, new)


def _withdraw(
    connection: Connection, signed_in: SignedIn, reference: str, new: Resealed, name: str, reason: str
) -> None:
    # Read again inside the transaction: somebody may have written in the case while its files were resealed.
    case = open_case(connection, signed_in, reference)
    if attachments_of(connection, case.row.id).keys() != new.files.keys() or not _may_go(connection, case, name):
        raise WritingRefused(_("The case changed meanwhile. Nothing was changed by you. Look at it, then try again."))
    _keep(connection, case, AccessDocument(signed_in.username, name, cleared=False, reason=reason))
    staying = [reader for reader in cleared_for(connection, case.row.id) if reader != name]
    holders = {reader: find_reviewer(connection, reader).public_key for reader in staying}
    # Read in this transaction: custodians may have replaced the recovery key since the desk was started.
    recovery = read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)
    holders[RECOVERY_HOLDER] = recovery
    check_named(connection, holders)
    # What they had begun to write is theirs no more, and nobody else's.
    erase_drafts(connection, case.row.id, name)
    _reseal_rows(connection, case, new, holders)
    forget_lapsed(connection, case.row.id, name)
    record_act(connection, signed_in.username, Act.WITHDRAW, reference, note=name)


def refuse_to_leave_alone(connection: Connection, case: OpenCase, name: str) -> None:
    """Raise WritingRefused if nobody could read the case without this reader."""
    _may_go(connection, case, name)


def _may_go(connection: Connection, case: OpenCase, name: str) -> bool:
    """Tell whether somebody is to be kept out who is in. Raises WritingRefused if nobody would be left."""
    readers = cleared_for(connection, case.row.id)
    if name in lapsed_of(connection, case.row.id):
        return True  # whoever found the lost password may have an old backup too, and in it the key of the case
    if name not in readers:
        return False  # a form that was sent twice, or a colleague was faster
    if len(readers) == 1:
        raise WritingRefused(
            _(
                "Nobody else can read this case: without {name} only the recovery key would open it. Clear a colleague "
                "first, then step back."
            ).format(name=name)
        )
    return True


def _reseal_files(desk: Desk, case: OpenCase) -> Resealed:
    try:
        return reseal_files(desk, case)
    except (SealBroken, Missing) as reason:
        raise WritingRefused(
            _(
                "An attachment of this case is damaged or missing, so the case cannot be given a new key. Nobody was "
                "kept out. Have the administrator run candour-desk check and put the file back from the backup."
            )
        ) from reason


def _reseal_rows(connection: Connection, case: OpenCase, new: Resealed, holders: Mapping[str, bytes]) -> None:
    try:
        reseal_rows(connection, case, new, holders)
    except SealBroken as reason:
        raise WritingRefused(
            _(
                "Something in this case was altered and does not open, so the case cannot be given a new key. Nobody "
                "was kept out. Have the administrator run candour-desk check and put it back from the backup, and tell "
                "your supervisor."
            )
        ) from reason


def _keep(connection: Connection, case: OpenCase, document: AccessDocument) -> None:
    keep_item(connection, case.recipient, new_blob_id(), ItemKind.ACCESS, document)


def _checked(reason: str) -> str:
    reason = clean(reason)
    if not reason:
        raise WritingRefused(_("Give a reason. It stays in the case, for those who can read it."))
    if len(reason) > LONGEST_REASON:
        raise WritingRefused(
            _("The reason has {length} characters; {most} is the most. Nothing was changed. Shorten it.").format(
                length=f"{len(reason):,}", most=f"{LONGEST_REASON:,}"
            )
        )
    return reason
