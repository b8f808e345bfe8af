"""Links between cases, as each of the two cards has them: a random id that both share, what it is, how they stand.

The id is all that leads from one case to the other. Whoever can read only one of them holds the id of nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from keys.errors import Malformed
from keys.strict_json import hex_id

MOST_LINKS = 30  # of a case: with every one of them its card stays in the smallest size class


class LinkKind(StrEnum):
    """Why two cases belong together."""

    SAME_SOURCE = "same-source"
    SAME_PERSON = "same-person"  # who is complained of
    SAME_MATTER = "same-matter"
    SPLIT = "split"  # one was made of letters of the other
    CLAIMED = "claimed"  # a letter says that both are its source's, and nobody has looked into it yet
    OTHER = "other"


CHOSEN_KINDS = (LinkKind.SAME_SOURCE, LinkKind.SAME_PERSON, LinkKind.SAME_MATTER, LinkKind.OTHER)


class Stand(StrEnum):
    """How a case stands to the one at the other end."""

    BESIDE = "beside"
    HOLDS = "holds"  # the other is a part of this one
    WITHIN = "within"  # this one is a part of the other
    ENDED = "ended"  # it was taken away: kept for the timeline of those who know both


@dataclass(frozen=True, slots=True)
class CaseLink:
    """One end of a link."""

    id: str
    kind: LinkKind
    stand: Stand

    @property
    def is_merged(self) -> bool:
        """Whether the two are parts of one case."""
        return self.stand in (Stand.HOLDS, Stand.WITHIN)

    def to_json(self) -> str:
        """Return the link in one string: a card has little room."""
        return f"{self.id} {self.kind} {self.stand}"

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the link in a string. Raises Malformed."""
        words = value.split(" ") if isinstance(value, str) else []
        if len(words) != 3:
            raise Malformed("a link is an id, a kind and a stand")
        try:
            return cls(hex_id(words[0]), LinkKind(words[1]), Stand(words[2]))
        except ValueError as reason:
            raise Malformed("a link has a known kind and a known stand") from reason


def with_link(links: tuple[CaseLink, ...], link: CaseLink) -> tuple[CaseLink, ...]:
    """Return the links with this one, in the place of the one with its id. The oldest that ended give way to it."""
    if any(each.id == link.id for each in links):
        return tuple(link if each.id == link.id else each for each in links)
    kept = list(links)
    while len(kept) >= MOST_LINKS and any(each.stand is Stand.ENDED for each in kept):
        kept.remove(next(each for each in kept if each.stand is Stand.ENDED))
    return (*kept, link)


def has_room(links: tuple[CaseLink, ...]) -> bool:
    """Tell whether a case can have one more link."""
    return sum(each.stand is not Stand.ENDED for each in links) < MOST_LINKS
