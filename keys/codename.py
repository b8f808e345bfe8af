"""The codename: seven words that are the whole of a source's account.

Rules (DESIGN section 4):
- Drawn with `secrets`: seven of 7,772 words, 90.5 bits, so nobody guesses one even with the database in hand.
- Read forgivingly: case, Unicode form, hyphens, full stops, commas and spaces make no difference.
- Never shown in a repr, a message or a log. Only `reveal` gives the words away, for the one page that shows them.
"""

import secrets
import unicodedata

from keys.errors import CodenameMisspelt
from keys.wordlist import is_listed, suggest, words

WORDS_IN_A_CODENAME = 7
# Seven words of nine letters are 69 characters; room is left for stray spaces and punctuation.
LONGEST_TYPED_CODENAME = 200
_MOST_SUGGESTED = 3


class Codename:
    """Seven listed words. Equal when the words are; hides itself when printed."""

    __slots__ = ("_words",)

    def __init__(self, chosen: tuple[str, ...]) -> None:
        if len(chosen) != WORDS_IN_A_CODENAME or not all(is_listed(word) for word in chosen):
            raise ValueError("a codename is seven listed words")
        self._words = chosen

    @classmethod
    def draw(cls) -> "Codename":
        """Return a new codename from the operating system's randomness."""
        return cls(tuple(secrets.choice(words()) for _ in range(WORDS_IN_A_CODENAME)))

    @classmethod
    def read(cls, typed: str) -> "Codename":
        """Return the codename a person typed. Raises CodenameMisspelt with suggestions from the list alone."""
        found = _normalise(typed)
        unlisted = [word for word in found[: WORDS_IN_A_CODENAME * 2] if not is_listed(word)]
        # Looking for a suggestion takes some milliseconds, and anybody may ask: three are enough to see the way.
        unknown = {word: suggest(word) if place < _MOST_SUGGESTED else () for place, word in enumerate(unlisted)}
        if len(found) != WORDS_IN_A_CODENAME or unknown:
            raise CodenameMisspelt(len(found), unknown, {word: found.index(word) + 1 for word in unknown})
        return cls(tuple(found))

    def reveal(self) -> str:
        """Return the seven words with single spaces: for the page that shows them once, and for derivation."""
        return " ".join(self._words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Codename) and secrets.compare_digest(self.reveal(), other.reveal())

    def __hash__(self) -> int:
        return hash(self._words)

    def __repr__(self) -> str:
        return "<codename>"


def _normalise(typed: str) -> list[str]:
    """Return the words of `typed`: compatibility-composed, lower case, every other character taken for a space.

    Invisible format characters (zero-width joiners, direction marks, soft hyphens) are dropped rather than split on:
    they arrive by copy and paste, inside words.
    """
    flat = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED_CODENAME]).casefold()
    visible = (char for char in flat if unicodedata.category(char) != "Cf")
    return "".join(char if char.isalpha() else " " for char in visible).split()
