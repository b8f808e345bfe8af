"""Shares of the recovery key, on paper: the one door to SLIP-39 (docs/adr/0022).

- One group of `needed` out of `shares`; no passphrase, so the least iteration exponent: there is nothing to stretch.
- A share is 33 words of a list of 1,024: 15 bits that name the set, how many are needed, the share's number, 256 bits,
  and a checksum that finds any three wrong words.
- Words are unique in their first four letters, so that many are enough. Case, spaces, numbers and full stops are the
  reader's own. Nothing else is guessed: a share that a program has mended is one nobody has read.
- A share is told apart from any other kind of SLIP-39 share before it is combined with anything.
"""

import re
from dataclasses import dataclass, field

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.constants import MAX_SHARE_COUNT
from shamir_mnemonic.wordlist import WORDLIST

from keys.errors import (
    ShareForeign,
    ShareMiscopied,
    ShareMisspelt,
    ShareOfAnotherSet,
    SharesDisagree,
    SharesTooFew,
    ShareTwice,
)

SECRET_SIZE = 32
WORDS_IN_A_SHARE = 33
MOST_SHARES: int = MAX_SHARE_COUNT
LEAST_LETTERS = 4
_ITERATION_EXPONENT = 0
_BY_BEGINNING: dict[str, str] = {word[:LEAST_LETTERS]: word for word in WORDLIST}


def split(secret: bytes, needed: int, shares: int) -> tuple[str, ...]:
    """Return `shares` shares of a 32-byte secret, any `needed` of which give it back. One alone only as 1 of 1."""
    if len(secret) != SECRET_SIZE:
        raise ValueError(f"what is shared has {SECRET_SIZE} bytes")
    [group] = generate_mnemonics(1, [(needed, shares)], secret, iteration_exponent=_ITERATION_EXPONENT)
    return tuple(group)


def word_for(typed: str) -> str | None:
    """Return the word of the list that begins with what was typed, four letters at least; None if there is none."""
    word = _BY_BEGINNING.get(typed[:LEAST_LETTERS])
    return word if word is not None and word.startswith(typed) else None


def typed_words(untrusted_text: str) -> list[str]:
    """Return what may be words in what was typed, small and without numbers, stops and spaces."""
    return re.findall(r"[a-z]+", untrusted_text.casefold())


def read_words(untrusted_text: str) -> tuple[str, ...]:
    """Return the 33 words of the list that were typed. Raises ShareMisspelt; whether they are a share is not asked."""
    typed = typed_words(untrusted_text)
    words = [word_for(each) for each in typed]
    unknown = tuple(place for place, word in enumerate(words, start=1) if word is None)
    if unknown or len(words) != WORDS_IN_A_SHARE:
        raise ShareMisspelt(len(typed), unknown)
    return tuple(word for word in words if word is not None)


@dataclass(frozen=True)
class RecoveryShare:
    """One sound share of a desk's recovery key. `number` from 1; `set_name` is that of its whole set, no secret."""

    words: tuple[str, ...] = field(repr=False)
    set_name: str
    number: int
    needed: int

    @classmethod
    def read(cls, untrusted_text: str) -> "RecoveryShare":
        """Return the share that was typed. Raises ShareMisspelt, ShareMiscopied or ShareForeign."""
        words = read_words(untrusted_text)
        try:
            share = Share.from_mnemonic(" ".join(words))
        except MnemonicError:
            # Not "from": the library's message names words of the share.
            raise ShareMiscopied("the checksum of a share is wrong") from None
        ours = (share.group_index, share.group_threshold, share.group_count) == (0, 1, 1)
        ours = ours and share.extendable and share.iteration_exponent == _ITERATION_EXPONENT
        if not ours or len(share.value) != SECRET_SIZE:
            raise ShareForeign("no desk makes such shares")
        # Two words hold the identifier and the exponent; a third, how many are needed (SLIP-39, format of the share).
        return cls(words, " ".join(words[:2]), share.index + 1, share.member_threshold)


class ShareSet:
    """The shares given so far, each of one set and each once."""

    def __init__(self) -> None:
        self._shares: list[RecoveryShare] = []

    def add(self, share: RecoveryShare) -> None:
        """Take one more share. Raises ShareTwice or ShareOfAnotherSet, and then holds what it held before."""
        for held in self._shares:
            if share.words == held.words:
                raise ShareTwice("this share was given already")
            same = (share.set_name, share.needed) == (held.set_name, held.needed)
            if not same or share.number == held.number:
                raise ShareOfAnotherSet("a share of another set")
        self._shares.append(share)

    @property
    def given(self) -> int:
        """How many shares were taken."""
        return len(self._shares)

    @property
    def needed(self) -> int:
        """How many are needed in all; 1 as long as none was given."""
        return self._shares[0].needed if self._shares else 1

    @property
    def set_name(self) -> str:
        """The two words that every card of this set begins with; empty as long as none was given."""
        return self._shares[0].set_name if self._shares else ""

    @property
    def is_complete(self) -> bool:
        """Whether enough shares were given."""
        return self.given >= self.needed

    def combine(self) -> bytes:
        """Return the 32 bytes. Raises SharesTooFew, or SharesDisagree if any share given does not fit the others."""
        if not self.is_complete:
            raise SharesTooFew(self.given, self.needed)
        first, further = self._shares[: self.needed], self._shares[self.needed :]
        secret = _combine(first)
        # Each share beyond those needed is tried in the place of one of them: so every share given is a checked one.
        for share in further:
            if _combine([*first[:-1], share]) != secret:
                raise SharesDisagree("the shares do not combine")
        return secret


def _combine(shares: list[RecoveryShare]) -> bytes:
    try:
        return bytes(combine_mnemonics([" ".join(share.words) for share in shares]))
    except MnemonicError:
        raise SharesDisagree("the shares do not combine") from None
