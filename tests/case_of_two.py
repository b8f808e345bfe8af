"""A case that two reviewers can read, for tests of walls; and what one of them could have kept of it while he could."""

import secrets
from dataclasses import dataclass, field

from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import CasePage, read_case
from journalist_interface.downloading import start_download
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note, write_reply
from keys.case_key import CaseKey
from keys.hpke import SecretKey
from store.blobs import new_blob_id
from store.desk.cases import find_case
from store.desk.items import attachments_of, list_items
from tests.desk_office import Office, write_letter

FILES = {"a.pdf": b"a" * 200_000, "b.pdf": b"b" * 10}
FRIEND = "plays football with him"
MESSAGE = "He sells what the computer knows."


@dataclass
class Case:
    """A case that amina and bartek can read, and what bartek could have kept of it while he could."""

    office: Office
    source: SecretKey
    reference: str
    case_id: str = ""
    old_key: CaseKey = field(init=False)
    old_rows: list[bytes] = field(default_factory=list)
    old_files: list[bytes] = field(default_factory=list)

    def read(self, who: str = "amina") -> CasePage:
        """The case as somebody reads it."""
        return read_case(self.office.desk, self.office.signed_in(who), self.reference)

    def keep_all(self) -> None:
        """Copy all that is sealed under the key of now, and the key."""
        desk = self.office.desk
        with desk.database.reading() as connection:
            row = find_case(connection, "bartek", self.reference)
            self.case_id = row.id
            self.old_key = CaseKey.open(row.sealed_key, self.office.secrets["bartek"].key(), row.id)
            self.old_rows = [row.sealed_key, row.sealed_card, *(item.sealed for item in list_items(connection, row.id))]
            names = attachments_of(connection, row.id)
        self.old_files = [desk.vault.path(name).read_bytes() for name in names]

    def contents(self, who: str = "amina") -> dict[str, bytes]:
        """Every attachment as somebody downloads it."""
        found = {}
        for entry in self.read(who).entries:
            if isinstance(entry.document, LetterDocument):
                for attachment in entry.document.attachments:
                    signed_in = self.office.signed_in(who)
                    download = start_download(self.office.desk, signed_in, self.reference, attachment.id)
                    found[attachment.name] = b"".join(download.pieces())
        return found


def case_of_two(office: Office) -> Case:
    """The case, with a letter, two files, a note and a reply."""
    source = SecretKey(secrets.token_bytes(96))
    letter = office.deliver(write_letter(source.public, MESSAGE), FILES)
    made = Case(office, source, office.open(letter, cleared=("amina", "bartek")))
    write_note(office.desk, office.signed_in("bartek"), made.reference, new_blob_id(), "I know the sergeant.")
    write_reply(office.desk, office.signed_in(), made.reference, new_blob_id(), "Thank you.", ["When?"])
    made.keep_all()
    return made


def keep_out(case: Case, who: str = "bartek", by: str = "amina", reason: str = FRIEND) -> None:
    """Keep somebody out."""
    withdraw(case.office.desk, case.office.signed_in(by), case.reference, who, reason)


def raw(office: Office) -> bytes:
    """Every byte of the desk's folder: database, log, vault, post."""
    return b"".join(path.read_bytes() for path in sorted(office.folder.rglob("*")) if path.is_file())
