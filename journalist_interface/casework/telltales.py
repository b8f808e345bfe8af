"""What in a reply could tell somebody who reads it over a source's shoulder that the source wrote to us.

A reply is read on a telephone that somebody else may pick up. Whoever picks it up knows their own secrets: a reply that
repeats what only few can know says who told. Rules, judged without I/O over everything that the source wrote to us:

1. Numbers: dates, times, collar and telephone numbers, registrations, sums (telltale_numbers.py).
2. Names: what the letter writes as a name, first names however they are written, and words so rare that no list of
   frequent words has them. A common word counts only where letter and reply both write it as a name.
3. Copied words: five words or more in the letter's order, two of them uncommon; or eight of whatever kind.
4. Whom the letter must not reach: every word of that note but the most frequent.
5. Who and where: every uncommon word of the answers to these two questions.
6. If the source says that only they could know: every uncommon word of that letter, and three copied words.
7. The name of anybody at the desk, which no source is ever to see, whatever stands in the letters.

Words that our own site uses for everybody (report, police, answer) and the most frequent ones never count: a warning
that comes at every reply is read by nobody. It is a warning: the writer may know better, and sends all the same.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Self
from unicodedata import normalize

from journalist_interface.casework.telltale_numbers import marks_in
from journalist_interface.common_words import SAY_NOTHING
from journalist_interface.ordinary_words import UNKNOWN, is_first_name, rank

FREQUENT = 500  # rank: hardly tells more than that somebody speaks English
MOST_FREQUENT = 300
ORDINARY = 5_000  # rank: a word of every day
UNCOMMON = 1_000  # rank: from here on a word tells, in answers to "who" and "where" and in what only one can know
COPIED, COPIED_UNCOMMON, COPIED_ANYHOW = 5, 2, 8  # words
COPIED_IF_ONLY_ONE = 3
_RARE_FROM = 4  # letters; shorter ones are mostly abbreviations
_SHOUTING = 0.6  # of the words of a passage begin with a capital: then a capital says nothing
_LOOK_BACK = 12  # characters before a word, to see whether it begins a sentence
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_BEGINS = re.compile(r"(?:\A|[.!?:;\n]['”\")\]]*\s*|[•*\u2013\u2014-]\s+)['“\"(\[]*\Z")
# What stands before a name, with a full stop that ends no sentence.
_TITLES = frozenset(["mr", "mrs", "ms", "dr", "pc", "wpc", "dc", "ds", "di", "sgt", "insp", "supt", "det", "st"])
# Written as names are, and nobody's.
_NO_NAMES_TEXT = """
    i i'm i've i'll i'd monday tuesday wednesday thursday friday saturday sunday january february march april
    may june july august september october november december christmas easter english british welsh scottish
    irish uk ok okay id gps cctv dbs hr tv pc dna faq pm am
"""
_NO_NAMES = SAY_NOTHING | frozenset(_NO_NAMES_TEXT.split())
# Of everybody's page on the source's site, and of every reply.
_OURS_TEXT = """
    acknowledge acknowledgement anonymous answer answers attachment attachments browser candour careful charity
    childline codename codenames colleague colleagues complaint complaints corrupt corruption crimestoppers
    danger email emails evidence file files force forces helpline independent inbox investigate investigation
    investigators iopc letter letters message messages misconduct officer officers onion page password phone
    police question questions reply replies report reports reviewer safe safely safety samaritans screen
    solicitor source station telephone tor union website whatsapp witness witnesses working
