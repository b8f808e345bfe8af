"""Whom a letter must not reach, as its source said before under another codename, if the letter joins that.

The notes of the other case are read only by an officer who can read that case. To any other, a letter that joins a case
that is not theirs, one that joins none, and one whose case was destroyed are the same.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import with_key
from journalist_interface.case_documents import LetterDocument, open_document
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from store.desk.cases import find_case_of_source
from store.desk.further import case_of_source
from store.desk.items import ItemKind, item_ids, list_items
from store.errors import Missing


@dataclass(frozen=True)
class Before:
    """The case that a source says to have written before, as one officer may know it: its name, and its notes."""

    name: str = ""
    notes: tuple[str, ...] = field(default=(), repr=False)


NOTHING = Before()


def look_at_joined(connection: Connection, signed_in: SignedIn, address: str) -> Before:
    """Return what this officer may know of the case of an address; nothing if there is none or it is not theirs."""
    if not address:
        return NOTHING
    try:
        case = with_key(connection, signed_in, find_case_of_source(connection, signed_in.username, address))
    except (Missing, SealBroken):
        return NOTHING
    notes = []
    for item in list_items(connection, case.row.id):
        if item.kind == ItemKind.LETTER.value:
            try:
                letter = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
            except SealBroken:
                continue
            if isinstance(letter, LetterDocument) and letter.must_not_reach:
                notes.append(letter.must_not_reach)
    return Before(case.card.name, tuple(dict.fromkeys(notes)))


def joined_place_of(connection: Connection, address: str) -> tuple[str, ...]:
    """Return what `look_at_joined` follows from: the case, who can read it, how much stands in it. Kept in memory."""
    found = case_of_source(connection, address) if address else None
    return () if found is None else (found[0], *found[1], str(len(item_ids(connection, found[0]))))
