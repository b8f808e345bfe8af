"""A file that goes with a reply: opened in memory while its source downloads it, and erased when they delete the reply.

Every frame of the sealed file is proved before it leaves, and the SHA-256 of the whole before the last piece does: what
was altered stops short of the length that was announced, and no browser takes it for whole. Knows no Flask.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from keys.derivation import SourceKeys
from keys.errors import Malformed, SealBroken
from keys.reply import Reply
from keys.reply_file import ReplyFile
from source_interface.circuits import Costly
from source_interface.site_host import SiteHost
from store.blobs import open_unseen
from store.drop.inbox import delete_reply, read_inbox
from store.drop.reply_files import file_for_source, finish_files
from store.errors import Missing, NoRoom, StoreError

# What a system opens by; an ending that is none of these is left out.
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})\Z")


@dataclass(frozen=True)
class FileDownload:
    """A file about to be sent: `pieces`, of which the first is opened, then `end`, whatever happened."""

    file_name: str
    size: int
    pieces: Iterator[bytes] = field(repr=False)
    end: partial[None] = field(repr=False)


def start_download(host: SiteHost, keys: SourceKeys, reply_id: str, blob_id: str) -> FileDownload:
    """Return a source's own file. Raises Missing if it is not here, or does not open; Busy.

    Nothing notes that it was downloaded, and the file's times do not tell.
    """
    end = _begin_download(host, keys.lookup_id)
    try:
        number, found = _named(host, keys, reply_id, blob_id)
        path = file_for_source(host.drop.database, host.drop.reply_files, keys.lookup_id, reply_id, blob_id)
        pieces = _opened(found, path)
        return FileDownload(saved_as(found.name, number), found.size, chain((next(pieces),), pieces), end)
    except (SealBroken, Malformed, FileNotFoundError) as reason:
        end()
        raise Missing("this file does not open") from reason
    except BaseException:
        end()
        raise


def delete_with_files(host: SiteHost, keys: SourceKeys, reply_id: str) -> None:
    """Erase a source's own reply, and its files. Raises Missing if it is not there."""
    # What was read is noted before it is gone: the desk is told of both. Deleting must not fail for it.
    with suppress(NoRoom):
        host.reading.write()
    delete_reply(host.drop.database, keys.lookup_id, reply_id)
    # Noted in that transaction: what cannot be erased now goes with the housekeeper's next round.
    with suppress(OSError, StoreError, SQLAlchemyError):
        finish_files(host.drop.database, host.drop.reply_files)


def saved_as(name: str, number: int) -> str:
    """Return the name under which a file is saved: one that does not say what it is about, or whose it is.

    Whoever looks through the folder of downloads later sees names first.
    """
    ending = _ENDING.search(name)
    return f"document-{number}" + (f".{ending[1].lower()}" if ending else "")


def _begin_download(host: SiteHost, lookup_id: bytes) -> partial[None]:
    """Take a place, the circuit's own first; return what gives both back. Raises Busy."""
    host.share.begin(Costly.DOWNLOAD)
    try:
        host.downloads.begin(lookup_id)
    except BaseException:
        host.share.end(Costly.DOWNLOAD)
        raise
    return partial(_end_download, host, lookup_id)


def _end_download(host: SiteHost, lookup_id: bytes) -> None:
    host.downloads.end(lookup_id)
    host.share.end(Costly.DOWNLOAD)


def _named(host: SiteHost, keys: SourceKeys, reply_id: str, blob_id: str) -> tuple[int, ReplyFile]:
    for sealed in read_inbox(host.drop.database, keys.lookup_id).replies:
        if sealed.id == reply_id:
            files = Reply.open(sealed.sealed, sealed.id, keys.reply_key()).files
            for number, found in enumerate(files, 1):
                if found.blob == blob_id:
                    return number, found
    raise Missing("no such file")


def _opened(found: ReplyFile, path: Path) -> Iterator[bytes]:
    with open_unseen(path) as source:
        yield from found.reader(source).checked_pieces(found.sha256)
