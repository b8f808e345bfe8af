"""A source with everything that a source can have, and what stands in an inbox, whole, to be compared."""

import secrets
from dataclasses import dataclass

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.reply import reply_address
from keys.statuses import Status
from serving.form_stream import TextFields
from source_interface.inbox_page import note_answers, open_inbox
from source_interface.joining import join
from store.drafts import Blob
from store.drop.inbox import read_inbox
from store.drop.reply_files import Announcement, announce
from tests.source_ground import SourceGround, today

FILE = Blob("f1" * 16, 4_096, "ab" * 32)


@dataclass(frozen=True)
class Told:
    """What a source finds in the inbox, whole."""

    replies: tuple[tuple[object, ...], ...]
    status: object
    joined: str
    withdrawn: str
    waiting: bool


def told(ground: SourceGround, keys: SourceKeys) -> Told:
    """What stands in an inbox now."""
    read = {one.id: one.read for one in read_inbox(ground.host.drop.database, keys.lookup_id).replies}
    page = open_inbox(ground.host, keys, 0)
    shown = tuple((one.paragraphs, read[one.id], one.questions) for one in page.replies)
    return Told(shown, page.status, page.joined, page.withdrawn, page.waiting)


def source_with_a_past(ground: SourceGround) -> tuple[Codename, SourceKeys]:
    """A source whose report was collected, who read one reply and not the other, answered, joined, and wrote again."""
    older, _keys = ground.source("years ago")
    codename, keys = ground.source("the report")
    ground.collect()
    ground.status(keys, Status.BEING_READ)
    asked = ground.reply(keys, "first", "Where?", "When?")
    open_inbox(ground.host, keys, 0)
    ground.host.reading.write()
    note_answers(ground.host, keys, {asked.questions[1].id})
    ground.reply(keys, "second", number=2)
    join(ground.host, keys, TextFields({"submission": [secrets.token_hex(16)], "codename": [older.reveal()]}))
    ground.send(keys, "one more thing")
    announced = Announcement(address_of(keys), "e1" * 16, (FILE,))
    announce(ground.host.drop.database, announced, today())
    return codename, keys


def address_of(keys: SourceKeys) -> str:
    """The address at which the charity knows a source."""
    return reply_address(keys.reply_key().public)
