"""Acts on a case that has parts: whom a reply goes to, and what is done for each part in turn.

- A reply goes to the source of one part. It is chosen beforehand only where somebody has said that all are one source;
  what a letter claims is not enough: the source host could forge it, and answers would go to a key of its own.
- A status, and who may read it, are set for every part in turn, the main case last. What stops in the middle is done to
  its end by doing it again: what a part has already is not done twice.
- What came into any part while somebody wrote is shown first, as for a case alone (meanwhile.py).
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import StatusDocument, open_document
from journalist_interface.casework.board import Board
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.case_links import LinkKind
from journalist_interface.casework.one_case import look_for_members
from journalist_interface.casework.prepared_files import look_at_prepared
from journalist_interface.casework.related import are_one_source
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CaseChanged, WritingRefused
from journalist_interface.meanwhile import refuse_unseen
from journalist_interface.sessions import SignedIn
from journalist_interface.walls import clear, refuse_to_leave_alone, withdraw
from journalist_interface.writing import write_status
from keys.errors import Malformed
from keys.statuses import Status
from keys.strict_json import hex_id
from serving.language import gettext as _
from store.desk.cases import cleared_for
from store.desk.items import ItemKind, list_items
from store.desk.lapsed import lapsed_of

_IDS = "candour v1 status of a part"


def answered_by_default(members: Sequence[BoardCase]) -> str:
    """Return the reference of the part that replies go to unless another is chosen; empty: somebody must choose.

    With one source it is the newest part that can be answered: the codename that the source has now.
    """
    answerable = [member for member in members if not member.is_one_way]
    if not answerable or (len(answerable) > 1 and not are_one_source(members)):
        return ""
    return max(answerable, key=lambda each: (each.work.received, members.index(each))).reference


def choose_part(
    desk: Desk,
    board: Board,
    signed_in: SignedIn,
    reference: str,
    untrusted_part: str | None,
    untrusted_seen: Mapping[str, str],
) -> tuple[str, tuple[str, ...]]:
    """Return the reference of the part that a reply goes to, and those of all parts: the case itself and none, if it
    has no parts.

    `untrusted_part` is None in a form from before it had parts: its writer meant the source of the case that they saw.
    `untrusted_seen` is how many items of each part its writer saw, by reference. Raises WritingRefused if a person must
    choose, CaseChanged if something came into another part meanwhile, Missing if the case is not this reviewer's.
    """
    members = look_for_members(desk, board, signed_in, reference)
    if not members:
        if untrusted_part not in (None, reference):
            raise CaseChanged(
                _(
                    "This case was parted from another since you loaded the page. Nothing was sent yet, and what you "
                    "wrote is below. It would go to the source of this case: look whether that is whom you mean."
                )
            )
        return reference, ()
    chosen = reference if untrusted_part is None else untrusted_part
    if not any(member.reference == chosen and not member.is_one_way for member in members):
        raise WritingRefused(_("Choose whom to answer: this case has several sources. Nothing was sent."))
    _refuse_unseen_elsewhere(desk, signed_in, members, chosen, untrusted_seen)
    return chosen, tuple(member.reference for member in members)


def files_for_part(
    desk: Desk, signed_in: SignedIn, part: str, all_parts: Sequence[str], untrusted_files: Sequence[str]
) -> list[str]:
    """Return those of the files that do not wait for a reply in another part: they stay there, for that one."""
    elsewhere = {
        file.id for each in all_parts if each != part for file in look_at_prepared(desk, signed_in, each)[1].files
    }
    return [file for file in untrusted_files if file not in elsewhere]


def set_status_of_all(
    desk: Desk,
    board: Board,
    signed_in: SignedIn,
    reference: str,
    status: tuple[str, str, str],
    untrusted_seen: Mapping[str, str],
    **untrusted_more: str,
) -> None:
    """Set the status of a case and of its parts: each source is told. `status` is the form's id, status and reason,
    `untrusted_more` what else `write_status` takes.

    Raises WritingRefused as `write_status` does; CaseChanged if something came meanwhile, or a part that the form does
    not know; and WritingRefused if it is to be closed, whose reason goes to each source, while a
    merge stands on a letter's word alone.
    """
    item, chosen, reason = status
    members = look_for_members(desk, board, signed_in, reference)
    one_with = tuple(member.reference for member in members)
    if chosen == Status.CLOSED.value and _is_claimed(members):
        raise WritingRefused(
            _(
                "A letter says that the parts of this case are one source's, and nobody has confirmed it. The reason "
                "would go to each. Confirm it, or part them, under “Related cases” first. Nothing was sent."
            )
        )
    main = members[0].reference if members else reference
    if members:
        _refuse_unknown_parts(members, untrusted_seen)
        # All that may refuse it comes first: no source is told while another is not.
        _refuse_unseen_elsewhere(desk, signed_in, members, "", untrusted_seen)
    for member in members[1:]:
        if not _stands_so(desk, signed_in, member.reference, chosen, reason):
            seen = untrusted_seen.get(member.reference, "")
            form = (_id_for(item, member.id), chosen, reason, seen)
            write_status(desk, signed_in, member.reference, *form, one_with=one_with, **untrusted_more)
    form = (item, chosen, reason, untrusted_seen.get(main, ""))
    write_status(desk, signed_in, main, *form, one_with=one_with, **untrusted_more)


def let_into_all(
    desk: Desk,
    board: Board,
    signed_in: SignedIn,
    reference: str,
    untrusted: tuple[str, str],
    untrusted_seen: Mapping[str, str],
) -> None:
    """Let a colleague read a case and all of its parts that this reviewer can read. `untrusted` is who, and why.

    Raises as `clear` does, CaseChanged if it got a part that the form does not know, and WritingRefused while a merge
    stands on a letter's word alone.
    """
    members = look_for_members(desk, board, signed_in, reference)
    _refuse_unknown_parts(members, untrusted_seen)
    if _is_claimed(members):
        # Whoever controls the source host can have a letter say so, and then wait for somebody to be let in.
        raise WritingRefused(
            _(
                "A letter says that the parts of this case are one source's, and nobody has confirmed it. A colleague "
                "would be let into each. Confirm it, or part them, under “Related cases” first. Nobody was let in."
            )
        )
    for part in [member.reference for member in reversed(members)] or [reference]:
        clear(desk, signed_in, part, *untrusted)


def of_all_parts(desk: Desk, board: Board, signed_in: SignedIn, reference: str, act: Callable[[str], None]) -> None:
    """Do something to a case and to all of its parts, by reference: what done twice is done once."""
    for member in look_for_members(desk, board, signed_in, reference)[1:]:
        act(member.reference)
    act(reference)


def part_of_note(desk: Desk, board: Board, signed_in: SignedIn, reference: str, untrusted_part: str) -> str:
    """Return the reference of the part that a note goes into: it is read by whoever reads that one.

    Raises WritingRefused if a person must choose: where not everybody who reads one part reads the others, and where
    the part that they chose is none any more.
    """
    members = look_for_members(desk, board, signed_in, reference)
    parts = [member.reference for member in members] or [reference]
    if untrusted_part in parts:
        return untrusted_part
    if untrusted_part:
        raise WritingRefused(
            _(
                "What the note is about was parted from this case since you loaded the page. Nothing was kept yet, and "
                "your note is below: it would be read by who reads what is left here. Look whether that is what you "
                "mean."
            )
        )
    with desk.database.reading() as connection:
        readers = {frozenset(cleared_for(connection, member.id)) for member in members}
    if len(readers) > 1:
        raise WritingRefused(
            _(
                "Choose what the note is about: not everybody who reads one part of this case reads the others, and a "
                "note is read by who reads its part. Nothing was kept."
            )
        )
    return reference


def keep_out_of_all(
    desk: Desk,
    board: Board,
    signed_in: SignedIn,
    reference: str,
    untrusted_name: str,
    reason: str,
    also: Callable[[Connection], None] | None = None,
) -> None:
    """Keep somebody out of a case and all of its parts. Raises as `withdraw` does, before any is changed."""
    members = look_for_members(desk, board, signed_in, reference)
    references = [member.reference for member in reversed(members)]
    if not references:
        withdraw(desk, signed_in, reference, untrusted_name, reason, also)
        return
    theirs = []
    with desk.database.reading() as connection:
        for part in references:
            case = open_case(connection, signed_in, part)
            if untrusted_name in (*cleared_for(connection, case.row.id), *lapsed_of(connection, case.row.id)):
                refuse_to_leave_alone(connection, case, untrusted_name)
                theirs.append(part)
    for part in theirs:
        withdraw(desk, signed_in, part, untrusted_name, reason, also if part == theirs[-1] else None)


def _refuse_unknown_parts(members: Sequence[BoardCase], untrusted_seen: Mapping[str, str]) -> None:
    """Refuse what would be told to a source, or open a case, that the page did not show when the form was filled in."""
    if any(member.reference not in untrusted_seen for member in members):
        raise CaseChanged(
            _(
                "This case and another were made one since you loaded the page. Nothing was sent or changed yet, and "
                "what you wrote is below. Look at all of it, then send yours, changed or as it is."
            )
        )


def _is_claimed(members: Sequence[BoardCase]) -> bool:
    return any(
        link.kind is LinkKind.CLAIMED and link.is_merged for member in members for link in member.work.links
    ) and not are_one_source(members)


def _refuse_unseen_elsewhere(
    desk: Desk, signed_in: SignedIn, members: Sequence[BoardCase], chosen: str, untrusted_seen: Mapping[str, str]
) -> None:
    with desk.database.reading() as connection:
        for member in members:
            if member.reference != chosen:
                case = open_case(connection, signed_in, member.reference)
                refuse_unseen(connection, case, signed_in.username, untrusted_seen.get(member.reference, ""))


def _stands_so(desk: Desk, signed_in: SignedIn, reference: str, status: str, reason: str) -> bool:
    """Tell whether a part stands so already, with this very reason: what stopped in the middle tells nobody twice."""
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
        if case.row.status != status:
            return False
        items = [item for item in list_items(connection, case.row.id) if item.kind == ItemKind.STATUS.value]
        if not items:
            return False
        last = open_document(case.key, case.row.id, items[-1].id, items[-1].kind, items[-1].sealed)
    return isinstance(last, StatusDocument) and (last.status, last.reason) == (status, reason.strip())


def _id_for(item: str, case_id: str) -> str:
    """Return the id of the part's item: that of the form is its main case's. The same form has the same again.

    Empty, which is refused, if the form has none.
    """
    try:
        hex_id(item)
    except Malformed:
        return ""
    return sha256(f"{_IDS} {item} {case_id}".encode("utf-8", "replace")).hexdigest()[:32]
