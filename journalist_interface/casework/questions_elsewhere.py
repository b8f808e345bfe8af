"""Questions asked in one case and answered in another of the same source: a source's letters all land in one.

The words of a question are the desk's own and are shown where its answer is. The words of an answer are the source's:
the case that asked says only where they came, and whoever reads them there is recorded as reading.
"""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from journalist_interface.case_documents import Document, LetterDocument, ReplyDocument, open_document
from journalist_interface.case_page import CasePage, QuestionsElsewhere
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.case_links import Stand
from journalist_interface.casework.related import Related
from keys.errors import SealBroken
from store.desk.items import ItemKind, list_items

_TOLD_BY = {ItemKind.REPLY.value, ItemKind.LETTER.value}


def read_questions(connection: Connection, related: Related, pages: Iterable[CasePage]) -> QuestionsElsewhere:
    """Return what linked cases, which this reader can read too, have to do with the questions and answers of these."""
    pages = tuple(pages)
    documents = [entry.document for page in pages for entry in page.entries]
    asked, answered = _asked(documents), _answered(documents)
    open_here, unknown = asked - answered, answered - asked
    if not open_here and not unknown:
        return QuestionsElsewhere()
    texts: dict[str, tuple[str, str]] = {}
    came: dict[str, str] = {}
    for case in _linked(related, pages):
        for document in _documents(connection, case):
            if isinstance(document, ReplyDocument):
                texts |= {each.id: (each.text, case.reference) for each in document.questions if each.id in unknown}
            came |= dict.fromkeys(_answered([document]) & open_here, case.reference)
    return QuestionsElsewhere(texts, came)


def _linked(related: Related, pages: tuple[CasePage, ...]) -> Iterator[BoardCase]:
    own = {page.case.row.id for page in pages}
    for case_id in own & related.cases.keys():
        for partner in related.partners(related.cases[case_id]):
            if partner.link.stand is not Stand.ENDED and partner.case.id not in own:
                yield partner.case


def _documents(connection: Connection, case: BoardCase) -> Iterator[Document]:
    for item in list_items(connection, case.id):
        if item.kind in _TOLD_BY and case.key is not None:
            try:
                yield open_document(case.key, case.id, item.id, item.kind, item.sealed)
            except SealBroken:
                continue


def _asked(documents: Iterable[Document | None]) -> set[str]:
    replies = (each for each in documents if isinstance(each, ReplyDocument))
    return {question.id for reply in replies for question in reply.questions}


def _answered(documents: Iterable[Document | None]) -> set[str]:
    letters = (each for each in documents if isinstance(each, LetterDocument))
    # The guided questions have words for ids.
    return {answer.question for letter in letters for answer in letter.answers if not answer.question.startswith("q-")}
