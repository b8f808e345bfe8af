"""Adding somebody who gets the daily notice: their key is judged by gpg itself, and the place by what it may be."""

import re
from pathlib import Path

from journalist_interface.clock import day_of
from journalist_interface.notice_errors import NoticeRefused
from journalist_interface.notice_mail import check_address
from keys.errors import RecipientKeyRefused
from keys.recipient_key import RecipientKey
from serving.language import gettext as _
from store.database import Database
from store.desk.notices import Recipient, add_recipient
from store.errors import AlreadyThere

LARGEST_KEY_FILE = 256 * 1024  # bytes
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")


def read_key_file(path: Path) -> RecipientKey:
    """Return the public key in an armoured file. Raises NoticeRefused."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_KEY_FILE + 1)
    except OSError as reason:
        raise NoticeRefused(f"{reason.strerror}: {path}") from reason
    if len(text) > LARGEST_KEY_FILE:
        raise NoticeRefused(_("{path} is far too large to be a key.").format(path=path))
    try:
        return RecipientKey.read(text.decode("utf-8", "replace"))
    except RecipientKeyRefused as reason:
        raise NoticeRefused(
            _("{path} is no public key that can be sealed to ({why}).").format(path=path, why=reason.why.value)
        ) from reason


def new_recipient(name: str, key: RecipientKey, address: str | None, folder: Path | None, now: int) -> Recipient:
    """Return a recipient by mail or by a folder, one of the two. Raises NoticeRefused."""
    if not _NAME.match(name):
        raise NoticeRefused(_("A name has small letters, digits and hyphens, 32 at most."))
    if (address is None) == (folder is None):
        raise NoticeRefused(_("Give either an address (--to) or a folder (--folder)."))
    if folder is not None and not folder.is_dir():
        raise NoticeRefused(_("{path} is no folder. Make it first.").format(path=folder))
    return Recipient(
        name=name,
        address=check_address(address) if address is not None else "",
        folder=str(folder.resolve()) if folder is not None else "",
        key=key.packets,
        added=day_of(now),
    )


def keep_recipient(database: Database, recipient: Recipient) -> None:
    """Keep somebody new. Raises NoticeRefused."""
    try:
        with database.writing() as connection:
            add_recipient(connection, recipient)
    except AlreadyThere as reason:
        raise NoticeRefused(
            _("{name} gets a notice already. To give another key: notice remove, then notice add.").format(
                name=recipient.name
            )
        ) from reason
