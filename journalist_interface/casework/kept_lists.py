"""What a session remembers of its lists, in memory: so that no address holds a word of a case, and so that whoever goes
through a list finds the next case without going back to it.

A browser keeps addresses, offers them to whoever types at it next, and hands them on; a proxy may log them. So what
somebody typed to narrow a list stands there as a number that says nothing outside its session:
- The number of the same words is the same as long as the session lasts, and is no word's in any other session: it is a
  keyed hash, under a key that is drawn with the board and goes with it.
- The order of a list is kept as it was shown, by ids of cases alone. What is in it is asked of the board anew: a case
  that its reviewer is not cleared for any more is not there.
- So many are kept; the one that was not asked for longest is forgotten first. The page then says so.
"""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from hmac import digest
from typing import Generic, TypeVar

MOST_SPOKEN = 2_000
MOST_WALKS = 20  # of so many cases as a list has
MOST_GONE = 500  # cases of which it is known by which list they were come to
_NUMBER_BYTES = 8
_Kept = TypeVar("_Kept")


@dataclass(frozen=True)
class Spoken:
    """What a list is narrowed to in words: of a name, reference or tag; one whole tag; a colleague's name."""

    words: str = field(default="", repr=False)
    tag: str = field(default="", repr=False)
    assignee: str = field(default="", repr=False)


NOTHING_SPOKEN = Spoken()


@dataclass(frozen=True)
class Walk:
    """The cases of a list, by id, in the order in which it was shown; `query` is that of its address, `kind` its page:
    "cases" or "search"."""

    number: str
    kind: str
    query: str
    order: tuple[str, ...] = field(repr=False)


class _Latest(Generic[_Kept]):
    """So many things by their number; the one not asked for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def put(self, number: str, thing: _Kept) -> None:
        self._kept[number] = thing
        self._kept.move_to_end(number)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, number: str) -> _Kept | None:
        found = self._kept.get(number)
        if found is not None:
            self._kept.move_to_end(number)
        return found


class KeptLists:
    """What one session looked for, and the lists that it goes through."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._spoken: _Latest[Spoken] = _Latest(MOST_SPOKEN)
        self._walks: _Latest[Walk] = _Latest(MOST_WALKS)
        self._gone: _Latest[str] = _Latest(MOST_GONE)
        self._changing = threading.Lock()

    def number(self, spoken: Spoken) -> str:
        """Return the number of these words; empty for none."""
        if spoken == NOTHING_SPOKEN:
            return ""
        number = self._number("spoken", spoken.words, spoken.tag, spoken.assignee)
        with self._changing:
            self._spoken.put(number, spoken)
        return number

    def spoken(self, untrusted_number: str) -> Spoken | None:
        """Return the words of a number; None if there are none such (any more)."""
        if not untrusted_number:
            return NOTHING_SPOKEN
        with self._changing:
            return self._spoken.get(untrusted_number)

    def begin(self, kind: str, query: str, order: tuple[str, ...]) -> Walk:
        """Keep a list as it is shown now."""
        # Another order is another walk: a list that is shown again must not lose whoever is still in the middle of it.
        walk = Walk(self._number("walk", kind, query, str(hash(order))), kind, query, order)
        with self._changing:
            self._walks.put(walk.number, walk)
        return walk

    def walk(self, untrusted_number: str) -> Walk | None:
        """Return a list by its number; None if it is forgotten."""
        with self._changing:
            return self._walks.get(untrusted_number)

    def walk_to(self, case_id: str, untrusted_number: str) -> Walk | None:
        """Return the list by which a case was come to, by its number or, after a form of the case, as it was before."""
        with self._changing:
            number = untrusted_number or self._gone.get(case_id) or ""
            walk = self._walks.get(number)
            if walk is not None:
                self._gone.put(case_id, number)
            return walk

    def _number(self, *said: str) -> str:
        text = repr(said).encode("utf-8", "surrogatepass")
        return digest(self._key, text, "sha256")[:_NUMBER_BYTES].hex()
