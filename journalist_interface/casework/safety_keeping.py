"""Looking after somebody who may be in danger: raising it, the checklist, who was told, when to look again, the end.

Each step is a note of the timeline, in one transaction with the card and its record. The record is that of a note: the
trail must not say in which case somebody may be in danger (docs/adr/0044).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_card import Card
from journalist_interface.case_documents import NoteDocument, open_document
from journalist_interface.casework.keeping import change_card
from journalist_interface.casework.safety import Happened, Safety, safety_of
from journalist_interface.casework.safety_note import (
    LONGEST_WORD,
    Point,
    SafetyNote,
    Step,
    Telling,
    Whom,
)
from journalist_interface.casework.safety_typed import (
    TypedAnswer,
    TypedTelling,
    read_answers,
    read_day_ahead,
    read_moment,
    read_seen,
    read_words,
)
from journalist_interface.casework.safety_words import point_label
from journalist_interface.casework.work import NO_WORK
from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.meanwhile import refuse_unseen
from journalist_interface.sending import keep_item
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from keys.statuses import Status
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import change_case
from store.desk.further import readers_at_work
from store.desk.items import Item, ItemKind, list_items


def raise_danger(desk: Desk, signed_in: SignedIn, reference: str, why: str) -> None:
    """Say that somebody may be in danger. Raises WritingRefused, or Missing as `read_case` does."""
    why = read_words(why, _("Say why you think that somebody may be in danger. Nothing was changed yet."))
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if case.card.danger:
            raise WritingRefused(_("This case is in danger already. What you wrote is below; keep it as a note."))
        if case.row.status == Status.CLOSED.value:
            # No list of what is urgent holds a closed case: it would be raised, and nobody would see it.
            raise WritingRefused(
                _(
                    "This case is closed, and nobody would see it. Set its status to “Being read” first, then raise "
                    "danger here; what you wrote is below."
                )
            )
        note = NoteDocument(signed_in.username, why, SafetyNote(Step.RAISE))
        _keep(connection, case, note, lambda card: replace(card, danger=True))


def answer_points(
    desk: Desk, signed_in: SignedIn, reference: str, untrusted: Mapping[str, TypedAnswer], untrusted_seen: str
) -> None:
    """Answer points of the checklist; who and when stand with each. Raises WritingRefused, or Missing.

    `untrusted_seen` is how many items of the timeline the writer saw: a point that a colleague answered since is shown
    first.
    """
    answers = read_answers(untrusted)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        safety = read_safety(connection, case)
        for answer in answers:
            _refuse_answered(safety, answer.point, signed_in.username, untrusted_seen)
        _keep(connection, case, NoteDocument(signed_in.username, "", SafetyNote(Step.ANSWER, answers)))


def note_telling(desk: Desk, signed_in: SignedIn, reference: str, untrusted: TypedTelling) -> None:
    """Note who was told, by whom, when and by which way: it answers its point. Raises WritingRefused, or Missing."""
    if untrusted.whom not in set(Whom):
        raise WritingRefused(_("Choose who was told. Nothing was kept yet."))
    whom, at = Whom(untrusted.whom), read_moment(untrusted.at, now())
    way = read_words(
        untrusted.way, _("Say who exactly was told, and by which way. Nothing was kept yet."), most=LONGEST_WORD
    )
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if untrusted.by != signed_in.username and untrusted.by not in readers_at_work(connection, case.row.id):
            raise WritingRefused(_("Choose which reader of the case told them. Nothing was kept yet."))
        telling = Telling(whom, untrusted.by, at)
        _keep(connection, case, NoteDocument(signed_in.username, way, SafetyNote(Step.TELL, telling=telling)))


def set_look_again(desk: Desk, signed_in: SignedIn, reference: str, untrusted_day: str, untrusted_seen: str) -> None:
    """Set the day on which somebody is to look again, or none. Raises WritingRefused, or Missing."""
    day = read_day_ahead(untrusted_day, today())
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if day == case.work.look_again:
            return
        _refuse_answered(read_safety(connection, case), Point.AGAIN, signed_in.username, untrusted_seen)
        by = signed_in.username if day else ""

        def changed(card: Card) -> Card:
            return replace(card, work=replace(card.work or NO_WORK, look_again=day, look_again_by=by))

        _keep(connection, case, NoteDocument(signed_in.username, "", SafetyNote(Step.LOOK_AGAIN, day=day)), changed)


def stand_down(desk: Desk, signed_in: SignedIn, reference: str, reason: str, untrusted_seen: str) -> None:
    """Say that nobody is in danger any more. Raises WritingRefused, CaseChanged if news came, or Missing.

    Where a letter told of danger, every point of the checklist must have an answer.
    """
    reason = read_words(reason, _("Say why nobody is in danger any more. Nothing was changed yet."))
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if not case.card.danger:
            raise WritingRefused(_("This case is not in danger any more. Nothing was changed."))
        refuse_unseen(connection, case, signed_in.username, untrusted_seen)
        safety = read_safety(connection, case)
        if not safety.raised or safety.is_told:
            _refuse_open(safety)
        note = NoteDocument(signed_in.username, reason, SafetyNote(Step.STAND_DOWN))
        _keep(connection, case, note, lambda card: replace(card, danger=False))


def read_safety(connection: Connection, case: OpenCase) -> Safety:
    """Return how a case stands with somebody's safety."""
    return safety_of(_happened(case, item) for item in list_items(connection, case.row.id))


def _happened(case: OpenCase, item: Item) -> Happened:
    try:
        document = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
    except SealBroken:
        return Happened(item.kind, item.made_at, None)
    return Happened(item.kind, item.made_at, document)


def _keep(
    connection: Connection, case: OpenCase, note: NoteDocument, change: Callable[[Card], Card] | None = None
) -> None:
    keep_item(connection, case.recipient, new_blob_id(), ItemKind.NOTE, note)
    if change is not None:
        change_card(connection, case, change)
    change_case(connection, case.row.id, changed_at=now())
    record_act(connection, note.author, Act.NOTE, case.row.reference)


def _refuse_answered(safety: Safety, point: Point, username: str, untrusted_seen: str) -> None:
    """Raise WritingRefused if a colleague answered this point since the page was made."""
    stands = safety.answers.get(point)
    if stands is None or stands.author == username or stands.place <= read_seen(untrusted_seen):
        return
    raise WritingRefused(
        _(
            "{name} answered “{point}” while you did. Nothing of yours was kept yet: it stands below, and theirs "
            "beside it. Look at both, then keep yours or leave that point out."
        ).format(name=stands.author, point=point_label(point))
    )


def _refuse_open(safety: Safety) -> None:
    if safety.open_points:
        points = "; ".join(f"“{point_label(point)}”" for point in safety.open_points)
        said = _(
            "A letter told of danger, so every point comes first. Not answered yet: {points}. Do it, or say why it "
            "does not apply; what you wrote is below."
        )
        raise WritingRefused(said.format(points=points))
