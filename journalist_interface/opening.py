"""Opening a parcel of the post: a new case, or a further letter in the case of the same source.

Order, so that a crash at any step loses nothing and doubles nothing:
1. The letter is opened in memory, its attachments are resealed into the vault under new names.
2. One transaction makes the case (or adds to it), merges it with another if the letter says so and this officer can
   read both, notes the attachments, queues the status and, for a first letter, the acknowledgement, records the act,
   takes the parcel out of the post, and notes which sealed files are to go.
3. The vault files are settled, the sealed originals are erased, and the note with them.
Before 2 is committed the parcel is as it was, and the vault files, which have their twins still, are taken back at the
next start. After it, the parcel is opened for good, and the next start, opening or collection erases what was noted.
"""

from collections.abc import Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.acknowledgement import acknowledgement
from journalist_interface.attachment_opening import Move, Moved, forget, move_attachments, settle
from journalist_interface.case_access import OpenCase, settled_card, with_key
from journalist_interface.case_card import Card
from journalist_interface.case_documents import LetterDocument, ReplyDocument
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.casework.clocks import note_clocks
from journalist_interface.casework.joining_letters import join_by_letter
from journalist_interface.casework.steps import came_again, letter_opened
from journalist_interface.casework.work import NO_WORK, Work
from journalist_interface.clock import day_or_today, now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import ChoiceMissing, NotCleared
from journalist_interface.figures.counting import count, let_count
from journalist_interface.figures.measures import of_opening
from journalist_interface.key_names import check_named, exchanges_recorded
from journalist_interface.letter_opening import Danger, case_altered, danger_in, open_letter
from journalist_interface.sending import Recipient, keep_item, send_reply, tell_status
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.case_names import draw_case_name, draw_case_reference
from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.letter import Letter
from keys.reply import reply_address
from keys.statuses import Status
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import (
    RECOVERY_HOLDER,
    CaseRow,
    NewCase,
    add_case,
    change_case,
    find_case,
    find_case_of_source,
    is_known_address,
    read_card,
)
from store.desk.destroyed import was_used
from store.desk.items import ItemKind, add_attachment
from store.desk.parcels import erase_opened, finish_openings, read_parcel
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from store.desk.settings import Setting, read_setting
from store.errors import Missing, StoreError


@dataclass(frozen=True)
class _Target:
    """The case a letter goes to, and its key; `address` is the source's, if they want to come back."""

    case_id: str
    reference: str
    key: CaseKey
    address: str | None
    is_new: bool


@dataclass(frozen=True)
class _Opening:
    """One letter being opened: by whom, into which case."""

    desk: Desk
    signed_in: SignedIn
    target: _Target
    letter: Letter
    received: str  # the day on which it came to this host


def open_parcel(desk: Desk, signed_in: SignedIn, passphrase: str, submission: str, cleared: Collection[str]) -> str:
    """Open a parcel and return the reference of its case. `cleared` are user names, used when the case is new.

    Raises Missing if it is not in the post, CannotOpen if the letter does not open, NotCleared if it belongs to a case
    that is not this officer's, ChoiceMissing if nobody would be cleared for a new case, NoRoom.
    """
    try:
        return _open(desk, signed_in, passphrase, submission, cleared)
    except SealBroken as reason:
        # It is the case that is broken, not the letter: nothing was moved, and the round goes on with the next.
        raise case_altered() from reason


def _open(desk: Desk, signed_in: SignedIn, passphrase: str, submission: str, cleared: Collection[str]) -> str:
    with ExitStack() as turns:
        turns.enter_context(CASE_TURNS.take(submission))
        with desk.database.reading() as connection:
            parcel = read_parcel(connection, submission)
        letter = open_letter(desk, passphrase, parcel)
        if letter.reply_key is not None:
            turns.enter_context(CASE_TURNS.take(reply_address(letter.reply_key)))
        target = _target(desk, signed_in, letter)
        if target.is_new and not cleared:
            raise ChoiceMissing(_("Choose at least one reviewer who may read what you open."))
        moved = move_attachments(Move(desk, passphrase, target.key, target.case_id), letter, parcel)
        try:
            with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
                erase_opened(connection, submission)
                work = _Opening(desk, signed_in, target, letter, day_or_today(parcel.collected_day))
                _keep(connection, work, moved, cleared)
                let_count(connection, signed_in.username, passphrase)
                count(connection, signed_in.username, of_opening(letter.topics, is_new=target.is_new))
                readers = ", ".join(sorted(cleared)) if target.is_new else ""
                record_act(connection, signed_in.username, Act.OPEN, target.reference, note=readers)
        except BaseException:
            forget(desk, moved)
            raise
        settle(desk, moved)
        # The case is safe: a file that cannot be erased now goes at the next opening, start or collection.
        with suppress(OSError, StoreError, SQLAlchemyError):
            finish_openings(desk.database, desk.post)
        return target.reference


