"""Watching: how the two hosts are, in words, and who gets the daily notice. Nothing of a case; no hour of a source."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from store.desk.schema import metadata

# A word of store.host_health for each thing of each host, since which day it holds, and when it was last looked at.
health = Table(
    "health",
    metadata,
    Column("host", String(8), primary_key=True),  # source, desk
    Column("thing", String(12), primary_key=True),
    Column("word", String(16), nullable=False),
    Column("since", String(10), nullable=False),
    Column("seen", String(10), nullable=False),
    sqlite_with_rowid=False,
)

# Who gets the daily notice: where to, and the public key it is sealed to. Days are YYYY-MM-DD, or empty.
notice_recipients = Table(
    "notice_recipients",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("address", String(254), nullable=False),  # by mail; empty: into a folder
    Column("folder", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),  # OpenPGP packets
    Column("added", String(10), nullable=False),
    Column("tried", String(10), nullable=False),  # from the moment from which it may have left
    Column("sent", String(10), nullable=False),
    Column("problem", Text, nullable=False),  # why the last attempt failed, in a sentence; empty if it did not
    sqlite_with_rowid=False,
)

# One row: when the notice of a day is due (Unix seconds), drawn once.
notice_draw = Table(
    "notice_draw",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", String(10), nullable=False),
    Column("due_at", Integer, nullable=False),
)