"""
_OURS = frozenset(_OURS_TEXT.split())


class Why(StrEnum):
    """Which rule found something, the one that weighs most first."""

    COLLEAGUE = "colleague"
    MUST_NOT = "must-not"
    NUMBER = "number"
    NAME = "name"
    PLACE = "place"
    ONLY_ONE = "only-one"
    COPIED = "copied"


_ORDER = {why: place for place, why in enumerate(Why)}


class Told(StrEnum):
    """Where a passage stands: how much of it counts."""

    LETTER = "letter"
    WHO_OR_WHERE = "who-or-where"
    MUST_NOT = "must-not"
    ONLY_ONE = "only-one"


@dataclass(frozen=True)
class Passage:
    """Something that the source wrote."""

    text: str = field(repr=False)
    told: Told


@dataclass(frozen=True)
class Telltale:
    """Words of a reply, from `start` to `end` of one of its parts, and why they may tell."""

    part: int
    start: int
    end: int
    why: Why


@dataclass(frozen=True)
class _Token:
    key: str
    start: int
    end: int
    is_capital: bool
    is_first: bool  # of its sentence

    @property
    def is_written_as_a_name(self) -> bool:
        return self.is_capital and not self.is_first


@dataclass(frozen=True)
class _Known:
    """What the passages have that could tell. `copied` are runs of words, by how long a run must be."""

    numbers: frozenset[str]
    names: frozenset[str]
    words: tuple[tuple[Why, frozenset[str]], ...]
    copied: tuple[tuple[int, frozenset[tuple[str, ...]]], ...]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> Self:
        tokens = [(passage.told, _tokens(passage.text)) for passage in passages]

        def words(told: Told, least: int) -> frozenset[str]:
            return frozenset(_telling([each for where, found in tokens if where is told for each in found], least))

        def runs(length: int, only: Told | None) -> frozenset[tuple[str, ...]]:
            chosen = [[each.key for each in found] for where, found in tokens if only in (None, where)]
            return frozenset(tuple(keys[at : at + length]) for keys in chosen for at in range(len(keys) - length + 1))

        return cls(
            numbers=frozenset(key for passage in passages for mark in marks_in(passage.text) for key in mark.keys),
            names=frozenset(name for _told, found in tokens for name in _names(found)),
            words=(
                (Why.MUST_NOT, words(Told.MUST_NOT, MOST_FREQUENT)),
                (Why.PLACE, words(Told.WHO_OR_WHERE, UNCOMMON)),
                (Why.ONLY_ONE, words(Told.ONLY_ONE, UNCOMMON)),
            ),
            copied=((COPIED, runs(COPIED, None)), (COPIED_IF_ONLY_ONE, runs(COPIED_IF_ONLY_ONE, Told.ONLY_ONE))),
        )


def find_telltales(
    parts: Sequence[str], passages: Sequence[Passage], colleagues: Collection[str]
) -> tuple[Telltale, ...]:
    """Return what may tell in a reply: its text and questions are the parts. In the order of the reply, none twice."""
    known = _Known.of(passages)
    staff = {
        part for name in colleagues for part in (name, *re.split(r"[\W\d_]+", name)) if len(part) > 2 or part == name
    }
    found: list[Telltale] = []
    for place, text in enumerate(parts):
        spans = [*_spans(text, known), *_colleagues(_tokens(text), staff)]
        found.extend(Telltale(place, *span) for span in _merged(text, spans))
    return tuple(found)


def fingerprint(parts: Sequence[str], found: Sequence[Telltale]) -> str:
    """Return what tells this reply, with what was found in it, from any other: who was warned was warned of this."""
    return sha256(repr((tuple(parts), tuple(found))).encode("utf-8", "surrogatepass")).hexdigest()


_Span = tuple[int, int, Why]


def _spans(text: str, known: _Known) -> Iterator[_Span]:
    for mark in marks_in(text):
        if not mark.keys.isdisjoint(known.numbers):
            yield mark.start, mark.end, Why.NUMBER
    tokens = _tokens(text)
    for token in tokens:
        if token.key in known.names and (token.is_capital or is_first_name(token.key) or rank(token.key) >= ORDINARY):
            yield token.start, token.end, Why.NAME
        for why, words in known.words:
            if token.key in words:
                yield token.start, token.end, why
    for length, runs in known.copied:
        yield from _copied(tokens, length, runs)


def _copied(tokens: Sequence[_Token], length: int, runs: frozenset[tuple[str, ...]]) -> Iterator[_Span]:
    keys = [token.key for token in tokens]
    at = 0
    while at + length <= len(keys):
        end = at + length
        if tuple(keys[at:end]) not in runs:
            at += 1
            continue
        while end < len(keys) and tuple(keys[end - length + 1 : end + 1]) in runs:
            end += 1
        uncommon = sum(rank(key) >= FREQUENT and key not in _OURS for key in keys[at:end])
        needed = COPIED_UNCOMMON if length == COPIED else 1
        if uncommon >= needed or end - at >= COPIED_ANYHOW:
            yield tokens[at].start, tokens[end - 1].end, Why.COPIED if length == COPIED else Why.ONLY_ONE
        at = end - length + 1


def _colleagues(tokens: Iterable[_Token], staff: Collection[str]) -> Iterator[_Span]:
    for token in tokens:
        # Somebody may be called "will": then it must be written as a name.
        if token.key in staff and (rank(token.key) >= FREQUENT or token.is_written_as_a_name):
            yield token.start, token.end, Why.COLLEAGUE


def _telling(tokens: Iterable[_Token], least: int) -> Iterator[str]:
    for token in tokens:
        if token.key not in _OURS and rank(token.key) >= least and len(token.key) > 1:
            yield token.key


def _names(tokens: Sequence[_Token]) -> Iterator[str]:
    capitals = sum(token.is_capital for token in tokens)
    shouting = len(tokens) > 1 and capitals > _SHOUTING * len(tokens)
    for token in tokens:
        key = token.key
        if key in _NO_NAMES or key in _OURS or len(key) < 2:
            continue
        seldom = rank(key)
        is_rare = seldom >= UNKNOWN and len(key) >= _RARE_FROM
        as_a_name = token.is_capital and not shouting and seldom >= (ORDINARY if token.is_first else MOST_FREQUENT)
        if as_a_name or is_rare or is_first_name(key):
            yield key


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    for match in _WORD.finditer(text):
        key = normalize("NFKC", match[0]).casefold().replace("\u2019", "'").removesuffix("'s")
        before = found[-1].key if found else ""
        nearby = text[max(0, match.start() - _LOOK_BACK) : match.start()] if found else ""
        is_first = before not in _TITLES and _BEGINS.search(nearby) is not None
        found.append(_Token(key, match.start(), match.end(), match[0][0].isupper(), is_first))
    return found


def _merged(text: str, spans: Iterable[_Span]) -> list[_Span]:
    """Return spans in their order, of which none overlap; names side by side are one."""
    merged: list[_Span] = []
    for start, end, why in sorted(spans):
        if merged and (start < merged[-1][1] or (why is merged[-1][2] and not text[merged[-1][1] : start].strip())):
            before = merged[-1]
            merged[-1] = (before[0], max(end, before[1]), min(why, before[2], key=_ORDER.__getitem__))
        else:
            merged.append((start, end, why))
    return merged
