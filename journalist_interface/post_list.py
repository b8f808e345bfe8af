"""Which letters of the post a page shows, and in which order: from the words of an address, judged without I/O.

An address holds choices alone, the same for everybody; nothing of a letter. What does not read as a choice chooses
nothing. Of a letter that is hidden from this officer there is no row and no count, as in the queue itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlencode

from journalist_interface.letter_opening import Danger
from journalist_interface.post_preview import Preview
from journalist_interface.post_queue import Queue, needs_a_person
from keys.letter import TOPICS

LETTERS_A_PAGE = 50
_ORDERS = frozenset({"urgent", "oldest", "newest"})
_WHAT = frozenset({"new", "more"})


@dataclass(frozen=True)
class PostChoice:
    """What the queue is narrowed to. `what`: letters that would make a case, or more of one; the rest: only those."""

    topic: str = ""
    what: str = ""
    is_danger: bool = False
    is_person: bool = False  # a person must look before it is opened
    sort: str = "urgent"

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> "PostChoice":
        """Return the choice that an address asks for."""
        topic, what, sort = (untrusted.get(name, "") for name in ("topic", "what", "sort"))
        return cls(
            topic=topic if topic in TOPICS else "",
            what=what if what in _WHAT else "",
            is_danger=untrusted.get("is_danger") == "1",
            is_person=untrusted.get("is_person") == "1",
            sort=sort if sort in _ORDERS else "urgent",
        )

    def query(self, **other: object) -> str:
        """Return the query of its address, without what is as usual; `other` in the place of its own."""
        usual = {each.name: each.default for each in fields(self)} | {"page": 1}
        chosen = vars(self) | other
        return urlencode(
            {name: "1" if value is True else value for name, value in chosen.items() if value != usual.get(name)}
        )


@dataclass(frozen=True)
class PostPage:
    """One page of the queue. `found` is how many letters are so, of those that this officer has looked at."""

    letters: tuple[Preview, ...]
    chosen: PostChoice
    number: int
    pages: int
    found: int


def list_post(queue: Queue, chosen: PostChoice, number: int) -> PostPage:
    """Return a page of the queue; a number past the end gives the last page."""
    tests: dict[str, tuple[bool, Callable[[Preview], bool]]] = {
        "topic": (bool(chosen.topic), lambda each: chosen.topic in each.topics),
        "what": (bool(chosen.what), lambda each: bool(each.case) == (chosen.what == "more")),
        "danger": (chosen.is_danger, lambda each: each.danger is not Danger.NONE),
        "person": (chosen.is_person, lambda each: needs_a_person(each, queue.proposals.get(each.submission))),
    }
    found = list(queue.previews)
    for is_asked, fits in tests.values():
        if is_asked:
            found = [each for each in found if fits(each)]
    # The queue comes by urgency; sorting is stable, so that of one day the most urgent stands first.
    if chosen.sort != "urgent":
        found.sort(key=lambda each: each.collected_day, reverse=chosen.sort == "newest")
    pages = max(1, -(-len(found) // LETTERS_A_PAGE))
    number = min(max(1, number), pages)
    return PostPage(
        tuple(found[(number - 1) * LETTERS_A_PAGE : number * LETTERS_A_PAGE]), chosen, number, pages, len(found)
    )
