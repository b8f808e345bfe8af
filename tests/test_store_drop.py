"""What the public site may do in the store: record submissions once, and see a source's own replies."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from keys.ciphertext import Ciphertext
from keys.memo import no_answers
from keys.reply import reply_address
from keys.session_seal import SessionToken
from keys.statuses import Status
from store.blobs import new_blob_id
from store.database import Database, open_database
from store.drafts import Blob
from store.drop.inbox import delete_reply, mark_answered, mark_read, read_inbox
from store.drop.intake import (
    NewSource,
    SentForm,
    Submission,
    blobs_named,
    find_sent,
    record_submission,
    waiting_count,
)
from store.drop.tables import notices, replies, sources
from store.errors import AlreadyThere, Missing
from tests.drop_contents import dump, is_known


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A source host's database."""
    opened = open_database(tmp_path / "drop.sqlite", "store.drop.migrations")
    yield opened
    opened.close()


def blob() -> Blob:
    """A blob's record."""
    return Blob(new_blob_id(), 65_536, secrets.token_hex(32))


def new_source() -> NewSource:
    """A source's public half."""
    return NewSource(secrets.token_bytes(32), secrets.token_bytes(1216))


def submission(source: NewSource | None, *attachments: Blob, day: str = "2026-11-23") -> Submission:
    """A submission ready to be recorded."""
    form = SentForm(secrets.token_bytes(32), secrets.token_bytes(32))
    return Submission(new_blob_id(), form, day, source, blob(), attachments)


def deliver(database: Database, source: NewSource, day: str = "2026-11-24") -> str:
    """Put a sealed reply in a source's inbox; return its id."""
    reply_id = secrets.token_hex(16)
    row = {
        "id": reply_id,
        "lookup_id": source.lookup_id,
        "sealed": SessionToken.draw().seal(b"reply"),
        "day": day,
        "read": False,
    }
    with database.writing() as connection:
        connection.execute(insert(replies).values(row))
    return reply_id


def told(database: Database) -> list[tuple[str, str]]:
    """What the desk will be told: (reply, what)."""
    with database.reading() as connection:
        return [(row.reply, row.what) for row in connection.execute(select(notices))]


# ---- recording


def test_a_first_submission_makes_its_source(database: Database) -> None:
    """A source's first submission records the source, its address and status, and every blob."""
    source, photo = new_source(), blob()
    sent = submission(source, photo)
    record_submission(database, sent)
    inbox = read_inbox(database, source.lookup_id)
    assert (inbox.status, inbox.status_day, inbox.waiting, inbox.replies) == (Status.SENT, "2026-11-23", True, ())
    both = {sent.letter.id: sent.letter, photo.id: photo}
    assert blobs_named(database, [*both, new_blob_id()]) == both
    assert dump(database)["sources"][0][1] == reply_address(source.reply_key)
    assert find_sent(database, sent.form.id) == sent.form.content
    assert is_known(database, source.lookup_id)


def test_a_form_sent_twice_is_one_submission(database: Database) -> None:
    """The same form again, whatever it holds now, is AlreadyThere and changes not a row; the first content is kept."""
    source = new_source()
    sent = submission(source)
    record_submission(database, sent)
    before = dump(database)
    edited = replace(sent, id=new_blob_id(), form=SentForm(sent.form.id, bytes(32)), letter=blob())
    for again in (sent, edited, replace(edited, attachments=(blob(),)), replace(edited, source=new_source())):
        with pytest.raises(AlreadyThere):
            record_submission(database, again)
        assert dump(database) == before
    assert find_sent(database, sent.form.id) == sent.form.content


def test_one_way_leaves_no_source(database: Database) -> None:
    """Who does not want to come back leaves a submission and no source row."""
    record_submission(database, submission(None))
    assert dump(database)["sources"] == []
    assert waiting_count(database, 10) == 1


