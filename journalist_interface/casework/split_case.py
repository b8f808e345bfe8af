"""The rows of a case that is split off: made, or added to, in the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, settled_card
from journalist_interface.case_card import Card
from journalist_interface.case_documents import LetterDocument, seal_document
from journalist_interface.case_places import NO_ITEMS, timeline_after
from journalist_interface.casework.clocks import note_clocks
from journalist_interface.casework.link_sheet import LinkSheet, change_link_sheet
from journalist_interface.casework.steps import came_again, open_again
from journalist_interface.casework.work import NO_WORK, Work
from journalist_interface.clock import now
from journalist_interface.key_names import check_named
from journalist_interface.letter_opening import Danger, danger_in
from keys.case_key import CaseKey
from keys.case_names import draw_case_name, draw_case_reference
from keys.letter import TOPICS
from keys.statuses import Status
from store.blobs import new_blob_id
from store.desk.cases import RECOVERY_HOLDER, CaseRow, NewCase, add_case, change_case, put_card, read_card
from store.desk.items import Item, ItemKind, add_attachment, add_item
from store.desk.reviewers import find_reviewer
from store.desk.settings import Setting, read_setting
from store.drafts import Blob


@dataclass(frozen=True)
class Copy:
    """A letter to be copied: its item, and what it says."""

    item: Item
    letter: LetterDocument = field(repr=False)


@dataclass(frozen=True)
class Copies:
    """What goes into a case that is split off: letters, and their files under its key by the names they had."""

    letters: tuple[Copy, ...]
    files: Mapping[str, Blob]


def make_case(
    connection: Connection, first: OpenCase, case_id: str, key: CaseKey, copies: Copies, readers: Collection[str]
) -> OpenCase:
    """Make a case of letters of `first`, for these readers, and return it."""
    to = first.recipient
    card = Card(
        draw_case_name(),
        _topics((), copies) or first.card.topics,
        unread=0,  # whoever splits has read them
        danger=_tells_of_danger(copies),
        source="",
        timeline=NO_ITEMS,
        work=_work_of(first.work),
        apart=to.address if to.reply_key is not None else None,
    )
    holders = {name: find_reviewer(connection, name).public_key for name in readers}
    # Read in this transaction: custodians may have replaced the recovery key since the desk was started.
    holders[RECOVERY_HOLDER] = read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)
    check_named(connection, holders)
    sealed_keys = {name: key.seal_to(public, case_id) for name, public in holders.items()}
    new = NewCase(
        id=case_id,
        reference=draw_case_reference(),
        address=None,
        reply_key=None,
        status=Status.BEING_READ.value,
        changed_at=now(),
        sealed_card=card.seal(key, case_id),
        sealed_keys=sealed_keys,
    )
    add_case(connection, new)
    note_clocks(connection, case_id, card.work or NO_WORK, is_one_way=card.apart is None)
    _keep(connection, key, case_id, copies, to.reply_key)
    sealed = read_card(connection, case_id)
    row = CaseRow(case_id, new.reference, None, None, new.status, new.changed_at, sealed, sealed_keys[RECOVERY_HOLDER])
    return OpenCase(row, key, Card.open(key, case_id, sealed), reply_key_apart=to.reply_key)


def add_copies(connection: Connection, target: OpenCase, first: OpenCase, copies: Copies) -> None:
    """Add letters of `first` to a case that was split off before: as when a further letter comes, it is open again."""
    case_id = target.row.id
    _keep(connection, target.key, case_id, copies, None)
    card = settled_card(
        connection, target.key, target.row, Card.open(target.key, case_id, read_card(connection, case_id))
    )
    work = card.work or NO_WORK
    card = replace(
        card,
        topics=_topics(card.topics, copies),
        danger=card.danger or _tells_of_danger(copies),
        work=came_again(work, first.work.unanswered) if first.work.unanswered else open_again(work),
    )
    is_closed = target.row.status == Status.CLOSED.value
    change_case(
        connection,
        case_id,
        changed_at=now(),
        sealed_card=card.seal(target.key, case_id),
        status=Status.BEING_READ.value if is_closed else None,
    )
    note_clocks(connection, case_id, card.work or NO_WORK, is_one_way=target.is_one_way)


def _keep(connection: Connection, key: CaseKey, case_id: str, copies: Copies, reply_key: bytes | None) -> None:
    made: list[tuple[str, str]] = []
    for copy in copies.letters:
        item_id = new_blob_id()
        files = tuple(
            replace(each, id=copies.files[each.id].id) if each.id else each for each in copy.letter.attachments
        )
        sealed = seal_document(key, case_id, item_id, replace(copy.letter, attachments=files))
        add_item(connection, case_id, Item(item_id, ItemKind.LETTER.value, copy.item.made_at, sealed))
        for each in copy.letter.attachments:
            if each.id:
                add_attachment(connection, case_id, item_id, copies.files[each.id])
        made.append((item_id, copy.item.id))
    card = Card.open(key, case_id, read_card(connection, case_id))
    if card.timeline is not None:
        timeline = timeline_after(card.timeline, (item_id for item_id, _original in made))
        put_card(connection, case_id, replace(card, timeline=timeline).seal(key, case_id))

    def noted(sheet: LinkSheet) -> LinkSheet:
        return replace(sheet, copies=(*sheet.copies, *made), reply_key=reply_key or sheet.reply_key)

    change_link_sheet(connection, key, case_id, noted)


def _work_of(first: Work) -> Work:
    """Return the work on a case that was split off: its clocks run as they ran."""
    return Work(
        priority=first.priority,
        received=first.received,
        acknowledged=first.acknowledged,
        unanswered=first.unanswered,
        replied=first.replied,
    )


def _topics(before: tuple[str, ...], copies: Copies) -> tuple[str, ...]:
    found = dict.fromkeys((*before, *(topic for copy in copies.letters for topic in copy.letter.topics)))
    return tuple(topic for topic in found if topic in TOPICS)


def _tells_of_danger(copies: Copies) -> bool:
    return any(danger_in(copy.letter) is not Danger.NONE for copy in copies.letters)
