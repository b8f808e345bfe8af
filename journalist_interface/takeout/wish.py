"""What somebody wants to take out of the desk, to whom and why: as it was typed, and as it is kept, sealed.

The least leaves unless more is chosen: no attachments, no notes for colleagues, nobody's name.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from journalist_interface.case_places import LONGEST_DOCUMENT, broken_if_malformed, sheet_place
from journalist_interface.checked_words import clean
from journalist_interface.errors import WritingRefused
from journalist_interface.takeout.key_words import refused_key
from keys.armoured_key import LONGEST_ARMOUR
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.errors import RecipientKeyRefused
from keys.recipient_key import RecipientKey
from keys.strict_json import Fields, read_object, write_object
from serving.language import gettext as _

LONGEST_REASON = 2_000  # characters
_MOST_ITEMS = 1 << 30


@dataclass(frozen=True)
class Choices:
    """What leaves besides letters, replies and statuses. `names`: colleagues as they are called, not by number."""

    attachments: bool = False
    notes: bool = False
    names: bool = False

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> Self:
        """Return what was chosen in a form."""
        return cls(*(untrusted.get(f"with_{name}", "") == "yes" for name in ("attachments", "notes", "names")))


@dataclass(frozen=True)
class Wish:
    """What is to leave, sealed to which key (armoured, as pasted), and why. `seen`: so many items of the timeline."""

    choices: Choices
    armoured: str = field(repr=False)
    reason: str = field(repr=False)
    seen: int = 0

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> tuple[Self, RecipientKey]:
        """Return what was typed, and the recipient's key. Raises WritingRefused."""
        reason = clean(untrusted.get("reason", ""))
        if not reason:
            raise WritingRefused(_("Say why. It stays in the case, for those who can read it. Nothing was taken out."))
        if len(reason) > LONGEST_REASON:
            raise WritingRefused(
                _("The reason has {length} characters; {most} is the most. Nothing was taken out. Shorten it.").format(
                    length=f"{len(reason):,}", most=f"{LONGEST_REASON:,}"
                )
            )
        armoured = untrusted.get("recipient_key", "")
        return cls(Choices.read(untrusted), armoured, reason), read_key(armoured)

    def seal(self, key: CaseKey, case_id: str, sheet: str) -> Ciphertext:
        """Return it sealed for its sheet."""
        document: dict[str, Any] = {
            **{name: int(value) for name, value in asdict(self.choices).items()},
            "armoured": self.armoured,
            "reason": self.reason,
            "seen": self.seen,
        }
        return key.seal_item(write_object(document), sheet_place(case_id, sheet))

    @classmethod
    def open(cls, key: CaseKey, case_id: str, sheet: str, sealed: bytes) -> Self:
        """Return what stands on the sheet. Raises SealBroken."""
        with broken_if_malformed():
            fields = read_object(key.open_item(sealed, sheet_place(case_id, sheet)), LONGEST_DOCUMENT)
            choices = Choices(*(_flag(fields, name) for name in ("attachments", "notes", "names")))
            armoured, reason = fields.text("armoured", LONGEST_ARMOUR), fields.text("reason", LONGEST_REASON)
            wish = cls(choices, armoured, reason, fields.integer("seen", _MOST_ITEMS))
            fields.end()
        return wish


def read_key(armoured: str) -> RecipientKey:
    """Return the recipient's key. Raises WritingRefused with what is wrong, and what to ask them for."""
    try:
        return RecipientKey.read(armoured)
    except RecipientKeyRefused as reason:
        raise WritingRefused(refused_key(reason.why)) from reason


def _flag(fields: Fields, name: str) -> bool:
    return bool(fields.integer(name, 1))
