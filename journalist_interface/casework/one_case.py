"""The page of a case with all that belongs to it: its parts in one timeline, and the cases that it is linked with.

All that one reader can read of a case stands on the page of its main case, whichever part they asked for. What they
cannot read leaves no trace there: neither a line nor a count.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from heapq import merge

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import MarkDocument
from journalist_interface.case_page import CasePage, Entry, read_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.case_links import LinkKind, Stand
from journalist_interface.casework.deadlines import Due, Duty, dues_together
from journalist_interface.casework.link_sheet import LinkEvent, LinkSheet, read_link_sheet
from journalist_interface.casework.link_words import told
from journalist_interface.casework.questions_elsewhere import read_questions
from journalist_interface.casework.related import Related, together
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from store.desk.items import ItemKind


@dataclass(frozen=True)
class LinkedCase:
    """A case at the other end of a link, and the line that says who linked it and why; None if that does not open."""

    case: BoardCase
    kind: LinkKind
    event: LinkEvent | None


@dataclass(frozen=True)
class MergedPair:
    """Two parts of one case that were merged with one another. `is_sure`: somebody looked, and did not only read it."""

    holder: BoardCase
    part: BoardCase
    is_sure: bool


@dataclass(frozen=True)
class Panel:
    """What the page shows of related cases. `claimed` are cases that the source says are theirs too, not linked yet.

    `partly` has who can read only some parts, with the names of those that they cannot.
    """

    beside: tuple[LinkedCase, ...] = ()
    pairs: tuple[MergedPair, ...] = ()
    claimed: tuple[BoardCase, ...] = ()
    partly: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def warning(self) -> tuple[LinkedCase, ...]:
        """Linked cases of the same source that must be looked at first: of danger, or that the source took back."""
        return tuple(
            linked
            for linked in self.beside
            if linked.kind in (LinkKind.SPLIT, LinkKind.SAME_SOURCE)
            and linked.case.card is not None
            and (linked.case.card.danger or linked.case.work.is_withdrawn)
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.beside or self.pairs or self.claimed)


def look_for_members(desk: Desk, board: Board, signed_in: SignedIn, reference: str) -> tuple[BoardCase, ...]:
    """Return the cases that are one with this one, the main case first; nothing if it is merged with none.

    Raises Missing if it is not this reviewer's. The board is asked only for a case that has a link.
    """
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
    if not any(link.is_merged for link in case.work.links):
        return ()
    cases, tied = board.look_at_tied(desk, signed_in)
    if case.row.id not in cases:
        return ()
    members = Related(cases, tied).members(cases[case.row.id])
    return members if len(members) > 1 else ()


def read_whole_case(desk: Desk, board: Board, signed_in: SignedIn, reference: str) -> tuple[CasePage, Panel]:
    """Return the page of the main case that this one belongs to, and record that each part was read. Raises Missing."""
    members = look_for_members(desk, board, signed_in, reference)
    pages = tuple(read_case(desk, signed_in, each.reference) for each in members) or (
        read_case(desk, signed_in, reference),
    )
    related = Related(*board.look_at_tied(desk, signed_in))
    if not related.tied:
        return pages[0], Panel()
    with desk.database.reading() as connection:
        sheets = {page.case.row.id: _sheet(connection, page.case) for page in pages}
        panel = _panel(related, pages, sheets)
        events = _events(related, pages, sheets)
        questions = read_questions(connection, related, pages)
    page = pages[0] if len(pages) == 1 else _together(related, pages, sheets)
    timeline = tuple(merge(page.timeline, events, key=lambda entry: entry.made_at))
    return replace(page, timeline=timeline, questions=questions), panel


def _sheet(connection: Connection, case: OpenCase) -> LinkSheet:
    try:
        return read_link_sheet(connection, case.key, case.row.id)
    except SealBroken:
        return LinkSheet()


def _panel(related: Related, pages: tuple[CasePage, ...], sheets: Mapping[str, LinkSheet]) -> Panel:
    own = {page.case.row.id: related.cases[page.case.row.id] for page in pages if page.case.row.id in related.cases}
    beside, pairs = list[LinkedCase](), list[MergedPair]()
    for case in own.values():
        for partner in related.partners(case):
            if partner.link.stand is Stand.BESIDE and partner.case.id not in own:
                events = [each for each in sheets[case.id].events if each.link == partner.link.id]
                beside.append(LinkedCase(partner.case, partner.link.kind, _reason(events)))
        for partner in related.merged_with(case):
            if partner.link.stand is Stand.HOLDS:
                is_sure = partner.link.kind is not LinkKind.CLAIMED
                pairs.append(MergedPair(case, partner.case, is_sure))
    return Panel(tuple(beside), tuple(pairs), _claimed(related, own), _partly(pages))


def _partly(pages: tuple[CasePage, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = {
        name: tuple(page.case.card.name for page in pages if name not in page.readers)
        for name in sorted({name for page in pages for name in page.readers})
    }
    return tuple((name, lacking) for name, lacking in found.items() if lacking)


def _reason(events: list[LinkEvent]) -> LinkEvent | None:
    given = [event for event in events if event.why] or events
    return given[-1] if given else None


def _claimed(related: Related, own: Mapping[str, BoardCase]) -> tuple[BoardCase, ...]:
    sources = {case.card.source for case in own.values() if case.card is not None and case.card.source}
    claims = {claim for case in own.values() for claim in case.work.claims}
    linked = {partner.case.id for case in own.values() for partner in related.partners(case)}
    # Only a letter that claims makes it necessary to look at all.
    return tuple(
        case
        for case in (related.cases.values() if claims else related.tied)
        if case.id not in own
        and case.id not in linked
        and case.card is not None
        and (case.card.source in claims or not sources.isdisjoint(case.work.claims))
    )


def _events(related: Related, pages: tuple[CasePage, ...], sheets: Mapping[str, LinkSheet]) -> list[Entry]:
    """Return what was done with links whose other end this reader can read, as lines of the timeline."""
    found: dict[tuple[object, ...], Entry] = {}
    for page in pages:
        case = related.cases.get(page.case.row.id)
        partners = {} if case is None else {each.link.id: each.case for each in related.partners(case)}
        times = Counter[tuple[object, ...]]()
        for event in sheets[page.case.row.id].events:
            if event.link not in partners:
                continue
            # Of two parts each has the line: it is told once. What was done twice in one second is told twice.
            line = (event.link, event.what, event.at)
            times[line] += 1
            document = MarkDocument(event.author, told(event, partners[event.link]))
            name = f"{event.link}-{event.what}-{event.at}-{times[line]}"
            entry = Entry(name, ItemKind.MARK.value, event.at, None, document, page.case.row.reference)
            found.setdefault((*line, times[line]), entry)
    return sorted(found.values(), key=lambda entry: entry.made_at)


def _together(related: Related, pages: tuple[CasePage, ...], sheets: Mapping[str, LinkSheet]) -> CasePage:
    main = pages[0]
    whole = together(tuple(related.cases[page.case.row.id] for page in pages if page.case.row.id in related.cases))
    card = main.case.card if whole.card is None else whole.card
    card = replace(main.case.card, danger=card.danger, topics=card.topics, unread=card.unread)
    row = replace(main.case.row, status=whole.status)
    readers = sorted({name for page in pages for name in page.readers})
    return replace(
        main,
        case=replace(main.case, card=card, row=row),
        answers=_answers_of_all(pages),
        must_not_reach=tuple(dict.fromkeys(words for page in pages for words in page.must_not_reach)),
        readers=tuple(readers),
        # Whoever can read less than all of it can be let into the rest.
        others=tuple(sorted({name for page in pages for name in page.others})),
        read_by={item: reads for page in pages for item, reads in page.read_by.items()},
        dues=dues_together(_dues_left(page, whole) for page in pages),
        lapsed={name: at for page in pages for name, at in page.lapsed.items()},
        gone=frozenset().union(*(page.gone for page in pages)),
        parts=pages,
        timeline=tuple(merge(*_timelines(pages, sheets), key=lambda entry: entry.made_at)),
    )


def _dues_left(page: CasePage, whole: BoardCase) -> tuple[Due, ...]:
    """Return what is due of a part, but for letters that were answered under another codename of their source."""
    answered = {member.id for member in whole.members if not member.work.unanswered}
    if page.case.row.id not in answered:
        return page.dues
    return tuple(due for due in page.dues if due.duty is Duty.FEEDBACK)


def _timelines(pages: tuple[CasePage, ...], sheets: Mapping[str, LinkSheet]) -> list[list[Entry]]:
    """Return the entries of each part; a letter that was copied into another part stands there once."""
    there = {entry.id for page in pages for entry in page.entries}
    copies = {item for sheet in sheets.values() for item, original in sheet.copies if original in there}
    return [
        [replace(entry, part=page.case.card.name) for entry in page.entries if entry.id not in copies] for page in pages
    ]


def _answers_of_all(pages: tuple[CasePage, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for page in pages:
        for question, answers in page.answers.items():
            found[question] = tuple(dict.fromkeys((*found.get(question, ()), *answers)))
    return found
