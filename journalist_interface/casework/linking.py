"""Linking two cases, merging them into one, and taking either back: by somebody who can read both.

Rules:
- Whoever does it names the other case; one that is not theirs is as one that never was (Missing).
- Merging moves nothing and grants nobody anything (related.py): both keep their key, readers and source, so that it is
  undone by a word. To take a merge back leaves the link as it was.
- The card of each end has the link's id, its sheet who did what when and why, and nothing else of a case has anything:
  not its timeline, nor the time of its last change. The trail has an act for each of the two references.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.casework.case_links import CHOSEN_KINDS, CaseLink, LinkKind, Stand, has_room, with_link
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.link_sheet import MOST_EVENTS, LinkEvent, LinkSheet, What, change_link_sheet
from journalist_interface.casework.work import Work
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.items import first_item_at

LONGEST_WHY = 500  # characters


@dataclass(frozen=True)
class LinkForm:
    """A link as it was asked for: the reference of the other case, what kind, and why in words."""

    other: str
    kind: str
    why: str


def link(desk: Desk, signed_in: SignedIn, reference: str, untrusted: LinkForm) -> None:
    """Link two cases. What is linked already stays as it is. Raises WritingRefused; Missing if either is not theirs."""
    if untrusted.kind not in CHOSEN_KINDS:
        raise WritingRefused(_("Choose why the two belong together. Nothing was linked."))
    why = checked_why(untrusted.why)
    with desk.database.writing() as connection:
        ends = _open_both(connection, signed_in, reference, untrusted.other)
        before = shared_link(ends)
        if before is not None and before[0].stand is not Stand.ENDED:
            return
        refuse_without_room(ends)
        kind = LinkKind(untrusted.kind)
        _put(connection, signed_in.username, ends, _Step(What.LINKED, kind, Stand.BESIDE, Stand.BESIDE, why))


def unlink(desk: Desk, signed_in: SignedIn, reference: str, untrusted_other: str) -> None:
    """Take a link away, merged or not. Raises WritingRefused if there is none; Missing if either is not theirs."""
    _change(
        desk,
        signed_in,
        (reference, untrusted_other),
        lambda link: _Step(What.UNLINKED, link.kind, Stand.ENDED, Stand.ENDED),
    )


def merge(desk: Desk, signed_in: SignedIn, reference: str, untrusted_other: str) -> None:
    """Have two linked cases be one: the later stands in the earlier. Raises as `unlink` does.

    Two that no link joins yet are merged if a letter of one says that both are its source's.
    """
    with desk.database.writing() as connection:
        ends = _open_both(connection, signed_in, reference, untrusted_other)
        before = shared_link(ends)
        if before is not None and before[0].is_merged:
            return
        if before is not None and before[0].stand is Stand.BESIDE:
            kind = before[0].kind
        elif _is_claimed(ends):
            refuse_without_room(ends)
            # Somebody looked at both, and says so too.
            kind = LinkKind.SAME_SOURCE
        else:
            raise _not_linked()
        if kind is LinkKind.CLAIMED:
            kind = LinkKind.SAME_SOURCE
        _put(connection, signed_in.username, ends, _merging(connection, ends, What.MERGED, kind))


def separate(desk: Desk, signed_in: SignedIn, reference: str, untrusted_other: str) -> None:
    """Take a merge back: two cases again, and linked. Raises as `unlink` does."""

    def step(link: CaseLink) -> "_Step | None":
        return _Step(What.SEPARATED, link.kind, Stand.BESIDE, Stand.BESIDE) if link.is_merged else None

    _change(desk, signed_in, (reference, untrusted_other), step)


def confirm(desk: Desk, signed_in: SignedIn, reference: str, untrusted_other: str) -> None:
    """Say that two cases which a letter claims for one source are the same one's. Raises as `unlink` does."""

    def step(link: CaseLink) -> "_Step | None":
        if link.kind is not LinkKind.CLAIMED or not link.is_merged:
            return None
        return _Step(What.CONFIRMED, LinkKind.SAME_SOURCE, None, None)

    _change(desk, signed_in, (reference, untrusted_other), step)


def merge_claimed(connection: Connection, username: str, old: OpenCase, new: OpenCase) -> None:
    """Merge two cases because a letter of `new` says so, unless somebody decided on the two before, or has no room.

    For the transaction that opens the letter.
    """
    ends = (old, new)
    if shared_link(ends) is None and all(has_room(end.work.links) for end in ends):
        _put(connection, username, ends, _Step(What.CLAIMED, LinkKind.CLAIMED, Stand.HOLDS, Stand.WITHIN))


