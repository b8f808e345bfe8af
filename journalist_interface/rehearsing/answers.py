"""What everybody round the table would type, for a rehearsal that nobody sits at: each prompt says what it wants.

Nothing is guessed: groups are those that the other host's screen said, shares those that were shown to be copied. What
no prompt of the sitting asks for is an error, so that a new question is noticed.
"""

import re
from dataclasses import dataclass, field

import pyotp

from journalist_interface.desk_folder import Desk
from journalist_interface.intake_custody import open_own
from journalist_interface.proof import Proof, prove

PASSWORD = "practice makes seven quiet otters"  # noqa: S105  (of scratch data, destroyed after the rehearsal)
_GROUPS_SHOWN = re.compile(r"^ {4}([^:\n]+): {2}((?:[0-9A-F]{4} ?){6,16})$", re.M)
_GROUPS_ASKED = re.compile(r"(.+), groups ([0-9 ]+)\Z")
_WORDS = re.compile(r"“([^”]+)”")
_SHARE = re.compile(r"\bShare (\d+)")
_SHOWN = re.compile(r"\bShare (\d+) of \d+, any [^\n]*\n\s*\n((?:(?: +\d+  [a-z]+)+ *\r?\n)+)")
_NUMBERED = re.compile(r"\b(\d{1,2})  ([a-z]{4,8})\b")
_TOTP = re.compile(r"Secret for typing: (\S+)")


_PLAIN: dict[str, str] = {
    "password of": PASSWORD,
    "intake officer": "amina",
    "supervisor": "none",
    "administrator": "none",
    "how many custodians": "3",
    "needed together": "2",
    "presses Enter": "",
    "Copy all words": "",
    "name of your charity": "The Practice Charity",
}


# Which word is typed where several are offered, the first that fits; a preference of the moment comes before.
USUAL = ("right", "same", "burnt", "written", "taken", "here", "later", "yes")


class Unasked(Exception):
    """A prompt that nobody here has an answer to."""


@dataclass
class Answers:
    """What is known round the table. `prefer`: which word is typed where several are offered, the first that fits."""

    prefer: tuple[str, ...] = USUAL
    plain: dict[str, str] = field(default_factory=lambda: dict(_PLAIN))
    heard: dict[str, str] = field(default_factory=dict)
    shares: dict[int, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)

    def to(self, said: str) -> str:
        """Return what is typed after `said`, whose last line is a prompt. Raises Unasked."""
        self.listen(said)
        label = said.rstrip("\n").rpartition("\n")[2].removesuffix("> ").strip("\r")
        if asked := _GROUPS_ASKED.match(label):
            groups = self.heard[asked[1]].split()
            return " ".join(groups[int(number) - 1] for number in asked[2].split())
        if label.startswith("type ") and (words := _WORDS.findall(label)):
            return next(str(word) for word in (*self.prefer, *words) if word in words)
        if label.strip().isdigit():
            return self.slips.pop(0) if self.slips else self.shares[int(_SHARE.findall(said)[-1])]
        if label.startswith("six digits"):
            return str(pyotp.TOTP(self.secrets[-1]).now())
        for part, answer in self.plain.items():
            if part in label:
                return answer
        raise Unasked(label)

    def listen(self, said: str) -> None:
        """Take in what a screen said."""
        self.heard |= {label: groups.strip() for label, groups in _GROUPS_SHOWN.findall(said.replace("\r", ""))}
        self.shares |= {int(number): words_on(words) for number, words in _SHOWN.findall(said)}
        self.secrets += _TOTP.findall(said)

    def practise_slips(self) -> None:
        """Type shares wrongly first: two words exchanged, the right one, the same once more."""
        words = self.shares[1].split()
        exchanged = [*words[:2], words[3], words[2], *words[4:]]
        self.slips = [" ".join(exchanged), self.shares[1], self.shares[1]]

    def unlock(self, desk: Desk) -> tuple[Proof, str]:
        """Be the intake officer; return the proof, and the intake key's passphrase."""
        proof = prove(desk, _PLAIN["intake officer"], PASSWORD, pyotp.TOTP(self.secrets[0]).now())
        with desk.database.reading() as connection:
            return proof, str(open_own(connection, proof.reviewer, proof.secret.key()))


def words_on(card: str) -> str:
    """Return the words of a card, in their order."""
    found = {int(number): word for number, word in _NUMBERED.findall(card)}
    return " ".join(found[number] for number in sorted(found))
