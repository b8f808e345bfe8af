"""Whether a letter mentions what a reviewer must not be given, or names the reviewer: compared in memory, word by word.

Rules:
- Whole words, however they are written: capitals, accents and what joins two words make no difference.
- Of a standing recusal the words count that say something: names and numbers. "my brother serves in Northtown" is
  looked for as "Northtown", "PC 1234 Smith" as "1234" and as "Smith", each by itself. A line that has none is looked
  for whole.
- Better one match too many: it costs an officer a look. What is spelt otherwise is not found, and no rule finds what a
  letter means without saying it.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from journalist_interface.common_words import SAY_NOTHING

_WORD = re.compile(r"[^\W_]+")
_SHORTEST_NUMBER = 3  # digits: a day of the month is no collar number
_SHORTEST_PLAIN = 3  # letters of a word that is not written as a name


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


def find_conflicts(asked: Collection[Asked], note: str, texts: Collection[str]) -> frozenset[Conflict]:
    """Return what speaks against giving a letter to each reviewer. `texts` are all that it says besides the note."""
    in_note, in_letter = Words([note]), Words(texts)
    found: set[Conflict] = set()
    for each in asked:
        names = [(fold(name),) for name in name_words(each.username)]
        if any(in_note.hold(name) for name in names):
            found.add(Conflict(each.username, Where.NAMED))
        if each.lines is None:
            found.add(Conflict(each.username, Where.UNREADABLE))
        wanted = {tuple(map(fold, run)): " ".join(run) for line in each.lines or () for run in looked_for(line)}
        mentioned = sorted({shown for run, shown in wanted.items() if in_note.hold(run)})
        if mentioned:
            found.add(Conflict(each.username, Where.NOTE, tuple(mentioned)))
        if any(in_letter.hold(run) for run in (*wanted, *names)):
            found.add(Conflict(each.username, Where.LETTER))
    return frozenset(found)


def looked_for(line: str) -> tuple[tuple[str, ...], ...]:
    """Return what is looked for of one line: each name and number by itself, or all words together if there is none."""
    words = words_of(line)
    # Written as a name or a number. Where nothing is, any word may be a name in small letters.
    names = [word for word in words if _is_number(word) or (_is_name(word) and fold(word) not in SAY_NOTHING)]
    plain = [word for word in words if len(word) >= _SHORTEST_PLAIN and fold(word) not in SAY_NOTHING]
    chosen = names or plain
    if chosen:
        return tuple((word,) for word in dict.fromkeys(chosen))
    return (tuple(words),) if words else ()


def name_words(username: str) -> tuple[str, ...]:
    """Return the words of a user name, those of two letters and more."""
    return tuple(word for word in words_of(username) if len(word) > 1)


def words_of(text: str) -> list[str]:
    """Return the words of a text. What is not seen (a soft hyphen, a mark of direction) parts no word."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return _WORD.findall(unicodedata.normalize("NFC", seen))


def fold(word: str) -> str:
    """Return a word as it is compared: without capitals and accents."""
    # Twice: a capital may come out of the first, and an accent out of making it small.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def _is_number(word: str) -> bool:
    return any(char.isdigit() for char in word) and len(word) >= _SHORTEST_NUMBER


def _is_name(word: str) -> bool:
    return word[0].isupper() and len(word) > 1