def test_a_further_submission_changes_nothing_of_its_source(database: Database) -> None:
    """A follow-up keeps the first reply key and the status, whatever key it brings."""
    source = new_source()
    record_submission(database, submission(source))
    with database.writing() as connection:
        connection.execute(sources.update().values(status=Status.PASSED_ON.value, status_day="2026-12-01"))
    before = dump(database)["sources"]
    other_key = replace(source, reply_key=secrets.token_bytes(1216))
    record_submission(database, submission(other_key, day="2026-12-24"))
    assert dump(database)["sources"] == before
    assert waiting_count(database, 10) == 2


def test_a_submission_is_recorded_whole_or_not_at_all(database: Database) -> None:
    """When a blob's row cannot be kept, no other row of that submission is, and the form may come again."""
    first = submission(new_source())
    record_submission(database, first)
    before = dump(database)
    clashing = replace(submission(new_source(), blob()), letter=first.letter)
    with pytest.raises(Exception, match="UNIQUE constraint"):
        record_submission(database, clashing)
    assert dump(database) == before
    assert find_sent(database, clashing.form.id) is None


def test_counting_stops_at_the_limit(database: Database) -> None:
    """What waits is counted no further than asked."""
    for _ in range(3):
        record_submission(database, submission(None))
    assert [waiting_count(database, most) for most in (1, 3, 10)] == [1, 3, 3]


# ---- the inbox


def test_a_source_sees_its_own_replies_newest_first(database: Database) -> None:
    """An inbox holds the source's own replies alone, the newest day first, sealed as they came."""
    source, other = new_source(), new_source()
    for one in (source, other):
        record_submission(database, submission(one))
    old, new = deliver(database, source, "2026-11-24"), deliver(database, source, "2026-11-25")
    deliver(database, other)
    found = read_inbox(database, source.lookup_id).replies
    assert [reply.id for reply in found] == [new, old]
    assert all(isinstance(reply.sealed, Ciphertext) for reply in found)


def test_an_unknown_source_is_missing(database: Database) -> None:
    """A codename that never sent anything has no inbox."""
    assert not is_known(database, bytes(32))
    with pytest.raises(Missing):
        read_inbox(database, bytes(32))


def test_reading_is_told_once(database: Database) -> None:
    """However often a source reads a reply, the desk is told once, without a day; another's reply is not touched."""
    source, other = new_source(), new_source()
    for one in (source, other):
        record_submission(database, submission(one))
    own, foreign = deliver(database, source), deliver(database, other)
    for _ in range(3):
        mark_read(database, source.lookup_id, (own, foreign, "0" * 32))
    assert told(database) == [(own, "read")]
    assert [reply.read for reply in read_inbox(database, source.lookup_id).replies] == [True]
    assert [reply.read for reply in read_inbox(database, other.lookup_id).replies] == [False]


def test_answering_is_noted_on_ones_own_reply(database: Database) -> None:
    """An answered reply says so; another's reply is not touched, and the desk needs no notice: it gets the answer."""
    source, other = new_source(), new_source()
    for one in (source, other):
        record_submission(database, submission(one))
    own, foreign = deliver(database, source), deliver(database, other)
    answers = no_answers()
    mark_answered(database, source.lookup_id, dict.fromkeys((own, foreign), answers))
    assert [(reply.answered, reply.answers) for reply in read_inbox(database, source.lookup_id).replies] == [
        (True, answers)
    ]
    assert [reply.answered for reply in read_inbox(database, other.lookup_id).replies] == [False]
    assert told(database) == []


def test_deleting_is_told_and_done_once(database: Database) -> None:
    """A deleted reply is gone, the desk is told, and deleting it again is Missing."""
    source = new_source()
    record_submission(database, submission(source))
    own = deliver(database, source)
    delete_reply(database, source.lookup_id, own)
    assert read_inbox(database, source.lookup_id).replies == ()
    with pytest.raises(Missing):
        delete_reply(database, source.lookup_id, own)
    assert told(database) == [(own, "deleted")]


def test_anothers_reply_is_missing(database: Database) -> None:
    """A source that names another's reply is told that there is none, and nothing happens."""
    source, other = new_source(), new_source()
    for one in (source, other):
        record_submission(database, submission(one))
    foreign = deliver(database, other)
    before = dump(database)
    with pytest.raises(Missing):
        delete_reply(database, source.lookup_id, foreign)
    assert dump(database) == before
