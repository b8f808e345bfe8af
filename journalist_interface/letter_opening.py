"""Opening the letter of a parcel with the intake key: in memory, bounded, checked.

Danger counts as a "yes" and as an "I am not sure": a source who is not sure is looked at first as well.
"""

from enum import IntEnum

from journalist_interface.case_documents import LetterDocument
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CannotOpen
from journalist_interface.gpg_words import is_disk_to_blame, why_unopened
from keys.errors import Malformed, OpenPGPFailed
from keys.intake_secret import open_bytes
from keys.letter import LONGEST_LETTER, Letter
from keys.padding import text_size_class
from serving.language import gettext as _
from store.desk.parcels import Parcel
from store.errors import Missing, NoRoom

LETTER_PART = "letter"
_LONGEST_PADDED = text_size_class(LONGEST_LETTER)


class Danger(IntEnum):
    """What the source said to "Is anyone in danger now?"."""

    NONE = 0
    PERHAPS = 1
    NOW = 2


def danger_in(letter: Letter | LetterDocument) -> Danger:
    """Return the danger a letter tells of."""
    said = next((answer.text for answer in letter.answers if answer.question == "q-danger"), "")
    return {"yes": Danger.NOW, "not-sure": Danger.PERHAPS}.get(said, Danger.NONE)


def case_altered() -> CannotOpen:
    """Return what to raise for a letter that belongs to a case which does not open."""
    return CannotOpen(
        _(
            "What this letter belongs to was altered and does not open. The letter is kept. Have the administrator run "
            "candour-desk check and put it back from the backup, and tell your supervisor; then try again."
        )
    )


def open_letter(desk: Desk, passphrase: str, parcel: Parcel) -> Letter:
    """Return the letter of a parcel. Raises NoRoom, or CannotOpen with a sentence that holds nothing of it."""
    letters = [part for part in parcel.parts if part.kind == LETTER_PART]
    if len(letters) != 1:
        raise CannotOpen(_("The parcel does not hold exactly one letter."))
    try:
        with desk.post.path(letters[0].blob).open("rb") as sealed:
            letter = Letter.from_padded(open_bytes(desk.paths.gnupg, passphrase, sealed, _LONGEST_PADDED))
    except Missing as reason:
        raise CannotOpen(_("The sealed letter is not in the post folder.")) from reason
    except OpenPGPFailed as reason:
        if is_disk_to_blame(reason, desk.post.free_bytes()):
            raise NoRoom("gpg has no room to work in") from reason
        raise CannotOpen(_("The letter does not open: {why}").format(why=why_unopened(reason.diagnosis))) from reason
    except Malformed as reason:
        raise CannotOpen(_("The letter does not follow the format: {why}").format(why=reason.reason)) from reason
    if letter.submission != parcel.submission:
        raise CannotOpen(_("The letter names another submission than the parcel it came in."))
    return letter
