"""What the courier brings and takes: the post, still sealed, and the outbox."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from store.columns import Sealed
from store.desk.schema import metadata
from store.erasing import erasing_table

# The post: what the courier brought and no intake officer has opened yet, still sealed by the source host.
parcels = Table(
    "parcels",
    metadata,
    Column("submission", String(32), primary_key=True),
    Column("day", String(10), nullable=False),  # as the source host says; the letter inside is what counts
    Column("collected_day", String(10), nullable=False),
    Column("problem", Text, nullable=True),  # why it could not be opened, in a sentence; the parcel is kept
    sqlite_with_rowid=False,
)

parcel_parts = Table(
    "parcel_parts",
    metadata,
    Column("blob", String(32), primary_key=True),
    Column("submission", String(32), ForeignKey("parcels.submission"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    sqlite_with_rowid=False,
)

# A further letter that an officer read and may not open: for each reader of its case, sealed to that reader.
further_letters = Table(
    "further_letters",
    metadata,
    Column("submission", String(32), ForeignKey("parcels.submission"), primary_key=True),
    Column("holder", String(64), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.id"), nullable=False, index=True),
    Column("sealed", Sealed, nullable=False),
    Index("further_letters_of_a_holder", "holder"),
    sqlite_with_rowid=False,
)

# Submissions opened already, so that one which arrives twice is one (the courier may die at any byte).
opened = Table(
    "opened",
    metadata,
    Column("submission", String(32), primary_key=True),
    sqlite_with_rowid=False,
)

# Files that go with replies in the outbox, sealed for their source (store.desk.outgoing).
outgoing_files = Table(
    "outgoing_files",
    metadata,
    Column("blob", String(32), primary_key=True),
    Column("reply", String(32), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    sqlite_with_rowid=False,
)

# What the courier has to take to the source host.
outbox = Table(
    "outbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(8), nullable=False),  # reply, status, withdraw
    Column("address", String(64), nullable=False),
    Column("reply", String(32), nullable=True),
    Column("status", String(16), nullable=True),
    Column("day", String(10), nullable=False),
    Column("sealed", Sealed, nullable=True),
    Column("place", Integer, nullable=False),  # the order in which they were written
    sqlite_with_rowid=False,
)

# One row: what the courier is doing, for the desk to show, and the desk's wish that it go now.
courier = Table(
    "courier",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("heartbeat", Integer, nullable=False),
    Column("state", String(10), nullable=False),  # never, running, done, failed
    Column("finished_at", Integer, nullable=True),
    Column("sentence", Text, nullable=False),
    # What sources could send when the last run ended, as the source host said: store.desk.courier_state.SourceRoom.
    Column("source_room", String(16), nullable=False, server_default="unknown"),
    # How the source host's Tor was then, as it said itself: store.desk.courier_state.SourceTor.
    Column("source_tor", String(16), nullable=False, server_default="unknown"),
    # When a courier that stays means to go again (Unix seconds); none: nobody knows.
    Column("next_at", Integer, nullable=True),
    sqlite_with_rowid=False,
)

# Blobs of the post that no parcel names any more and whose files are about to go (store.erasing).
erasing = erasing_table(metadata)

# Files that were on their way to the source host and are no more.
outgoing_erasing = erasing_table(metadata, "outgoing_erasing")