def _target(desk: Desk, signed_in: SignedIn, letter: Letter) -> _Target:
    address = None if letter.reply_key is None else reply_address(letter.reply_key)
    with desk.database.reading() as connection:
        if address is None or not is_known_address(connection, address):
            return _Target(new_blob_id(), _new_reference(connection), CaseKey.draw(), address, is_new=True)
        try:
            row = find_case_of_source(connection, signed_in.username, address)
        except Missing as reason:
            raise NotCleared(_("A colleague must open this letter.")) from reason
        # Somebody may have written this source's address beside a case of their own.
        key = with_key(connection, signed_in, row).key
    return _Target(row.id, row.reference, key, address, is_new=False)


def _new_reference(connection: Connection) -> str:
    """Return a reference that no case has, and none had that was destroyed: the trail still speaks of that one."""
    while was_used(connection, reference := draw_case_reference()):
        pass
    return reference


def _keep(connection: Connection, work: _Opening, moved: tuple[Moved, ...], cleared: Collection[str]) -> None:
    target, letter = work.target, work.letter
    to = Recipient(target.case_id, target.key, target.address, letter.reply_key)
    status = _make_case(connection, work, cleared) if target.is_new else _add_to_case(connection, work)
    item_id = new_blob_id()
    stored = tuple(each.attachment for each in moved)
    keep_item(connection, to, item_id, ItemKind.LETTER, LetterDocument.of(letter, stored))
    for blob in (each.blob for each in moved):
        if blob is not None:
            add_attachment(connection, target.case_id, item_id, blob)
    if letter.joins:
        join_by_letter(connection, work.signed_in, _opened_case(connection, work, status), letter.joins)
    tell_status(connection, to, status)
    # Who took the report back before anybody opened it is not thanked for it by a machine: a person answers.
    if target.is_new and target.address is not None and not letter.withdraws:
        send_reply(connection, to, new_blob_id(), ReplyDocument("", acknowledgement()))


def _opened_case(connection: Connection, work: _Opening, status: Status) -> OpenCase:
    """Return the case as it is now: whoever opened it has its key, and need not be cleared for it."""
    target, sealed = work.target, read_card(connection, work.target.case_id)
    nobodys = Ciphertext(b"")
    row = CaseRow(
        target.case_id, target.reference, target.address, work.letter.reply_key, status, now(), sealed, nobodys
    )
    return OpenCase(row, target.key, Card.open(target.key, target.case_id, sealed))


def _make_case(connection: Connection, work: _Opening, cleared: Collection[str]) -> Status:
    target, letter = work.target, work.letter
    danger = danger_in(letter) is not Danger.NONE
    # The acknowledgement that goes out with the opening tells the source that it came.
    is_told = target.address is not None and not letter.withdraws
    state = Work(received=work.received, unanswered=work.received, acknowledged=today() if is_told else "")
    state = letter_opened(state, letter.day, withdraws=letter.withdraws)
    card = Card(draw_case_name(), letter.topics, unread=1, danger=danger, source=target.address or "", work=state)
    holders = {name: _readers_key(connection, name) for name in cleared}
    # Read in this transaction: custodians may have replaced the recovery key since the desk was started.
    holders[RECOVERY_HOLDER] = read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)
    check_named(connection, holders)
    add_case(
        connection,
        NewCase(
            id=target.case_id,
            reference=target.reference,
            address=target.address,
            reply_key=letter.reply_key,
            status=Status.BEING_READ.value,
            changed_at=now(),
            sealed_card=card.seal(target.key, target.case_id),
            sealed_keys={name: target.key.seal_to(public, target.case_id) for name, public in holders.items()},
        ),
    )
    note_clocks(connection, target.case_id, state, is_one_way=target.address is None)
    return Status.BEING_READ


def _readers_key(connection: Connection, name: str) -> bytes:
    reader = find_reviewer(connection, name)
    if Role.REVIEWER not in reader.roles or reader.suspended:
        raise ChoiceMissing(_("{name} is not a reviewer at work and cannot be cleared.").format(name=name))
    return reader.public_key


def _add_to_case(connection: Connection, work: _Opening) -> Status:
    target, letter = work.target, work.letter
    # Read again inside the transaction: a colleague may have changed the case while the files were moved.
    row = find_case(connection, work.signed_in.username, target.reference)
    card = settled_card(connection, target.key, row, Card.open(target.key, row.id, row.sealed_card))
    if card.source != target.address:
        raise SealBroken("this case became another source's while files were moved")
    # Raised again, if it was stood down: this letter tells something new.
    danger = card.danger or danger_in(letter) is not Danger.NONE
    topics = (*card.topics, *(topic for topic in letter.topics if topic not in card.topics))
    # What was passed on stays passed on; anything else, a closed case too, is being read again.
    status = Status.PASSED_ON if row.status == Status.PASSED_ON.value else Status.BEING_READ
    state = letter_opened(came_again(card.work or NO_WORK, work.received), letter.day, withdraws=letter.withdraws)
    card = replace(card, topics=topics, unread=card.unread + 1, danger=danger, work=state)
    change_case(
        connection,
        row.id,
        changed_at=now(),
        sealed_card=card.seal(target.key, row.id),
        status=status.value,
    )
    note_clocks(connection, row.id, state, is_one_way=target.address is None)
    return status
