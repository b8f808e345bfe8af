"""How far the work on a case is: who does it, how much it matters, and the days from which deadlines follow.

It stands in the sealed card, so that lists, deadlines and figures need no other document. Days are in UTC: a source's
own days are, and a deadline is a day.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from journalist_interface.casework.case_links import MOST_LINKS, CaseLink
from keys.errors import Malformed
from keys.strict_json import Fields, hex_sha256

LONGEST_TAG = 40  # characters
MOST_TAGS = 20
MOST_CLAIMS = 4


class Priority(StrEnum):
    """How much a case matters to the team, whatever its deadlines."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Outcome(StrEnum):
    """What came of a closed case; how long it is kept follows from it."""

    NONE = ""
    PASSED_ON = "passed-on"
    NOT_OURS = "not-ours"
    NO_EVIDENCE = "no-evidence"
    WITHDRAWN = "withdrawn"
    MISUSE = "misuse"


@dataclass(frozen=True, slots=True)
class Work:
    """What is noted of the work on one case. A day is YYYY-MM-DD, or empty: not yet, or not any more.

    - `received`: the first letter came to this host; `acknowledged`: the source was told that it did.
    - `unanswered`: the oldest letter that no reviewer has answered came to this host.
    - `replied`: a reviewer wrote last; `feedback`: the source was told what came of the report.
    - `waiting`: since when the case waits for the source.
    - `withdrawn`: the last letter that takes the report back was sent; `wrote`: the last other letter was.
    - `closed`, with an `outcome`; `keep_until`: destruction is due then; `held`: a legal hold, destruction waits.
    - `links` lead to other cases; `claims` are addresses under which its source says to have written before.
    - `look_again`: somebody is to look at it again by this day; `look_again_by`: who said so, and is reminded.
    """

    priority: Priority = Priority.NORMAL
    assignee: str = ""
    tags: tuple[str, ...] = ()
    received: str = ""
    acknowledged: str = ""
    unanswered: str = ""
    replied: str = ""
    feedback: str = ""
    waiting: str = ""
    closed: str = ""
    outcome: Outcome = Outcome.NONE
    keep_until: str = ""
    held: bool = False
    look_again: str = ""
    look_again_by: str = ""
    links: tuple[CaseLink, ...] = ()
    claims: tuple[str, ...] = ()
    withdrawn: str = ""
    wrote: str = ""

    @property
    def is_withdrawn(self) -> bool:
        """Whether the source has taken the report back, and not written on a later day (casework.withdrawn)."""
        return bool(self.withdrawn) and self.withdrawn >= self.wrote

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        lists = {"tags": list(self.tags), "links": [link.to_json() for link in self.links], "claims": list(self.claims)}
        return {**asdict(self), **lists}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Return the work in a JSON object. Raises Malformed."""
        fields = Fields(value, "work")
        work = cls(
            priority=Priority(fields.one_of("priority", frozenset(Priority))),
            assignee=fields.text("assignee", 64),
            tags=fields.list_of("tags", MOST_TAGS, _tag),
            received=fields.day_or_empty("received"),
            acknowledged=fields.day_or_empty("acknowledged"),
            unanswered=fields.day_or_empty("unanswered"),
            replied=fields.day_or_empty("replied"),
            feedback=fields.day_or_empty("feedback"),
            waiting=fields.day_or_empty("waiting"),
            closed=fields.day_or_empty("closed"),
            outcome=Outcome(fields.one_of("outcome", frozenset(Outcome))),
            keep_until=fields.day_or_empty("keep_until"),
            held=fields.flag("held"),
            # Cards of before have neither.
            links=fields.list_of("links", MOST_LINKS, CaseLink.from_json) if fields.holds("links") else (),
            claims=fields.list_of("claims", MOST_CLAIMS, hex_sha256) if fields.holds("claims") else (),
            # Cards of before say neither.
            withdrawn=fields.day_or_empty("withdrawn") if fields.holds("withdrawn") else "",
            wrote=fields.day_or_empty("wrote") if fields.holds("wrote") else "",
            # Cards of before say neither.
            look_again=fields.day_or_empty("look_again") if fields.holds("look_again") else "",
            look_again_by=fields.text("look_again_by", 64) if fields.holds("look_again_by") else "",
        )
        fields.end()
        return work


NO_WORK = Work()


def _tag(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TAG:
        raise Malformed(f"a tag has 1 to {LONGEST_TAG} characters")
    return value
