"""Before words leave for a source: what in them may tell on whoever wrote to us is shown to their writer first.

The form says what its writer was warned of, as a fingerprint of the words and of what was found in them. If either is
another by now, nothing is sent and they are warned anew. Rules and judgement are in telltales.py; here letters are
opened.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.case_documents import LetterDocument, open_document
from journalist_interface.casework.telltales import Passage, Telltale, Told, find_telltales, fingerprint
from journalist_interface.errors import MayTell
from keys.errors import SealBroken
from serving.language import gettext as _
from store.desk.items import ItemKind, list_items
from store.desk.reviewers import list_reviewers

# Chosen from a list, not written.
_CHOSEN = frozenset({"q-danger", "q-ongoing", "q-access", "q-only-one", "q-how-know"})
_WHO_OR_WHERE = frozenset({"q-who", "q-where"})


def telltales_in(connection: Connection, cases: Sequence[OpenCase], parts: Sequence[str]) -> tuple[Telltale, ...]:
    """Return what in these words for a source may tell on them, by the letters of all `cases` that are one.

    A letter that does not open tells nothing.
    """
    letters = (letter for case in cases for letter in _letters(connection, case))
    passages = [passage for letter in letters for passage in passages_of(letter)]
    return find_telltales(parts, passages, [each.username for each in list_reviewers(connection)])


def refuse_telltales(
    connection: Connection, cases: Sequence[OpenCase], parts: Sequence[str], untrusted_warned: str
) -> None:
    """Raise MayTell if something may tell on the source, and the writer was not warned of just that."""
    found = telltales_in(connection, cases, parts)
    if found and fingerprint(parts, found) != untrusted_warned:
        raise MayTell(_("Nothing was sent yet. Look at the words that are marked: somebody may know by them who told."))


def passages_of(letter: LetterDocument) -> Iterator[Passage]:
    """Yield what the source wrote in a letter, and where it stands."""
    only_one = any(answer.question == "q-only-one" and answer.text == "yes" for answer in letter.answers)
    told = Told.ONLY_ONE if only_one else Told.LETTER
    yield Passage(letter.message, told)
    yield Passage(letter.must_not_reach, Told.MUST_NOT)
    for answer in letter.answers:
        if answer.question in _CHOSEN:
            continue
        if answer.question in _WHO_OR_WHERE:
            yield Passage(answer.text, Told.WHO_OR_WHERE)
        yield Passage(answer.text, told)
    for attachment in letter.attachments:
        # What kind of file it is, everybody says.
        yield Passage(attachment.name.rpartition(".")[0] or attachment.name, told)


def _letters(connection: Connection, case: OpenCase) -> Iterator[LetterDocument]:
    for item in list_items(connection, case.row.id):
        if item.kind != ItemKind.LETTER.value:
            continue
        try:
            document = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
        except SealBroken:
            continue
        if isinstance(document, LetterDocument):
            yield document
