"""What the public site may do for a source who has proved the codename: see its own status and replies, delete one."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, insert, select, update

from keys.ciphertext import Ciphertext
from keys.statuses import Status
from store.database import Database
from store.drop.reply_files import erase_files_of, erase_files_of_source, files_of_source
from store.drop.shut import IS_OPEN
from store.drop.tables import notices, replies, sources, submissions
from store.errors import Missing


@dataclass(frozen=True)
class SealedReply:
    """A reply as it lies on the source host: nobody but the source opens it. `answers` as in store.drop.tables."""

    id: str
    day: str
    sealed: Ciphertext
    read: bool
    answered: bool
    answers: Ciphertext | None


@dataclass(frozen=True)
class Inbox:
    """What the source host knows of one source. `fetched`: the charity may have something of theirs.

    `memo` opens with the codename alone (keys.memo), or not at all: then there is nothing to remember.
    """

    status: Status
    status_day: str
    waiting: bool
    fetched: bool
    memo: Ciphertext | None
    replies: tuple[SealedReply, ...]
    files: frozenset[str] = frozenset()  # the names of the files of all replies that are here


def read_inbox(database: Database, lookup_id: bytes) -> Inbox:
    """Return a source's inbox, the newest reply first. Raises Missing if there is no such source."""
    with database.reading() as connection:
        source = connection.execute(
            select(sources.c.status, sources.c.status_day, sources.c.fetched, sources.c.memo).where(
                sources.c.lookup_id == lookup_id, IS_OPEN
            )
        ).one_or_none()
        if source is None:
            raise Missing("no such source")
        waiting = connection.execute(select(exists().where(submissions.c.lookup_id == lookup_id))).scalar()
        found = connection.execute(
            select(replies.c.id, replies.c.day, replies.c.sealed, replies.c.read, replies.c.answered, replies.c.answers)
            .where(replies.c.lookup_id == lookup_id, replies.c.held.is_(False))
            .order_by(replies.c.day.desc(), replies.c.id)
        ).all()
        files = files_of_source(connection, lookup_id)
    return Inbox(
        status=Status(source.status),
        status_day=source.status_day,
        waiting=bool(waiting),
        fetched=was_fetched(source.status, fetched=source.fetched),
        memo=source.memo,
        replies=tuple(SealedReply(row.id, row.day, row.sealed, row.read, row.answered, row.answers) for row in found),
        files=files,
    )


def was_fetched(status: str, *, fetched: bool) -> bool:
    """Tell whether the charity may have something of a source: it left this host, or its status says so."""
    return fetched or status != Status.SENT.value


def mark_read(database: Database, lookup_id: bytes, reply_ids: tuple[str, ...]) -> None:
    """Note that the source has opened these replies; the desk is told at the next collection. The day is not kept."""
    with database.erasing() as connection:
        for reply_id in reply_ids:
            changed = connection.execute(
                update(replies)
                .where(replies.c.id == reply_id, replies.c.lookup_id == lookup_id, replies.c.read.is_(False))
                .values(read=True)
            )
            if changed.rowcount:
                _notify(connection, reply_id, "read")


def mark_answered(database: Database, lookup_id: bytes, answered: Mapping[str, Ciphertext]) -> None:
    """Note that the source has answered these replies, and in which questions, so that the inbox can say so. Not when.

    `answered` maps the id of a reply to what is sealed of it (keys.memo).
    """
    with database.writing() as connection:
        for reply_id, answers in answered.items():
            connection.execute(
                update(replies)
                .where(replies.c.id == reply_id, replies.c.lookup_id == lookup_id)
                .values(answered=True, answers=answers)
            )


def delete_reply(database: Database, lookup_id: bytes, reply_id: str) -> None:
    """Erase a source's own reply from this host. Raises Missing if it is not there, or is another's.

    Its files are noted as going: `finish_files` erases them.
    """
    with database.erasing() as connection:
        theirs = (replies.c.id == reply_id, replies.c.lookup_id == lookup_id, replies.c.held.is_(False))
        erased = connection.execute(delete(replies).where(*theirs))
        if not erased.rowcount:
            raise Missing("no such reply")
        erase_files_of(connection, lookup_id, reply_id)
        _notify(connection, reply_id, "deleted")


def delete_replies(connection: Connection, lookup_id: bytes) -> None:
    """Erase all replies of a source; the desk is told of each. For a transaction that erases more of this source."""
    found = connection.execute(select(replies.c.id).where(replies.c.lookup_id == lookup_id)).scalars().all()
    connection.execute(delete(replies).where(replies.c.lookup_id == lookup_id))
    # Also those that were brought for a reply which has not come.
    erase_files_of_source(connection, lookup_id)
    for reply_id in found:
        _notify(connection, reply_id, "deleted")


def _notify(connection: Connection, reply_id: str, what: str) -> None:
    connection.execute(insert(notices).values(id=secrets.token_hex(16), reply=reply_id, what=what))
