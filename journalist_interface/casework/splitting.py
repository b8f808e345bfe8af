"""Splitting: letters of a case that are about another matter are copied, with their files, into a case of their own.

- The case that they came in keeps them: nothing that a source sent is ever taken out of a case. Whoever can read that
  one reads them there, whatever wall the new one has.
- The new case has its own key and its own readers, chosen among those of the first. Its source can be answered:
  address and reply key stand sealed in its card and on its sheet, since the columns of both belong to the first case.
  Whatever the source sends next comes into that one.
- Letters can be copied into a case that was split off before: "this belongs to the other matter".

Order, so that a crash at any step leaves nothing half done: the files are sealed anew and published; one transaction
makes the case and names them; then they are settled. Before it is committed there is no new case, and the next start
takes the files back.
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case, with_key
from journalist_interface.case_documents import LetterDocument, open_document
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.casework.board import Board
from journalist_interface.casework.case_links import LinkKind, Stand
from journalist_interface.casework.link_sheet import read_link_sheet
from journalist_interface.casework.linking import checked_why, link_split, refuse_without_room, shared_link
from journalist_interface.casework.related import Related
from journalist_interface.casework.split_case import Copies, Copy, add_copies, make_case
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.key_names import exchanges_recorded
from journalist_interface.resealing import Resealed, forget, reseal_file, settle
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.errors import Malformed, SealBroken
from keys.strict_json import hex_id
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.case_requests import RequestKind, forget_request
from store.desk.cases import find_case_of_id, is_case_id
from store.desk.further import readers_at_work
from store.desk.items import ItemKind, list_items
from store.drafts import Blob, no_room_or
from store.errors import Missing


@dataclass(frozen=True)
class SplitForm:
    """What is asked for: ids of letters, who may read the new case, why; `into` is the reference of a case that was
    split off before, or empty for a new one. `case_id` is drawn by the page, so that sent twice it is one case.
    """

    case_id: str
    letters: tuple[str, ...]
    readers: tuple[str, ...]
    into: str
    why: str = field(default="", repr=False)


@dataclass(frozen=True)
class Target:
    """A case that letters were copied into before, and who can read it."""

    reference: str
    name: str
    readers: tuple[str, ...]


@dataclass(frozen=True)
class SplitPage:
    """What one chooses by: the letters in their order, and who can read the case that they came in."""

    case: OpenCase
    letters: tuple[Copy, ...]
    readers: tuple[str, ...]
    targets: tuple[Target, ...]

    @property
    def must_not_reach(self) -> tuple[str, ...]:
        """Whom the source does not want to be reached by any of it."""
        return tuple(dict.fromkeys(each.letter.must_not_reach for each in self.letters if each.letter.must_not_reach))


def look_at_letters(desk: Desk, board: Board, signed_in: SignedIn, reference: str) -> SplitPage:
    """Return what one chooses by, and record that the case was read. Raises Missing if it is not this reviewer's."""
    cases, tied = board.look_at_tied(desk, signed_in)
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        own = cases.get(case.row.id)
        targets = [
            Target(each.case.reference, each.case.card.name, readers_at_work(connection, each.case.id))
            for each in (Related(cases, tied).partners(own) if own is not None else ())
            if each.link.kind is LinkKind.SPLIT and each.link.stand is not Stand.ENDED and each.case.card is not None
        ]
        letters, readers = tuple(_letters(connection, case)), readers_at_work(connection, case.row.id)
        record_act(connection, signed_in.username, Act.READ, reference)
    return SplitPage(case, letters, readers, tuple(targets))


def split(desk: Desk, signed_in: SignedIn, reference: str, untrusted: SplitForm) -> str:
    """Copy letters into a case of their own and return its reference; a form sent twice gives the same one.

    Raises WritingRefused; Missing if the case, or the one they are to be copied into, is not this reviewer's; NoRoom.
    """
    checked_why(untrusted.why)
    with ExitStack() as turns:
        first, target = _open(desk, signed_in, reference, untrusted.into)
        # A wall on either would have its files and its key be others meanwhile.
        for each in sorted({first.row.id, first.row.id if target is None else target.row.id}):
            turns.enter_context(CASE_TURNS.take(each))
        first, target = _open(desk, signed_in, reference, untrusted.into)
        case_id = _case_id(untrusted.case_id) if target is None else target.row.id
        with desk.database.reading() as connection:
            if target is None and (made := _made_before(connection, signed_in, first, case_id)):
                return made
            if target is None and is_case_id(connection, case_id):
                case_id = new_blob_id()  # nobody learns by trying that somebody else's case has it
            letters = _chosen(connection, first, target, untrusted.letters)
            _check(connection, signed_in, first, target, untrusted)
        if target is not None and not letters:
            return target.row.reference  # they are there already
        new = _reseal(desk, first, CaseKey.draw() if target is None else target.key, case_id, letters)
        try:
            with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
                made = _write(connection, signed_in, _Split(first, target, case_id, letters, new, untrusted))
        except BaseException:
            forget(desk, new)
            raise
        settle(desk, new)
        return made


