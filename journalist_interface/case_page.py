"""Reading a case: its timeline in order, answers put together with the questions they answer.

Reading is recorded, and what was unread counts as read. An item that does not open, or a file that is not there, is
said in its place: the rest must stay readable, and nobody may take a case with a hole for a whole one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import (
    Document,
    LetterDocument,
    ReplyDocument,
    StoredAttachment,
    open_document,
)
from journalist_interface.case_places import NO_ITEMS, timeline_after
from journalist_interface.casework.clocks import note_clocks
from journalist_interface.casework.deadlines import Due, dues_of
from journalist_interface.casework.end_panel import EndPanel, look_at_end
from journalist_interface.casework.prepared_files import PreparedFiles, read_prepared
from journalist_interface.casework.rules_kept import read_rules
from journalist_interface.casework.safety import Happened, Safety, safety_of
from journalist_interface.casework.steps import read_one_way
from journalist_interface.casework.summary import Summary, read_summary
from journalist_interface.casework.withdrawn import Withdrawn, withdrawal_in
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.labels import answer_label, question_label
from journalist_interface.sessions import SignedIn
from journalist_interface.walls import readers_to_choose
from keys.errors import SealBroken
from keys.letter import Answer
from store.desk.audit import Act, record_act
from store.desk.cases import cleared_for, put_card
from store.desk.clocks import lacks_clocks
from store.desk.items import Item, ItemKind, list_items
from store.desk.lapsed import lapsed_of
from store.desk.reads import FirstRead, first_readers


@dataclass(frozen=True)
class Entry:
    """One item of the timeline. `kind` says what `document` is; `state` where a reply is.

    Without a document it does not open: it was altered. `reference` is that of its case, `part` the name of the case it
    came with where that is not plain.
    """

    id: str
    kind: str
    made_at: int
    state: str | None
    document: Document | None
    reference: str = ""
    part: str = ""


@dataclass(frozen=True)
class ShownAnswer:
    """An answer with its question in words. `asked_in` is the id of the reply that asked, or empty; `elsewhere` the
    reference of the case that it was asked in, if that is a linked one.
    """

    question: str = field(repr=False)
    text: str = field(repr=False)
    asked_in: str
    elsewhere: str = ""


@dataclass(frozen=True)
class QuestionsElsewhere:
    """Questions of linked cases: `asked` there and answered here, each with its words and the reference of that case;
    `answered` there and asked here, each with that reference alone.
    """

    asked: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    answered: Mapping[str, str] = field(default_factory=dict)


NONE_ELSEWHERE = QuestionsElsewhere()


@dataclass(frozen=True)
class CasePage:
    """A case as it is read. `answers` maps the id of a question that was asked to what came back.

    `gone` are the ids of attachments whose vault file is not there. `parts` are the pages of all parts of a case that
    has some, its own among them; then `timeline` has the entries of all, and `entries` its own (one_case.py).
    """

    case: OpenCase
    entries: tuple[Entry, ...]
    answers: dict[str, tuple[str, ...]] = field(repr=False)
    safety: Safety
    must_not_reach: tuple[str, ...] = field(repr=False)
    readers: tuple[str, ...]
    others: tuple[str, ...]  # reviewers who are not cleared
    summary: Summary | None  # None: it does not open
    read_by: Mapping[str, tuple[FirstRead, ...]]  # who read each letter, by its id, and when first
    dues: tuple[Due, ...]
    withdrawal: Withdrawn | None
    lapsed: Mapping[str, int]  # who could read it until their key was lost, and when that was, in Unix seconds
    gone: frozenset[str]
    end: EndPanel
    prepared: PreparedFiles | None  # what waits for the reader's next reply; None: it does not open
    parts: tuple["CasePage", ...] = ()
    timeline: tuple[Entry, ...] = ()
    questions: QuestionsElsewhere = NONE_ELSEWHERE

    @property
    def lacks_a_part(self) -> bool:
        """Whether an item was taken away, moved or put in: the timeline is not the one that the card names."""
        return any(
            page.case.card.timeline != timeline_after(NO_ITEMS, (entry.id for entry in page.entries))
            for page in self.parts or (self,)
        )

    @property
    def lacks_a_letter(self) -> bool:
        """Whether a letter does not open: danger, and whom it must not reach, may stand in it unseen."""
        return any(
            entry.document is None and entry.kind == ItemKind.LETTER.value
            for page in self.parts or (self,)
            for entry in page.entries
        )

    @property
    def safe_times(self) -> tuple[str, ...]:
        """When the letters say that it is safe for the source to come back."""
        letters = (entry.document for entry in self.entries if isinstance(entry.document, LetterDocument))
        return tuple(answer.text for each in letters for answer in each.answers if answer.question == "q-safe-time")

    def answers_in(self, letter: LetterDocument) -> tuple[list[ShownAnswer], list[ShownAnswer]]:
        """Return a letter's answers to our own questions, and its answers to the guided ones."""
        asked: list[ShownAnswer] = []
        guided: list[ShownAnswer] = []
        for answer in letter.answers:
            label = question_label(answer.question)
            if label is not None:
                guided.append(ShownAnswer(label, answer_label(answer.question, answer.text), ""))
            else:
                asked.append(self._asked(answer))
        return asked, guided

    def _asked(self, answer: Answer) -> ShownAnswer:
        for entry in self.timeline or self.entries:
            if isinstance(entry.document, ReplyDocument):
                for question in entry.document.questions:
                    if question.id == answer.question:
                        return ShownAnswer(question.text, answer.text, entry.id)
        if answer.question in self.questions.asked:
            text, reference = self.questions.asked[answer.question]
            return ShownAnswer(text, answer.text, "", reference)
        # The source host might make ids up: what it says is shown, under its own id.
        return ShownAnswer(answer.question, answer.text, "")


