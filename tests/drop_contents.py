"""Looking into a source host's folder, as bytes and rows."""

import secrets
import sqlite3
import time

from sqlalchemy import select

from keys.codename import Codename
from keys.derivation import SourceKeys, derive
from keys.letter import Letter
from keys.reply import Reply, reply_address
from source_interface.drop_folder import DropFolder
from store.database import Database, open_database
from store.drop.carrying import find_sources
from store.drop.deliveries import Outcome, ReplyDelivery, apply_delivery
from store.drop.tables import metadata
from tests.conftest import IntakeSecret


def rows(folder: DropFolder, table: str) -> list[tuple[object, ...]]:
    """Every row of a table, read from the file itself."""
    with sqlite3.connect(folder.database) as connection:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  (names from this file)
    connection.close()
    return found


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with database.reading() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in metadata.tables.items()
        }


def is_known(database: Database, lookup_id: bytes) -> bool:
    """Whether whoever comes back with the codename of this lookup id is somebody."""
    return find_sources(database, [lookup_id])[0] is not None


def letters(folder: DropFolder, secret: IntakeSecret) -> list[Letter]:
    """Every waiting letter, opened."""
    blobs = [row[0] for row in rows(folder, "parts") if row[2] == "letter"]
    return [secret.letter(folder.blobs / "sealed" / str(blob)) for blob in blobs]


def sealed_files(folder: DropFolder) -> set[str]:
    """The names of all files in the blob folders."""
    return {path.name for path in folder.blobs.rglob("*") if path.is_file()}


def source_keys(folder: DropFolder, codename: str) -> SourceKeys:
    """What a codename leads to on this site."""
    return derive(Codename.read(codename), folder.pepper.read_bytes())


def give_reply(folder: DropFolder, codename: str, text: str) -> Reply:
    """Deliver a reply to a source, as the door does."""
    public = source_keys(folder, codename).reply_key().public
    reply = Reply(secrets.token_hex(16), time.strftime("%Y-%m-%d", time.gmtime()), text)
    delivery = ReplyDelivery(reply.id, reply_address(public), reply.day, reply.id, reply.seal_to(public))
    database = open_database(folder.database, "store.drop.migrations")
    assert apply_delivery(database, delivery, reply.day) is Outcome.APPLIED
    database.close()
    return reply
