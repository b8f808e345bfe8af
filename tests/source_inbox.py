"""A source with an inbox, a desk that writes to it, and what is counted of the work that coming back costs.

`codename` and `inbox` are fixtures: who imports them names them in `__all__`.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from keys.codename import Codename
from keys.derivation import DerivationQueue, Derived, SourceKeys, derive
from keys.reply import Question, Reply
from source_interface.drop_folder import DropFolder, OpenDrop, open_drop
from source_interface.inbox_page import open_inbox
from source_interface.settings import Settings
from source_interface.site_host import SiteHost
from store.drop.tables import notices, replies
from tests.conftest import IntakeSecret
from tests.source_ground import opened_ground

DAY = "2026-11-20"


class Inbox:
    """A source with an inbox, and a desk that writes to it."""

    def __init__(self, drop: OpenDrop, codename: str) -> None:
        self.host = SiteHost.start(drop, Settings())
        self.keys: SourceKeys = derive(Codename.read(codename), drop.pepper)

    def deliver(self, text: str, *, number: int = 1, day: str = DAY, questions: int = 0, spoil: bool = False) -> Reply:
        """Put a reply in."""
        asked = tuple(Question(secrets.token_hex(16), f"Question {n}?") for n in range(questions))
        reply = Reply(secrets.token_hex(16), day, text, asked, number)
        named = secrets.token_hex(16) if spoil else reply.id
        with self.host.drop.database.writing() as connection:
            connection.execute(
                insert(replies).values(
                    id=named,
                    lookup_id=self.keys.lookup_id,
                    sealed=reply.seal_to(self.keys.reply_key().public),
                    day=day,
                    read=False,
                )
            )
        return reply

    def shown(self, page: int = 0) -> list[str]:
        """The first paragraph of every reply on a page."""
        return [reply.paragraphs[0] for reply in open_inbox(self.host, self.keys, page).replies]

    def noticed(self) -> set[tuple[str, str]]:
        """What the desk will be told, once the housekeeper has been round."""
        self.host.reading.write()
        with self.host.drop.database.reading() as connection:
            return {(row.reply, row.what) for row in connection.execute(select(notices))}


@pytest.fixture
def codename(drop_folder: DropFolder, intake_secret: IntakeSecret) -> str:
    """The codename of a source whose report has been sent: as the site does it, without a site."""
    with opened_ground(drop_folder, intake_secret) as ground:
        return ground.source()[0].reveal()


@pytest.fixture
def inbox(drop_folder: DropFolder, codename: str) -> Iterator[Inbox]:
    """That source's inbox."""
    drop = open_drop(drop_folder.root)
    yield Inbox(drop, codename)
    drop.database.close()


def log(drop: OpenDrop) -> Path:
    """The database's write-ahead log."""
    return Path(f"{drop.folder.database}-wal")


class CountedDerivations(DerivationQueue):
    """A real queue that counts."""

    done = 0

    def derive(self, codename: Codename) -> Derived:
        """Derive, and count."""
        self.done += 1
        return super().derive(codename)