def _note_read(connection: Connection, case: OpenCase) -> None:
    """Note in the case's card that what came is read now; its clocks stand in the open once somebody has read it."""
    if case.card.unread or case.is_of_before:
        work = read_one_way(case.work) if case.is_one_way else case.work
        put_card(connection, case.row.id, replace(case.card, unread=0, work=work).seal(case.key, case.row.id))
        note_clocks(connection, case.row.id, work, is_one_way=case.is_one_way)
    elif lacks_clocks(connection, case.row.id):
        note_clocks(connection, case.row.id, case.work, is_one_way=case.is_one_way)


def read_case(desk: Desk, signed_in: SignedIn, reference: str) -> CasePage:
    """Return the case and record that it was read. Raises Missing if there is none or it is not this reviewer's."""
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        summary, rules = _summary(connection, case), read_rules(connection)
        prepared = _prepared(connection, case, signed_in.username)
        entries = tuple(_entry(case, item) for item in list_items(connection, case.row.id))
        _note_read(connection, case)
        readers, others = cleared_for(connection, case.row.id), readers_to_choose(connection, case)
        lapsed, end = lapsed_of(connection, case.row.id), look_at_end(connection, case, signed_in.username)
        record_act(connection, signed_in.username, Act.READ, reference)
        read_by = {
            entry.id: first_readers(connection, reference, entry.made_at)
            for entry in entries
            if entry.kind == ItemKind.LETTER.value
        }
    letters = [entry.document for entry in entries if isinstance(entry.document, LetterDocument)]
    return CasePage(
        case=case,
        entries=entries,
        answers=_answers(letters),
        safety=safety_of(Happened(entry.kind, entry.made_at, entry.document) for entry in entries),
        must_not_reach=tuple(letter.must_not_reach for letter in letters if letter.must_not_reach),
        readers=readers,
        summary=summary,
        read_by=read_by,
        dues=dues_of(case.work, is_one_way=case.is_one_way, rules=rules, today=today()),
        withdrawal=withdrawal_in(letters),
        others=others,
        lapsed=lapsed,
        gone=_gone(desk, entries),
        end=end,
        prepared=prepared,
        timeline=entries,
    )


def look_at_summary(desk: Desk, signed_in: SignedIn, reference: str) -> tuple[OpenCase, Summary]:
    """Return a case and its summary, for the page on which it is written. Raises Missing, SealBroken."""
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
        return case, read_summary(connection, case)


def _summary(connection: Connection, case: OpenCase) -> Summary | None:
    try:
        return read_summary(connection, case)
    except SealBroken:
        return None


def _prepared(connection: Connection, case: OpenCase, username: str) -> PreparedFiles | None:
    try:
        return read_prepared(connection, case, username)
    except SealBroken:
        return None


def _entry(case: OpenCase, item: Item) -> Entry:
    try:
        document = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
    except SealBroken:
        return Entry(item.id, item.kind, item.made_at, item.state, None, case.row.reference)
    return Entry(item.id, item.kind, item.made_at, item.state, document, case.row.reference)


def _gone(desk: Desk, entries: Iterable[Entry]) -> frozenset[str]:
    named = {file.id for entry in entries for file in _files(entry.document) if file.id}
    return frozenset(named - desk.vault.present(named))


def _files(document: Document | None) -> tuple[StoredAttachment, ...]:
    if isinstance(document, LetterDocument):
        return document.attachments
    return document.files if isinstance(document, ReplyDocument) else ()


def _answers(letters: Iterable[LetterDocument]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for letter in letters:
        for answer in letter.answers:
            found[answer.question] = (*found.get(answer.question, ()), answer.text)
    return found
