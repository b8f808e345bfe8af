"""Whether a letter mentions what a reviewer must not be given, or names the reviewer: compared in memory, word by word.

Rules:
- Whole words, however they are written: capitals, accents and what joins two words make no difference. A word of a
  script without capitals is also found within a longer one: some of them write no spaces, others put "and" or "of" in
  front of a name.
- Of a standing recusal the words count that say something, each by itself: "my brother serves in Northtown" is looked
  for as "Northtown", "PC 1234 smith" as "1234" and as "smith". Small words, relatives and ranks say nothing
  (common_words.py). A line that has none that do is looked for whole.
- Better one match too many: it costs an officer a look. What is spelt otherwise is not found, and no rule finds what a
  letter means without saying it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from journalist_interface.common_words import SAY_NOTHING

_SHORTEST_NUMBER = 3  # digits: a day of the month is no collar number
_SHORTEST_PLAIN = 3  # letters of a word that is not written as a name
_SHORTEST_WITHIN = 3  # letters of a word that is found within another
# Scripts in which two signs are a name: Chinese characters, Japanese, Korean.
_TWO_ARE_A_NAME = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]{2}")
# Where a mark may stand that belongs to a letter: from the combining accents to the last of the scripts, and the
# selectors of variants beyond.
_MARKS_WITHIN = (*range(0x300, 0x1F000), *range(0xE0100, 0xE01F0))


class Where(StrEnum):
    """What mentions what."""

    NAMED = "named"  # the note names the reviewer
    NOTE = "note"  # the note mentions a conflict of the reviewer's
    LETTER = "letter"  # the letter mentions a conflict, or the reviewer's name
    UNREADABLE = "unreadable"  # the reviewer's recusals do not open: nobody knows


@dataclass(frozen=True, order=True)
class Conflict:
    """One reason not to give a letter to a reviewer. `words` are of the note, which the officer reads anyway."""

    username: str
    where: Where
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a reviewer asked not to be given, a line each; None if it cannot be read."""

    username: str
    lines: tuple[str, ...] | None = field(repr=False)


class Words:
    """A text as it is compared: each word folded, in order."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs = [tuple(fold(word) for word in words_of(text)) for text in texts]
        self._all = {word for run in self._runs for word in run}

    def hold(self, run: tuple[str, ...]) -> bool:
        """Tell whether these folded words stand here one after another."""
        if not run or not self._all.issuperset(run):
            return False
        size = len(run)
        return size == 1 or any(
            words[at : at + size] == run for words in self._runs for at in range(len(words) - size + 1)
        )

    def mention(self, run: tuple[str, ...]) -> bool:
        """Tell whether these folded words are mentioned: as whole words, or one within another where that counts."""
        if self.hold(run):
            return True
        return len(run) == 1 and _counts_within(run[0]) and any(run[0] in word for word in self._all)


def find_conflicts(asked: Collection[Asked], note: str, texts: Collection[str]) -> frozenset[Conflict]:
    """Return what speaks against giving a letter to each reviewer. `texts` are all that it says besides the note."""
    in_note, in_letter = Words([note]), Words(texts)
    found: set[Conflict] = set()
    for each in asked:
        names = [(fold(name),) for name in name_words(each.username)]
        if any(in_note.mention(name) for name in names):
            found.add(Conflict(each.username, Where.NAMED))
        if each.lines is None:
            found.add(Conflict(each.username, Where.UNREADABLE))
        wanted = {tuple(map(fold, run)): " ".join(run) for line in each.lines or () for run in looked_for(line)}
        mentioned = sorted({shown for run, shown in wanted.items() if in_note.mention(run)})
        if mentioned:
            found.add(Conflict(each.username, Where.NOTE, tuple(mentioned)))
        if any(in_letter.mention(run) for run in (*wanted, *names)):
            found.add(Conflict(each.username, Where.LETTER))
    return frozenset(found)


def looked_for(line: str) -> tuple[tuple[str, ...], ...]:
    """Return what is looked for of one line: each word that says something by itself, or all together if none does."""
    words = words_of(line)
    chosen = [word for word in words if _is_number(word) or (_may_be_a_name(word) and fold(word) not in SAY_NOTHING)]
    if chosen:
        return tuple((word,) for word in dict.fromkeys(chosen))
    return (tuple(words),) if words else ()


def name_words(username: str) -> tuple[str, ...]:
    """Return the words of a user name, those of two letters and more."""
    return tuple(word for word in words_of(username) if len(word) > 1)


def words_of(text: str) -> list[str]:
    """Return the words of a text. What is not seen (a soft hyphen, a mark of direction) parts no word."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return _word().findall(unicodedata.normalize("NFC", seen))


def fold(word: str) -> str:
    """Return a word as it is compared: without capitals and accents."""
    # Twice: a capital may come out of the first, and an accent out of making it small.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def _is_number(word: str) -> bool:
    return any(char.isdigit() for char in word) and len(word) >= _SHORTEST_NUMBER


def _may_be_a_name(word: str) -> bool:
    return len(word) >= _SHORTEST_PLAIN or (len(word) > 1 and (word[0].isupper() or _has_no_capitals(word)))


def _has_no_capitals(word: str) -> bool:
    return word.upper() == word.lower() and any(char.isalpha() for char in word)


def _counts_within(word: str) -> bool:
    return _has_no_capitals(word) and (len(word) >= _SHORTEST_WITHIN or _TWO_ARE_A_NAME.match(word) is not None)


@cache
def _word() -> re.Pattern[str]:
    """A word: letters and digits, and the marks that belong to them, which in many scripts are its vowels."""
    marks = "".join(chr(code) for code in _MARKS_WITHIN if unicodedata.category(chr(code)).startswith("M"))
    return re.compile(rf"[^\W_](?:[^\W_]|[{re.escape(marks)}])*")
