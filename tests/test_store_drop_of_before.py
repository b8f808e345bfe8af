"""A source host of before is brought up to date: nothing is lost, and old rows cannot be told from new ones."""

import secrets
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from keys.memo import ANSWER_MARKS_SIZE, MEMO_SIZE
from store.database import open_database
from store.drop.inbox import read_inbox

MANY = 501  # more than are filled in one go


def make_database_of_before(path: Path) -> list[bytes]:
    """Make a database of revision 0002 with sources and a reply; return their lookup ids."""
    config = Config()
    config.set_main_option("script_location", "store:drop/migrations")
    lookup_ids = [secrets.token_bytes(32) for _each in range(MANY)]
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for lookup_id in lookup_ids:
            connection.execute(
                text("INSERT INTO sources VALUES (:id, :address, :key, 'sent', '2026-11-20')"),
                {"id": lookup_id, "address": secrets.token_hex(32), "key": secrets.token_bytes(1216)},
            )
        connection.execute(
            text("INSERT INTO replies VALUES (:id, :who, :sealed, '2026-11-20', 0, 1)"),
            {"id": "ab" * 16, "who": lookup_ids[0], "sealed": b"sealed"},
        )
    engine.dispose()
    return lookup_ids


def test_sources_of_before_are_taken_to_have_been_collected_from(tmp_path: Path) -> None:
    """Nobody knows whether something has left: whoever withdraws is told that the charity may have it."""
    path = tmp_path / "drop.sqlite"
    lookup_ids = make_database_of_before(path)
    path.chmod(0o600)
    database = open_database(path, "store.drop.migrations")
    inboxes = [read_inbox(database, lookup_id) for lookup_id in lookup_ids]
    database.close()
    assert all(inbox.fetched for inbox in inboxes)
    assert {len(inbox.memo or b"") for inbox in inboxes} == {MEMO_SIZE}
    assert len({bytes(inbox.memo or b"") for inbox in inboxes}) == MANY
    [reply] = inboxes[0].replies
    assert (reply.answered, len(reply.answers or b"")) == (True, ANSWER_MARKS_SIZE)
