"""The words a codename is made of, and what to suggest for a word that is not one of them.

Suggestions come from the public list alone, never from what is stored, so that they tell an attacker nothing.
"""

from difflib import get_close_matches
from functools import cache
from importlib.resources import files

# DESIGN section 4: the EFF large list less its four hyphenated words.
WORD_COUNT = 7_772
LONGEST_WORD = 9
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@cache
def words() -> tuple[str, ...]:
    """Return the 7,772 words in alphabetical order. Raises RuntimeError if the installed list is not that list."""
    listed = tuple(files("keys.words").joinpath("eff_large.txt").read_text("ascii").split())
    if len(listed) != WORD_COUNT or list(listed) != sorted(set(listed)):
        raise RuntimeError("the installed word list is damaged; install Candour again")
    return listed


@cache
def _word_set() -> frozenset[str]:
    return frozenset(words())


def is_listed(word: str) -> bool:
    """Tell whether `word`, already in lower case, is on the list."""
    return word in _word_set()


def suggest(word: str) -> tuple[str, ...]:
    """Return up to three listed words that `word` may have been meant as, the likeliest first; often none."""
    if not 2 <= len(word) <= LONGEST_WORD + 4:
        return ()
    near = sorted(_one_slip_away(word) & _word_set(), key=lambda found: (found[0] != word[0], found))
    return tuple(near[:3]) or tuple(get_close_matches(word, words(), n=3, cutoff=0.75))


def _one_slip_away(word: str) -> set[str]:
    """Return every string one slip of the finger from `word`: a letter lost, added, changed, or two swapped."""
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    lost = {a + letter + b for a, b in splits for letter in _LETTERS}
    added = {a + b[1:] for a, b in splits if b}
    changed = {a + letter + b[1:] for a, b in splits if b for letter in _LETTERS}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    return lost | added | changed | swapped
