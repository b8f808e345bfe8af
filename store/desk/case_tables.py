"""Cases, who can read them, and all that belongs to one. What a source said is in sealed columns and vault files.

Times of reviewers' acts are exact (Unix seconds); a source's are days, inside the sealed letters.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from store.columns import Sealed
from store.desk.schema import metadata
from store.erasing import erasing_table

cases = Table(
    "cases",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("reference", String(9), nullable=False, unique=True),
    Column("address", String(64), nullable=True, unique=True),  # none: the source does not want to come back
    Column("reply_key", LargeBinary(1216), nullable=True),  # pinned by the first letter, never changed
    Column("status", String(16), nullable=False),
    Column("changed_at", Integer, nullable=False),
    Column("sealed_card", Sealed, nullable=False),  # two-word name, topics, counts, danger; under the case key
    # From which days deadlines run, empty if none does; none: of before, nobody read it since (store.desk.clocks).
    Column("answer_from", String(10), nullable=True),
    Column("feedback_from", String(10), nullable=True),
    sqlite_with_rowid=False,
)

# A case key sealed to one holder: a reviewer's user name, or "recovery".
clearances = Table(
    "clearances",
    metadata,
    Column("case_id", String(32), ForeignKey("cases.id"), primary_key=True),
    Column("holder", String(64), primary_key=True),
    Column("sealed_key", Sealed, nullable=False),
    # The case's own, copied: so a page of one holder's cases costs the same however many cases there are.
    Column("changed_at", Integer, nullable=False),
    # The value that the counter had when the case's row, or this copy, last changed (store.desk.stamps).
    Column("stamp", Integer, nullable=False, server_default="0"),
    Index("clearances_by_change", "holder", "changed_at"),
    Index("clearances_by_stamp", "holder", "stamp"),
    sqlite_with_rowid=False,
)

# One row, counting up with every change of any case: so a list kept in memory reads what is new to it and no more.
stamps = Table(
    "stamps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

# Who could read a case until their key was lost, so that a colleague who can may let them in again.
lapsed_clearances = Table(
    "lapsed_clearances",
    metadata,
    Column("case_id", String(32), ForeignKey("cases.id"), primary_key=True),
    Column("username", String(64), ForeignKey("reviewers.username"), primary_key=True),
    Column("lapsed_at", Integer, nullable=False),
    Index("lapsed_clearances_of_an_account", "username"),
    sqlite_with_rowid=False,
)

# What a case has one of besides its card, by its kind (store.desk.sheets); sealed under the case key.
sheets = Table(
    "sheets",
    metadata,
    Column("case_id", String(32), ForeignKey("cases.id"), primary_key=True),
    Column("kind", String(80), primary_key=True),
    Column("version", Integer, nullable=False),  # counts up: of two who write at once, the second is told
    Column("sealed", Sealed, nullable=False),
    # Of a draft, when it was kept (Unix seconds): the housekeeper, who has no key, knows by it what is too old.
    Column("kept_at", Integer, nullable=True),
    Index("sheets_of_a_kind", "kind", "kept_at"),
    Index("sheets_by_age", "kept_at"),
    sqlite_with_rowid=False,
)

# Texts of the team's own, to be put into replies, reasons and notes. In clear: nothing of a case belongs in them.
templates = Table(
    "templates",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", String(80), nullable=False),
    Column("used_for", String(8), nullable=False),  # store.desk.templates.UsedFor
    Column("words", Text, nullable=False),
    Column("questions", Text, nullable=False),  # a JSON list of texts
    Column("version", Integer, nullable=False),  # counts up, as that of a sheet
    Column("changed_by", String(64), nullable=False),
    Column("changed_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What a reader of a case may not do alone, and has asked one other person to agree to (store.desk.case_requests).
case_requests = Table(
    "case_requests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_of", String(64), nullable=False, index=True),
    Column("asked_at", Integer, nullable=False),
    Column("written", Integer, nullable=False),  # items of the timeline then; what comes after takes the request away
    Column("sealed", Sealed, nullable=False),  # what there is to judge by, to whoever was asked
    Index("case_requests_of_a_case", "case_id", "kind", unique=True),
    sqlite_with_rowid=False,
)

# Cases that somebody wants to take out, until it is done or over: what a second person sees who consents. Why, what and
# the recipient's key stand on a sheet of the case (store.desk.take_outs).
take_outs = Table(
    "take_outs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.id"), nullable=False, index=True),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("consented_by", String(64), nullable=True),
    sqlite_with_rowid=False,
)

# The timeline: letters, replies, statuses, notes; the content sealed under the case key.
items = Table(
    "items",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("position", Integer, nullable=False),  # 1, 2, 3 … in the case: two items may share a second
    Column("made_at", Integer, nullable=False),
    Column("sealed", Sealed, nullable=False),
    # Replies only: scheduled, delivered, read, deleted, withdrawn or unknown.
    Column("state", String(10), nullable=True),
    Index("items_of_a_case", "case_id", "position", unique=True),
    sqlite_with_rowid=False,
)

# Attachments: the vault file is named by `id`; name, type, size and SHA-256 stand in the sealed letter or reply.
# Without an item it waits for a reply, of which the sealed sheet of `prepared_by` tells (store.desk.prepared).
attachments = Table(
    "attachments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.id"), nullable=False, index=True),
    Column("item_id", String(32), ForeignKey("items.id"), nullable=True),
    # Of the vault file, sealed as it is: so that it can be checked without any key.
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("prepared_by", String(64), nullable=True),
    Column("prepared_at", Integer, nullable=True),  # Unix seconds
    sqlite_with_rowid=False,
)

# Vault files under a case key that is no longer the case's.
vault_erasing = erasing_table(metadata, "vault_erasing")
