"""A source with two matters in one case, the second of which tells of danger; what is read of either half."""

import secrets

from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import CasePage, read_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.one_case import read_whole_case
from journalist_interface.casework.splitting import SplitForm, split
from keys.hpke import SecretKey
from keys.letter import Answer, Letter
from store.blobs import new_blob_id
from tests.desk_office import Office, write_letter

FILE = b"a" * 90_000
READERS = ("amina", "ben", "cora")


class Matter:
    """A source with two matters in one case, which amina, ben and cora can read."""

    def __init__(self, office: Office) -> None:
        self.key = SecretKey(secrets.token_bytes(96))
        self.office = office
        self.reference = office.open(self.write("He sells names."), cleared=READERS)
        danger = (Answer("q-danger", "yes"),)
        office.open(self.write("His chief hits his wife.", topics=("partner",), answers=danger))

    def write(self, message: str, **more: object) -> Letter:
        """Deliver a letter of this source with a file."""
        made = write_letter(self.key.public, message, **{"must_not_reach": "", **more})
        return self.office.deliver(made, {"rota.pdf": FILE})

    def letters(self) -> list[str]:
        """The ids of its letters."""
        entries = read_case(self.office.desk, self.office.signed_in(), self.reference).entries
        return [entry.id for entry in entries if entry.kind == "letter"]

    def form(self, letters: list[str] | None = None, **more: object) -> SplitForm:
        """A form that splits the second letter off for amina and ben."""
        chosen = {"readers": ("amina", "ben"), "into": "", "case_id": new_blob_id(), **more}
        return SplitForm(letters=tuple(letters or self.letters()[1:2]), **chosen)  # type: ignore[arg-type]  # of it

    def split(self, **more: object) -> str:
        """Split the second letter off."""
        return split(self.office.desk, self.office.signed_in(), self.reference, self.form(**more))  # type: ignore[arg-type]


def page(office: Office, reference: str, who: str = "amina") -> CasePage:
    """What somebody finds at a case."""
    return read_whole_case(office.desk, Board(), office.signed_in(who), reference)[0]


def letters(office: Office, reference: str, who: str = "amina") -> list[LetterDocument]:
    """The letters that somebody reads at a case."""
    entries = page(office, reference, who).timeline
    return [entry.document for entry in entries if isinstance(entry.document, LetterDocument)]
