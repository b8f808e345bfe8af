"""A source host without HTTP: its use cases, sources with codenames, and a look at what lies there."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.letter import Letter
from keys.reply import Question, Reply, reply_address
from keys.statuses import Status
from serving.form_stream import TextFields
from source_interface.drop_folder import DropFolder, open_drop
from source_interface.inbox_page import InboxPage, open_inbox
from source_interface.remembering import as_source, remembered
from source_interface.sent_form import mark_form
from source_interface.settings import Settings
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from store.drop import tables
from store.drop.collection import Collected, Confirmation, confirm, waiting_blob
from store.drop.deliveries import ReplyDelivery, StatusDelivery, apply_delivery
from tests.conftest import IntakeSecret


def today() -> str:
    """The day in UTC."""
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True)
class SourceGround:
    """An open source host, and the key with which the charity opens what lies there."""

    host: SiteHost
    folder: DropFolder
    secret: IntakeSecret

    def source(self, message: str = "hello") -> tuple[Codename, SourceKeys]:
        """A source who has sent a report."""
        codename = Codename.draw()
        keys = self.host.derivations.derive(codename).newest
        self.send(keys, message)
        return codename, keys

    def send(self, keys: SourceKeys, message: str) -> str:
        """Send something; return the id of the submission."""
        submission = secrets.token_hex(16)
        form = mark_form(submission, TextFields({"message": [message]}), ())
        submit(self.host, Contents(submission, form, as_source(keys, remembered(self.host, keys)), message))
        return submission

    def inbox(self, keys: SourceKeys) -> InboxPage:
        """The inbox of a source."""
        return open_inbox(self.host, keys, 0)

    def letters(self) -> list[Letter]:
        """Every letter that waits, opened."""
        return [self.secret.letter(self.host.drop.blobs.path(blob)) for blob in self._blobs()]

    def sealed_files(self) -> set[str]:
        """The names of all files in the blob folders."""
        return {path.name for path in self.folder.blobs.rglob("*") if path.is_file()}

    def rows(self, table: str) -> list[tuple[object, ...]]:
        """Every row of a table."""
        with self.host.drop.database.reading() as connection:
            return [tuple(row) for row in connection.execute(select(tables.metadata.tables[table]))]

    def fetch(self) -> list[Collected]:
        """Have the door give away all that waits; return what the courier then confirms."""
        found: dict[str, dict[str, str]] = {}
        for row in self.rows("parts"):
            waiting_blob(self.host.drop.database, self.host.drop.blobs, str(row[0]))
            found.setdefault(str(row[1]), {})[str(row[0])] = str(row[4])
        return [Collected(submission, sha256s) for submission, sha256s in found.items()]

    def confirm(self, collected: list[Collected]) -> tuple[Confirmation, ...]:
        """Confirm what was fetched."""
        return confirm(self.host.drop.database, self.host.drop.blobs, collected, (), today())

    def collect(self) -> None:
        """Fetch and confirm everything."""
        self.confirm(self.fetch())

    def reply(self, keys: SourceKeys, text: str, *questions: str, number: int = 1) -> Reply:
        """Deliver a reply."""
        public = keys.reply_key().public
        asked = tuple(Question(secrets.token_hex(16), question) for question in questions)
        reply = Reply(secrets.token_hex(16), today(), text, asked, number)
        delivery = ReplyDelivery(reply.id, reply_address(public), today(), reply.id, reply.seal_to(public))
        apply_delivery(self.host.drop.database, delivery, today())
        return reply

    def status(self, keys: SourceKeys, status: Status) -> None:
        """Deliver a status."""
        address = reply_address(keys.reply_key().public)
        apply_delivery(
            self.host.drop.database, StatusDelivery(secrets.token_hex(16), address, today(), status), today()
        )

    def _blobs(self) -> list[str]:
        return [str(row[0]) for row in self.rows("parts") if row[2] == "letter"]


@contextmanager
def opened_ground(folder: DropFolder, secret: IntakeSecret) -> Iterator[SourceGround]:
    """Open the source host in a folder."""
    drop = open_drop(folder.root)
    try:
        yield SourceGround(SiteHost.start(drop, Settings()), folder, secret)
    finally:
        drop.database.close()