def link_split(connection: Connection, username: str, first: OpenCase, second: OpenCase, why: str) -> None:
    """Link a case with the one that was made of its letters. For the transaction that makes it."""
    before = shared_link((first, second))
    stand = None if before is not None and before[0].stand is not Stand.ENDED else Stand.BESIDE
    kind = before[0].kind if before is not None else LinkKind.SPLIT
    _put(connection, username, (first, second), _Step(What.SPLIT, kind, stand, stand, why))


def shared_link(ends: tuple[OpenCase, OpenCase]) -> tuple[CaseLink, CaseLink] | None:
    """Return the link that two cases share, as each end has it; None if there never was one."""
    others = {link.id: link for link in ends[1].work.links}
    return next(((link, others[link.id]) for link in ends[0].work.links if link.id in others), None)


def refuse_without_room(ends: Iterable[OpenCase]) -> None:
    """Raise WritingRefused unless both can have one more link."""
    if not all(has_room(end.work.links) for end in ends):
        raise WritingRefused(_("One of the two has as many links as a case can have. Take one away first."))


def checked_why(why: str) -> str:
    """Return why, in one kind of line end. Raises WritingRefused if it is too long."""
    why = why.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    if len(why) > LONGEST_WHY:
        said = _("The reason has {length} characters; {most} is the most. Nothing was changed. Shorten it.")
        raise WritingRefused(said.format(length=f"{len(why):,}", most=f"{LONGEST_WHY:,}"))
    return why


@dataclass(frozen=True)
class _Step:
    """What is done with a link: how each end stands afterwards, or None to leave that as it is."""

    what: What
    kind: LinkKind
    first: Stand | None
    second: Stand | None
    why: str = ""


def _open_both(
    connection: Connection, signed_in: SignedIn, reference: str, untrusted_other: str
) -> tuple[OpenCase, OpenCase]:
    first = open_case(connection, signed_in, reference)
    if untrusted_other == reference:
        raise WritingRefused(_("That is this case itself. Choose another one."))
    return first, open_case(connection, signed_in, untrusted_other)


def _change(
    desk: Desk, signed_in: SignedIn, references: tuple[str, str], step: Callable[[CaseLink], _Step | None]
) -> None:
    with desk.database.writing() as connection:
        ends = _open_both(connection, signed_in, *references)
        before = shared_link(ends)
        if before is None:
            raise _not_linked()
        chosen = step(before[0]) if before[0].stand is not Stand.ENDED else None
        if chosen is not None:
            _put(connection, signed_in.username, ends, chosen)


def _not_linked() -> WritingRefused:
    return WritingRefused(_("These two are not linked. Nothing was changed. Link them first."))


def _is_claimed(ends: tuple[OpenCase, OpenCase]) -> bool:
    return _claims(*ends) or _claims(*reversed(ends))


def _claims(case: OpenCase, other: OpenCase) -> bool:
    """Tell whether a letter of a case says that its source wrote the other before."""
    return bool(other.card.source) and other.card.source in case.work.claims


def _merging(connection: Connection, ends: tuple[OpenCase, OpenCase], what: What, kind: LinkKind) -> _Step:
    is_second_earlier = _claims(*ends) or _begun(connection, ends[1]) < _begun(connection, ends[0])
    stands = (Stand.WITHIN, Stand.HOLDS) if is_second_earlier else (Stand.HOLDS, Stand.WITHIN)
    return _Step(what, kind, *stands)


def _begun(connection: Connection, case: OpenCase) -> tuple[str, int]:
    return case.work.received or "9999", first_item_at(connection, case.row.id)


def _put(connection: Connection, username: str, ends: tuple[OpenCase, OpenCase], step: _Step) -> None:
    before = shared_link(ends)
    link_id = new_blob_id() if before is None else before[0].id
    event = LinkEvent(link_id, step.what, step.kind, username, now(), step.why)
    for number, (end, stand) in enumerate(zip(ends, (step.first, step.second), strict=True)):
        kept = before[number].stand if before is not None and stand is None else stand
        change_work(connection, end, partial(_linked, CaseLink(link_id, step.kind, kept or Stand.BESIDE)))
        change_link_sheet(connection, end.key, end.row.id, partial(_noted, event))
        record_act(connection, username, Act.RELATE, end.row.reference, step.what.value)


def _linked(link: CaseLink, work: Work) -> Work:
    return replace(work, links=with_link(work.links, link))


def _noted(event: LinkEvent, sheet: LinkSheet) -> LinkSheet:
    return replace(sheet, events=(*sheet.events, event)[-MOST_EVENTS:])