@dataclass(frozen=True)
class _Split:
    """What is about to be written, once its files are sealed anew."""

    first: OpenCase
    target: OpenCase | None
    case_id: str
    letters: tuple[Copy, ...]
    new: Resealed
    form: SplitForm


def _write(connection: Connection, signed_in: SignedIn, work: _Split) -> str:
    # Read again inside the transaction: what was written while files were sealed must not be written over.
    first = open_case(connection, signed_in, work.first.row.reference)
    target = None if work.target is None else open_case(connection, signed_in, work.target.row.reference)
    if first.key != work.first.key or (target is not None and target.key != work.new.key):
        raise WritingRefused(_("The case changed meanwhile. Nothing was changed by you. Look at it, then try again."))
    _check(connection, signed_in, first, target, work.form)
    copies = Copies(work.letters, work.new.files)
    if target is None:
        second = make_case(connection, first, work.case_id, work.new.key, copies, work.form.readers)
        readers = ", ".join(sorted(work.form.readers))
    else:
        add_copies(connection, target, first, copies)
        second, readers = target, ""
    # Who was asked to agree to the end of the first one was told that nothing of it lives on.
    forget_request(connection, first.row.id, RequestKind.DESTROY)
    link_split(connection, signed_in.username, first, second, checked_why(work.form.why))
    record_act(connection, signed_in.username, Act.SPLIT, first.row.reference)
    record_act(connection, signed_in.username, Act.SPLIT, second.row.reference, note=readers)
    return second.row.reference


def _open(desk: Desk, signed_in: SignedIn, reference: str, untrusted_into: str) -> tuple[OpenCase, OpenCase | None]:
    with desk.database.reading() as connection:
        first = open_case(connection, signed_in, reference)
        return first, open_case(connection, signed_in, untrusted_into) if untrusted_into else None


def _case_id(untrusted_id: str) -> str:
    try:
        return hex_id(untrusted_id)
    except Malformed as reason:
        raise WritingRefused(_("This form was not complete. Nothing was sent; send it again.")) from reason


def _made_before(connection: Connection, signed_in: SignedIn, first: OpenCase, case_id: str) -> str:
    """Return the reference of the case that this very form made before, or nothing."""
    try:
        case = with_key(connection, signed_in, find_case_of_id(connection, signed_in.username, case_id))
    except Missing:
        return ""
    return case.row.reference if shared_link((first, case)) is not None else ""


def _letters(connection: Connection, case: OpenCase) -> Iterator[Copy]:
    for item in list_items(connection, case.row.id):
        if item.kind == ItemKind.LETTER.value:
            # One that does not open cannot be copied; the page of the case says that it is there.
            with suppress(SealBroken):
                document = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
                if isinstance(document, LetterDocument):
                    yield Copy(item, document)


def _chosen(
    connection: Connection, first: OpenCase, target: OpenCase | None, untrusted_letters: Collection[str]
) -> tuple[Copy, ...]:
    letters = tuple(each for each in _letters(connection, first) if each.item.id in untrusted_letters)
    if not letters:
        raise WritingRefused(_("Choose at least one letter. Nothing was copied."))
    copies = () if target is None else read_link_sheet(connection, target.key, target.row.id).copies
    there = {original for _copy, original in copies}
    return tuple(each for each in letters if each.item.id not in there)


def _check(
    connection: Connection, signed_in: SignedIn, first: OpenCase, target: OpenCase | None, untrusted: SplitForm
) -> None:
    if target is not None:
        link = shared_link((first, target))
        if link is None or link[0].kind is not LinkKind.SPLIT or link[0].stand is Stand.ENDED:
            raise WritingRefused(_("That case was not split off from this one. Nothing was copied. Choose another."))
        return
    refuse_without_room([first])
    if signed_in.username not in untrusted.readers:
        raise WritingRefused(
            _("Whoever splits a case can read both. Stay among its readers; you can step back from it afterwards.")
        )
    if not set(untrusted.readers) <= set(readers_at_work(connection, first.row.id)):
        raise WritingRefused(
            _("Choose among those who can read this case. Nothing was copied. Others can be let in afterwards.")
        )


def _reseal(desk: Desk, first: OpenCase, key: CaseKey, case_id: str, letters: tuple[Copy, ...]) -> Resealed:
    made: dict[str, Blob] = {}
    try:
        for name in [each.id for copy in letters for each in copy.letter.attachments if each.id]:
            made[name] = reseal_file(desk, first, key, case_id, name)
    except BaseException as reason:
        forget(desk, Resealed(key, made))
        if isinstance(reason, OSError):
            raise no_room_or(reason) from reason
        if isinstance(reason, SealBroken | Missing):
            raise WritingRefused(
                _(
                    "An attachment of these letters is damaged or missing, so they cannot be copied. Nothing was "
                    "copied. Have the administrator run candour-desk check and put the file back from the backup."
                )
            ) from reason
        raise
    return Resealed(key, made)
