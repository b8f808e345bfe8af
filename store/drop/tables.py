"""The source host's tables.

No time finer than a day, no address, no login, no count of visits: there is no column for them. Every table is WITHOUT
ROWID and keyed by random or derived ids, so that the order of rows tells no order of arrival.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, false, true

from store.columns import Sealed
from store.erasing import erasing_table

metadata = MetaData()

# What is left of a source once everything is collected: this row. `fetched`: something of theirs has begun to leave
# this host, so that the charity may have it; a withdrawal must then be told, and otherwise nothing need be left. `memo`
# is sealed under a key from the codename, or random bytes of the same size (keys.memo). `pepper`: the number of the one
# that `lookup_id` is of. `carried`: what goes on from the one before, sealed or random bytes (keys.carried).
sources = Table(
    "sources",
    metadata,
    Column("lookup_id", LargeBinary(32), primary_key=True),
    Column("address", String(64), nullable=False, unique=True),
    Column("reply_key", LargeBinary(1216), nullable=False),
    Column("status", String(16), nullable=False),
    Column("status_day", String(10), nullable=False),
    # Whoever forgets to say tells the charity of a withdrawal that it need not have heard of: that harms nobody.
    Column("fetched", Boolean, nullable=False, server_default=true()),
    Column("memo", Sealed, nullable=True),
    Column("pepper", Integer, nullable=False, server_default="0"),
    Column("carried", Sealed, nullable=True),
    sqlite_with_rowid=False,
)

# What waits for the courier; erased when the courier confirms.
submissions = Table(
    "submissions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("lookup_id", LargeBinary(32), ForeignKey("sources.lookup_id"), nullable=True),
    Column("day", String(10), nullable=False),
    Index("submissions_of_a_source", "lookup_id"),
    sqlite_with_rowid=False,
)

parts = Table(
    "parts",
    metadata,
    Column("blob", String(32), primary_key=True),
    Column("submission", String(32), ForeignKey("submissions.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    sqlite_with_rowid=False,
)

# Forms that were sent, so that the same form sent again is the same submission, even after collection. No link to a
# source; forgotten after some days. `content` is a MAC of what was sent, under a key that only the form carries: an
# edited form is told from the same one, and nobody can test guesses at what was in it.
sent_forms = Table(
    "sent_forms",
    metadata,
    Column("id", LargeBinary(32), primary_key=True),
    Column("content", LargeBinary(32), nullable=False),
    Column("day", String(10), nullable=False),
    sqlite_with_rowid=False,
)

# `held`: its source is not shown it, until somebody of the charity says whose it is (store.drop.held_answers).
# `answered`: something in it was; `answers` says which questions, sealed or random bytes (keys.memo).
replies = Table(
    "replies",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("lookup_id", LargeBinary(32), ForeignKey("sources.lookup_id"), nullable=False, index=True),
    Column("sealed", Sealed, nullable=False),
    Column("day", String(10), nullable=False),
    Column("read", Boolean, nullable=False),
    Column("answered", Boolean, nullable=False, default=False),
    Column("answers", Sealed, nullable=True),
    Column("held", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

# Files that go with a reply: announced by the courier, and in their folder once they are `here`. Sealed, of a size
# class; for whom is known before the reply comes. `day`: of the announcement, then of the delivery.
reply_files = Table(
    "reply_files",
    metadata,
    Column("blob", String(32), primary_key=True),
    Column("reply", String(32), nullable=False, index=True),
    Column("lookup_id", LargeBinary(32), ForeignKey("sources.lookup_id"), nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Column("here", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# What the desk is told of replies: that one was read, or deleted by its source. Erased when the courier confirms.
notices = Table(
    "notices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("reply", String(32), nullable=False),
    Column("what", String(8), nullable=False),
    sqlite_with_rowid=False,
)

# Deliveries already applied, so that each is applied once however often it is sent.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("day", String(10), nullable=False),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("lookup_hash", LargeBinary(32), primary_key=True),
    Column("sealed", Sealed, nullable=False),
    sqlite_with_rowid=False,
)

# Blobs that no row names any more and whose files are about to go (store.erasing).
erasing = erasing_table(metadata)

# Files of replies that no row names any more and that are about to go.
reply_files_erasing = erasing_table(metadata, "reply_files_erasing")
