"""The card of a case: what every list needs to know of it, sealed in one small piece."""

from dataclasses import asdict, dataclass
from typing import Self

from journalist_interface.case_places import LONGEST_DOCUMENT, NO_ITEMS, broken_if_malformed, card_place
from journalist_interface.casework.work import NO_WORK, Work
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.letter import TOPICS
from keys.strict_json import read_object, write_object


@dataclass(frozen=True)
class Card:
    """What the list of cases shows: the two-word name, topics, how many letters nobody has read yet, and whether
    somebody may be in danger; and whose case it is: the address that follows from the source's reply key, or empty.

    `danger` is what every list, filter and page goes by: one of its letters told of danger, or a reviewer raised it,
    and nobody stood it down since (casework/safety.py says how it came to be).

    `timeline` is a hash over the ids of its items, in their order: none can be taken away or moved unnoticed. `work` is
    how far the work on it is. `apart`: it was split off; the address of its source, whose columns another case has.

    The four before `apart` are None in a card of before, which did not say (case_access.settled_card).
    """

    name: str
    topics: tuple[str, ...]
    unread: int
    danger: bool | None
    source: str | None
    timeline: str | None = NO_ITEMS
    work: Work | None = NO_WORK
    apart: str | None = None

    def seal(self, key: CaseKey, case_id: str) -> Ciphertext:
        """Return the card sealed for its place. Raises ValueError if danger or source is not settled."""
        if self.danger is None or self.source is None:
            raise ValueError("a card says whether there is danger, and whose it is")
        values = {name: value for name, value in asdict(self).items() if value is not None}
        values["topics"] = list(self.topics)
        if self.work is not None:
            values["work"] = self.work.to_json()
        return key.seal_item(write_object(values), card_place(case_id))

    @classmethod
    def open(cls, key: CaseKey, case_id: str, sealed: bytes) -> Self:
        """Return the card. Raises SealBroken."""
        with broken_if_malformed():
            fields = read_object(key.open_item(sealed, card_place(case_id)), LONGEST_DOCUMENT)
            card = cls(
                name=fields.text("name", 100),
                topics=fields.list_of("topics", len(TOPICS), _word),
                unread=fields.integer("unread", 1 << 30),
                danger=fields.flag("danger") if fields.holds("danger") else None,
                source=fields.text("source", 64) if fields.holds("source") else None,
                timeline=fields.text("timeline", 64) if fields.holds("timeline") else None,
                work=Work.from_json(fields.value("work")) if fields.holds("work") else None,
                apart=fields.sha256("apart") if fields.holds("apart") else None,
            )
            fields.end()
        return card


def _word(value: object) -> str:
    return str(value)
