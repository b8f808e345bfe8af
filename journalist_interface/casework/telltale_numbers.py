"""Numbers that identify, in whatever way they are spelt: what a letter and a reply have in common is found by a key.

- A date is a day of a month: "14 March", "March 14th" and "14/03/2026" are one.
- A time is a minute of the day: "10.30pm" and "22:30" are one; "10:30" may be either half of the day.
- A code is a number of three digits or more (a collar number, a telephone, a sum), or digits and letters in one (a
  registration: "AB12 CDE" and "ab12cde" are one).
- A small number counts with the word of a place before it, or an uncommon one: "room 12", not "12" and not "for 3
  days".
- No year by itself, no "1st" by itself, and no number that everybody may call.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from journalist_interface.ordinary_words import rank

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_DAY_MONTH = re.compile(rf"\b{_DAY}\s+(?:of\s+)?{_MONTH}\b", re.IGNORECASE)
_MONTH_DAY = re.compile(rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}\b(?![:.]?\d)", re.IGNORECASE)
_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})(?:/(\d{1,2})(?:/\d{2,4})?|[.-](\d{1,2})[.-]\d{2,4})(?![\d/])")
_ISO = re.compile(r"\b\d{4}-(\d{2})-(\d{2})\b")
_CLOCK = re.compile(
    r"(?<![\d£])(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?m\b|(?<![\d£.:])(\d{1,2})[:.](\d{2})(?![\d.:])", re.IGNORECASE
)
_PUBLIC = re.compile(r"(?<!\d)(?:999|101|111|112|116[ -]?123|0800[ -]?555[ -]?111|0800[ -]?1111)(?![\d])")
# No pattern here looks back over a text of any length: a letter is long, and its writer may be anybody.
_CODE = re.compile(r"\d{1,3}(?:,\d{3})+|[^\W_]+")
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")
_PLATE = re.compile(r"[a-z]{2}\d{2}[a-z]{3}|[a-z]\d{1,3}[a-z]{3}|[a-z]{3}\d{1,3}[a-z]")
_BEFORE, _AFTER = re.compile(r"([^\W_]+)[ -]\Z"), re.compile(r"[ -]([^\W_]+)")
_LEAST_DIGITS = 3
_LONGEST_WORD = 40  # characters, of one beside a number
_UNCOMMON = 1_000  # rank of a word that tells where a small number belongs
_PLACES_TEXT = """
    bay block bus car cell flat floor gate house line locker number road room route shift team unit van
"""
_PLACES = frozenset(_PLACES_TEXT.split())
_NO_PLACE_TEXT = """
    second seconds minute minutes hour hours day days working week weeks month months year years times pages
    page question questions answer answers part point points percent letter letters file files reply replies
    people words
"""
_NO_PLACE = frozenset(_NO_PLACE_TEXT.split())


@dataclass(frozen=True)
class Mark:
    """A number in a text, from `start` to `end`. Two that mean one thing have a key in common."""

    keys: frozenset[str]
    start: int
    end: int


def marks_in(text: str) -> list[Mark]:
    """Return the numbers of a text that could identify."""
    taken = [False] * len(text)
    for found in _PUBLIC.finditer(text):
        taken[found.start() : found.end()] = [True] * len(found[0])
    marks: list[Mark] = []
    for mark in (*_dates(text), *_times(text), *_codes(text)):
        # What was read as a date or a time is no code besides.
        if not any(taken[mark.start : mark.end]):
            marks.append(mark)
            taken[mark.start : mark.end] = [True] * (mark.end - mark.start)
    return marks


def _dates(text: str) -> Iterator[Mark]:
    for pattern, day, month in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1), (_ISO, 2, 1), (_FIGURES, 1, 2)):
        for found in pattern.finditer(text):
            told = found[month] or found[3]
            number = int(told) if told.isdecimal() else _MONTHS.index(told[:3].lower()) + 1
            if 1 <= int(found[day]) <= 31 and 1 <= number <= 12:
                yield Mark(frozenset({f"date {number} {int(found[day])}"}), found.start(), found.end())


def _times(text: str) -> Iterator[Mark]:
    for found in _CLOCK.finditer(text):
        hour, minute = int(found[1] or found[4]), int(found[2] or found[5] or 0)
        if hour > 23 or minute > 59:
            continue
        if found[3]:
            hours = {hour % 12 + (12 if found[3].lower() == "p" else 0)}
        else:
            hours = {hour, hour + 12} if hour < 12 else {hour}
        yield Mark(frozenset(f"time {each} {minute}" for each in hours), found.start(), found.end())


def _codes(text: str) -> Iterator[Mark]:
    for found in _CODE.finditer(text):
        key = found[0].replace(",", "").lower()
        if not any(character.isdecimal() for character in key):
            continue
        yield from _with_neighbour(text, found, key)
        if _is_code(key):
            yield Mark(frozenset({f"code {key}"}), found.start(), found.end())


def _with_neighbour(text: str, found: re.Match[str], key: str) -> Iterator[Mark]:
    before, after = (
        _BEFORE.search(text[max(0, found.start() - _LONGEST_WORD) : found.start()]),
        _AFTER.match(text, found.end()),
    )
    if after and _PLATE.fullmatch(key + after[1].lower()):
        yield Mark(frozenset({f"code {key}{after[1].lower()}"}), found.start(), after.end())
    start = found.start() - len(before[0]) if before else 0
    if before and _PLATE.fullmatch(before[1].lower() + key):
        yield Mark(frozenset({f"code {before[1].lower()}{key}"}), start, found.end())
    if key.isdecimal() and len(key) < _LEAST_DIGITS and before and _is_place(before[1].lower()):
        yield Mark(frozenset({f"{before[1].lower()} {int(key)}"}), start, found.end())


def _is_code(key: str) -> bool:
    digits = sum(character.isdecimal() for character in key)
    if digits == len(key):
        return digits >= _LEAST_DIGITS and not _YEAR.match(key)
    return len(key) >= _LEAST_DIGITS and not _ORDINAL.match(key)


def _is_place(word: str) -> bool:
    return word in _PLACES or (word.isalpha() and word not in _NO_PLACE and rank(word) >= _UNCOMMON)
