"""Searching in the content of one's cases: decrypted in memory, case by case, and nothing of it kept.

- Every word asked for must stand in the case, be it within a longer one; "words in quotes" stand together.
- What is searched is search_text.py's, and the summary. Cases whose text fell behind are brought up to date first, up
  to MOST_BEHIND in one search; the page says how many are left.
- The trail has that somebody searched, and in how many cases. What they looked for it does not have: it would tell the
  auditor what a case is about.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import open_case
from journalist_interface.case_documents import open_document
from journalist_interface.casework.board import Board
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.filtering import EVERY_STATUS, Filter, list_board
from journalist_interface.casework.related import Related
from journalist_interface.casework.search_text import (
    SEARCH_SHEET,
    SearchText,
    bring_up_to_date,
    folded,
    open_search_text,
    texts_of,
)
from journalist_interface.casework.summary import SUMMARY_SHEET, summary_texts
from journalist_interface.conflicts import fold
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.items import count_items_of_holder, list_items
from store.desk.sheets import sheets_of_holder
from store.errors import Missing

HITS_A_PAGE = 20
MOST_BEHIND = 500  # cases that one search brings up to date
LONGEST_QUERY = 200  # characters
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_AROUND = 90  # characters of a passage on each side


@dataclass(frozen=True)
class Hit:
    """A case that was found, and a passage of it: what stands before the word that was found, it, and after it."""

    case: BoardCase
    before: str = field(default="", repr=False)
    found: str = field(default="", repr=False)
    after: str = field(default="", repr=False)


@dataclass(frozen=True)
class SearchPage:
    """One page of what was found.

    `left` cases were not searched this time; `unopened` do not open; of those that are `cut` only the first part was
    searched. `walk` is the number by which all that was found is gone through.
    """

    hits: tuple[Hit, ...]
    number: int
    pages: int
    found: int
    searched: int
    left: int
    unopened: int
    cut: int
    walk: str = ""


def read_terms(untrusted_query: str) -> tuple[str, ...]:
    """Return what is looked for, folded. Raises WritingRefused if that is nothing, or too much."""
    if len(untrusted_query) > LONGEST_QUERY:
        raise WritingRefused(_("Look for at most {most} characters at a time.").format(most=LONGEST_QUERY))
    terms = (folded(phrase or word) for phrase, word in _TERM.findall(untrusted_query))
    found = tuple(dict.fromkeys(term for term in terms if term.strip('"')))
    if not found:
        raise WritingRefused(_("Type a word to look for."))
    return found


def search(
    desk: Desk,
    board: Board,
    signed_in: SignedIn,
    untrusted_query: str,
    number: int,
    chosen: Filter = EVERY_STATUS,
) -> SearchPage:
    """Search all cases that this reviewer is cleared for; show those found that `chosen` holds, in its order.

    Raises WritingRefused, NoRoom.
    """
    terms = read_terms(untrusted_query)
    cases = board.look(desk, signed_in)
    look = _Look(cases, terms)
    look.search(desk, signed_in)
    left = look.catch_up(desk, signed_in)
    together = look.found_together()
    # The newest change first, or as was asked; a case with parts stands where its main case does.
    among = [each for each in board.listing(desk, signed_in).cases if each.case.id in together]
    listed = [each.case for each in list_board(among, chosen, signed_in.username)]
    found = [together[case.id] for case in listed]
    pages = max(1, -(-len(found) // HITS_A_PAGE))
    number = min(max(1, number), pages)
    shown = found[(number - 1) * HITS_A_PAGE : number * HITS_A_PAGE]
    hits = tuple(_hit(desk, case, look.summaries.get(case.id), terms) for case in shown)
    searched = len(cases) - left - look.unopened
    # Of what was looked for nothing is kept: the walk knows the cases, and that they were searched for.
    walk = board.lists.begin("search", "", tuple(case.id for case in listed))
    return SearchPage(hits, number, pages, len(found), searched, left, look.unopened, look.cut, walk.number)


class _Look:
    """One look through all texts: what was found, and which cases have to be brought up to date."""

    def __init__(self, cases: Mapping[str, BoardCase], terms: Sequence[str]) -> None:
        self._cases, self._terms = cases, terms
        self._behind: list[BoardCase] = []
        self.summaries: dict[str, Ciphertext] = {}
        self.found: list[BoardCase] = []
        self._partly: dict[str, frozenset[str]] = {}  # parts of a case that have some of the words
        self.unopened = 0
        self.cut = 0

    def search(self, desk: Desk, signed_in: SignedIn) -> None:
        """Look through the texts that there are, one by one: memory does not grow with the cases."""
        with desk.database.reading() as connection:
            counts = count_items_of_holder(connection, signed_in.username)
            self.summaries = dict(sheets_of_holder(connection, signed_in.username, SUMMARY_SHEET))
            texts = sheets_of_holder(connection, signed_in.username, SEARCH_SHEET)
            without = set(self._cases)
            for case_id, sealed in texts:
                if case_id in without:
                    without.remove(case_id)
                    self._judge(self._cases[case_id], sealed, counts.get(case_id, 0))
        for case_id in without:
            case = self._cases[case_id]
            if case.key is None:
                self.unopened += 1
            else:
                self._behind.append(case)

    def catch_up(self, desk: Desk, signed_in: SignedIn) -> int:
        """Bring texts that fell behind up to date, look through them, and record it all; return how many are left.

        Raises NoRoom.
        """
        now, later = self._behind[:MOST_BEHIND], self._behind[MOST_BEHIND:]
        with desk.database.writing() as connection:
            for case in now:
                self._catch_up_one(connection, signed_in, case)
            searched = len(self._cases) - len(later) - self.unopened
            record_act(connection, signed_in.username, Act.SEARCH, note=str(searched))
        return len(later)

    def _catch_up_one(self, connection: Connection, signed_in: SignedIn, case: BoardCase) -> None:
        try:
            # Opened anew: the case may have another key by now, and nothing may be sealed under the old one.
            opened = open_case(connection, signed_in, case.reference)
            self._judge_text(case, opened.key, bring_up_to_date(connection, opened.key, case.id))
        except (Missing, SealBroken):
            self.unopened += 1

    def _judge(self, case: BoardCase, sealed: Ciphertext, items: int) -> None:
        if case.key is None:
            self.unopened += 1
            return
        try:
            text = open_search_text(case.key, case.id, sealed)
        except SealBroken:
            # Altered, or under a key that the case got this moment.
            text = SearchText()
        if text.items < items:
            self._behind.append(case)
        else:
            self._judge_text(case, case.key, text)

    def _judge_text(self, case: BoardCase, key: CaseKey, text: SearchText) -> None:
        self.cut += text.is_full
        words = text.words
        if not all(term in words for term in self._terms):
            words = self._with_names(case, key, words)
        held = frozenset(term for term in self._terms if term in words)
        if len(held) == len(self._terms):
            self.found.append(case)
        elif held and any(link.is_merged for link in case.work.links):
            self._partly[case.id] = held

    def found_together(self) -> dict[str, BoardCase]:
        """Return what was found by the id of its main case: a case with parts once, if all words stand in it, wherever
        in it each does."""
        merged = [case for case in (*self.found, *self._cases_of(self._partly)) if case.is_merged]
        found = {case.id: case for case in self.found if not case.is_merged}
        if not merged:
            return found
        related = Related(self._cases)
        for case in merged:
            members = related.members(case)
            held = frozenset[str]().union(*(self._partly.get(each.id, ()) for each in members))
            if case.id not in self._partly or len(held) == len(self._terms):
                found.setdefault(members[0].id, case)
        return found

    def _cases_of(self, case_ids: Iterable[str]) -> list[BoardCase]:
        return [self._cases[case_id] for case_id in case_ids]

    def _with_names(self, case: BoardCase, key: CaseKey, words: str) -> str:
        name = "" if case.card is None else case.card.name
        others = [name, case.reference, " ".join(case.work.tags)]
        if case.id in self.summaries:
            # One that was altered is said at the case; it must not hide the letters.
            with suppress(SealBroken):
                others += summary_texts(key, case.id, self.summaries[case.id])
        return "\n".join((words, *map(folded, others)))


def _hit(desk: Desk, case: BoardCase, summary: Ciphertext | None, terms: Sequence[str]) -> Hit:
    if case.key is None:
        return Hit(case)
    with desk.database.reading() as connection:
        items = list_items(connection, case.id)
    texts: list[str] = []
    # Whoever kept somebody out this very moment gave it another key: then there is no passage.
    with suppress(SealBroken):
        texts += summary_texts(case.key, case.id, summary) if summary is not None else ()
    for item in reversed(items):
        try:
            texts += texts_of(open_document(case.key, case.id, item.id, item.kind, item.sealed))
        except SealBroken:
            continue
    for text in texts:
        hit = _passage(case, text, terms)
        if hit is not None:
            return hit
    return Hit(case)


def _passage(case: BoardCase, text: str, terms: Sequence[str]) -> Hit | None:
    # Of a phrase the first word is marked: folding moves places, so words are compared where they stand.
    first = {term.split()[0] for term in terms}
    for word in re.finditer(r"\S+", text):
        if any(each in fold(word.group()) for each in first):
            before, after = text[max(0, word.start() - _AROUND) : word.start()], text[word.end() :][:_AROUND]
            return Hit(case, " ".join(before.split()), word.group(), " ".join(after.split()))
    return None
