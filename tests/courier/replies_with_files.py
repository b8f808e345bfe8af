"""Replies with files: written at the desk as it writes them, and looked for at both hosts."""

import secrets
from hashlib import sha256

from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from store.desk import outbox
from store.drafts import Blob
from store.drop.inbox import read_inbox
from store.drop.intake import NewSource
from tests.courier.ground import (
    REPLY,
    TODAY,
    DeskGround,
    DropGround,
)

SIZE = 300_000


def publish(desk: DeskGround, sealed: bytes) -> Blob:
    """Put a sealed copy where the courier finds it, as the desk does."""
    with desk.outgoing.draft() as draft:
        draft.file.write(sealed)
        blob = draft.seal_finished()
        desk.outgoing.publish([blob.id])
    desk.outgoing.settle([blob.id])
    return blob


def write(desk: DeskGround, source: NewSource, count: int = 2, reply: str = REPLY) -> list[Blob]:
    """Write a reply with files at the desk."""
    files = [publish(desk, secrets.token_bytes(SIZE + number)) for number in range(count)]
    desk.add_reply_item(reply)
    with desk.database.writing() as connection:
        address = reply_address(source.reply_key)
        outbox.add_reply(connection, address, TODAY, reply, Ciphertext(b"sealed reply"), files)
    return files


def there(drop: DropGround) -> dict[str, str]:
    """The files at the source host, by name, with their SHA-256; under no second name."""
    folder = drop.folder / "reply-files"
    assert list((folder / "incoming").iterdir()) == list((folder / "held").iterdir()) == []
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in (folder / "sealed").iterdir()}


def replies(drop: DropGround, source: NewSource) -> list[str]:
    """What the source finds."""
    return [reply.id for reply in read_inbox(drop.database, source.lookup_id).replies]


def check_delivered(drop: DropGround, desk: DeskGround, source: NewSource, files: list[Blob]) -> None:
    """Both hosts, when all is done: the files once, the reply once, and nothing left on the way."""
    assert there(drop) == {file.id: file.sha256 for file in files}
    assert read_inbox(drop.database, source.lookup_id).files == {file.id for file in files}
    assert replies(drop, source) == [REPLY]
    assert (desk.reply_state(REPLY), desk.count("outbox"), desk.count("outgoing_files")) == ("delivered", 0, 0)
    assert (desk.outgoing.published(), desk.count("outgoing_erasing")) == (set(), 0)
