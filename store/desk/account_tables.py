"""Who works at the desk: accounts, links, sessions, settings; and the trail of what they did."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from store.columns import Sealed
from store.desk.schema import metadata

settings = Table(
    "settings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

reviewers = Table(
    "reviewers",
    metadata,
    Column("username", String(64), primary_key=True),
    Column("public_key", LargeBinary(1216), nullable=False),
    Column("sealed_secret", Sealed, nullable=False),
    # The intake key's passphrase sealed to this reviewer, an intake officer; or nothing, if it lies in shares.
    Column("sealed_passphrase", Sealed, nullable=True),
    Column("last_totp_step", Integer, nullable=False),
    Column("joined_at", Integer, nullable=False, server_default="0"),  # 0: before this was kept
    Column("suspended", Boolean, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

roles = Table(
    "roles",
    metadata,
    Column("username", String(64), ForeignKey("reviewers.username"), primary_key=True),
    Column("role", String(16), primary_key=True),
    sqlite_with_rowid=False,
)

# Recovery codes and passkeys, each sealed under its account's own secret and bound to its row (keys.factor_seal).
second_factors = Table(
    "second_factors",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("username", String(64), ForeignKey("reviewers.username"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sealed", Sealed, nullable=False),
    Index("second_factors_of_an_account", "username", "kind"),
    sqlite_with_rowid=False,
)

# Links that were given out and not used: to join, or to come back after a loss. The link itself is nowhere.
invitations = Table(
    "invitations",
    metadata,
    Column("lookup_hash", LargeBinary(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # store.desk.invitations.InvitationKind
    Column("username", String(64), nullable=False),
    Column("roles", String(120), nullable=False),  # with commas; of those who join
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("needs_consent", Boolean, nullable=False),
    # Who consented, and the hash of the code that they were given to hand over. Without it the link opens nothing.
    Column("consented_by", String(64), nullable=True),
    Column("consent_hash", LargeBinary(32), nullable=True),
    sqlite_with_rowid=False,
)

# What reviewers say of themselves. Their standing recusals are sealed to the intake key, and to their own.
profiles = Table(
    "profiles",
    metadata,
    Column("username", String(64), ForeignKey("reviewers.username"), primary_key=True),
    Column("topics", String(80), nullable=False),
    Column("back_on", String(10), nullable=True),
    Column("sealed_recusals", Sealed, nullable=False),
    Column("sealed_own", Sealed, nullable=False),
    sqlite_with_rowid=False,
)

# The lists that a reviewer saved, with the tags and names in them, sealed to their own key in one size.
saved_lists = Table(
    "saved_lists",
    metadata,
    Column("username", String(64), ForeignKey("reviewers.username"), primary_key=True),
    Column("sealed", Sealed, nullable=False),
    sqlite_with_rowid=False,
)

# Where two officers unlock: a share of the intake key's passphrase for each, and the whole one nowhere. Else empty.
intake_shares = Table(
    "intake_shares",
    metadata,
    Column("username", String(64), ForeignKey("reviewers.username"), primary_key=True),
    Column("sealed", Sealed, nullable=False),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("lookup_hash", LargeBinary(32), primary_key=True),
    Column("username", String(64), ForeignKey("reviewers.username"), nullable=False),
    Column("sealed", Sealed, nullable=False),
    Column("last_used", Integer, nullable=False),
    Column("begun_at", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

# Reviewers' acts, hash-chained; never an act of a source.
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("case_reference", String(9), nullable=True),
    Column("note", Text, nullable=False),
    Column("chain", LargeBinary(32), nullable=False),
    Index("audit_of_a_case", "case_reference", "act", "at"),
)
