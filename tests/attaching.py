"""A desk with a case to whose source files are sent: what waits, what is sent, and the form as raw bytes, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from journalist_interface.case_documents import StoredAttachment
from journalist_interface.casework.prepared_files import ReceivedFile, attach_files, look_at_prepared
from journalist_interface.desk_app import create_desk
from journalist_interface.writing import write_reply
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.desk import checks
from store.desk.case_tables import attachments
from store.desk.outbox import OutboxDelivery, waiting_deliveries
from tests.desk_office import Office, new_office, write_letter
from tests.desk_person import Person
from tests.reply_files import content

KEY = SecretKey(bytes(range(96)))
FILE = ReceivedFile("leaflet.pdf", content(3_000))
REPLY = "e0" * 16


@dataclass(frozen=True)
class Desk:
    """A desk with a case that amina and ben can read, and one whose source does not come back."""

    app: Flask
    office: Office
    reference: str
    one_way: str

    def attach(self, *files: ReceivedFile, who: str = "amina") -> None:
        """Attach files without HTTP."""
        attach_files(self.office.desk, self.office.signed_in(who), self.reference, files)

    def waiting(self, who: str = "amina") -> list[str]:
        """The names of the files that wait for somebody's reply."""
        return [file.name for file in self.prepared(who)]

    def prepared(self, who: str = "amina") -> tuple[StoredAttachment, ...]:
        """The files that wait for somebody's reply."""
        return look_at_prepared(self.office.desk, self.office.signed_in(who), self.reference)[1].files

    def ids(self, who: str = "amina") -> list[str]:
        """Their ids, as the form of the reply names them."""
        return [file.id for file in self.prepared(who)]

    def reply(self, files: list[str], text: str = "Please read this.", reply: str = REPLY, who: str = "amina") -> None:
        """Send a reply."""
        desk, signed_in = self.office.desk, self.office.signed_in(who)
        write_reply(desk, signed_in, self.reference, reply, text, [], untrusted_files=files)

    def delivery(self) -> OutboxDelivery:
        """The reply with files that waits for the courier."""
        with self.office.desk.database.reading() as connection:
            [found] = [each for each in waiting_deliveries(connection, 100) if each.files]
        return found

    def rows(self) -> list[tuple[str, str | None, str | None]]:
        """Every vault file: its name, its item, whose it is while it waits."""
        with self.office.desk.database.reading() as connection:
            chosen = select(attachments.c.id, attachments.c.item_id, attachments.c.prepared_by)
            return [tuple(row) for row in connection.execute(chosen)]

    def is_sound(self) -> bool:
        """Whether vault and folder of what is on its way hold what their rows say, and nothing else."""
        found = [
            *checks.check_vault(self.office.desk.database, self.office.desk.vault, at_rest=True),
            *checks.check_outgoing(self.office.desk.database, self.office.desk.outgoing, at_rest=True),
        ]
        return all(finding.sound for finding in found)


@contextmanager
def desk_for_files(folder: Path) -> Iterator[Desk]:
    """Give such a desk."""
    with new_office(folder, {"ben": ()}) as office:
        both = ("amina", "ben")
        reference = office.open(office.deliver(write_letter(KEY.public), {"a.pdf": b"a"}), cleared=both)
        one_way = office.open(office.deliver(write_letter(None)), cleared=both)
        app = create_desk(office.folder)
        yield Desk(app, office, reference, one_way)
        app.extensions[CLOSE]()


def raw(person: Person, address: str, body: bytes) -> TestResponse:
    """Send a form as it stands."""
    return person.client.post(address, data=body, content_type="multipart/form-data; boundary=b")


def part(name: str, value: bytes, file: str = "") -> bytes:
    """One part of a form."""
    named = f'; filename="{file}"' if file else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + value + b"\r\n"
