"""What the site may do for a source who has proved the codename and takes the report back. One transaction, or nothing.

Rules:
- What waits of this source is erased, rows first, with a note of the files that are to go (store.erasing), and so are
  the replies that are here. Nobody else's can be reached: the lookup id finds them, and only the codename gives that.
- If a byte of this source may have left the host, one new letter takes the place of what was erased: it tells the
  charity. If none has, the source goes as well, and nobody is told anything.
- The mark of a form whose submission is erased stays, with other contents: the same form sent once more is a submission
  of its own and is not thanked for as one that is here. The courier may hold the erased one under its id.
"""

import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from store.database import Database
from store.drop.inbox import delete_replies, was_fetched
from store.drop.intake import SentForm, Submission, find_sent, note_form, put_submission
from store.drop.tables import erasing, parts, sent_forms, sources, submissions
from store.erasing import note_erasing
from store.errors import AlreadyThere, Missing


class Left(StrEnum):
    """What a withdrawal leaves on this host."""

    NOTHING = "nothing"
    A_LETTER = "a letter"


_MARK_SIZE = 32


def withdraw_source(
    database: Database,
    letter: Submission,
    forms: Mapping[Left, SentForm],
    form_id_of: Callable[[str], bytes],
) -> Left:
    """Erase what is here of a source, and put `letter`, which says so, in its place if the charity must know.

    The letter's blob is published already; the caller takes it back if nothing is left. `forms` has the marks of the
    form that asked for this, for either end; `form_id_of` gives the id of the form that brought a submission. Raises
    Missing if there is no such source (any more), AlreadyThere if this very form did it before.
    """
    if letter.source is None:
        raise Missing("a report without a way back is nobody's to withdraw")
    lookup_id = letter.source.lookup_id
    try:
        with database.erasing() as connection:
            source = connection.execute(
                select(sources.c.status, sources.c.fetched).where(sources.c.lookup_id == lookup_id)
            ).one_or_none()
            if source is None:
                raise Missing("no such source")
            left = Left.A_LETTER if was_fetched(source.status, fetched=source.fetched) else Left.NOTHING
            note_form(connection, forms[left], letter.day)
            _erase_waiting(connection, lookup_id, form_id_of)
            delete_replies(connection, lookup_id)
            if left is Left.A_LETTER:
                put_submission(connection, letter)
            else:
                connection.execute(delete(sources).where(sources.c.lookup_id == lookup_id))
    except IntegrityError as reason:
        if find_sent(database, forms[Left.NOTHING].id) is not None:
            raise AlreadyThere("this form was sent before") from reason
        raise
    return left


def _erase_waiting(connection: Connection, lookup_id: bytes, form_id_of: Callable[[str], bytes]) -> None:
    waiting = connection.execute(select(submissions.c.id).where(submissions.c.lookup_id == lookup_id)).scalars().all()
    for submission in waiting:
        blobs = connection.execute(select(parts.c.blob).where(parts.c.submission == submission)).scalars().all()
        note_erasing(connection, erasing, blobs)
        connection.execute(delete(parts).where(parts.c.submission == submission))
        connection.execute(delete(submissions).where(submissions.c.id == submission))
        connection.execute(
            update(sent_forms)
            .where(sent_forms.c.id == form_id_of(submission))
            .values(content=secrets.token_bytes(_MARK_SIZE))
        )
