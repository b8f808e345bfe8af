"""The reviewer host's tables. What a source said is in sealed columns and vault files only.

Times of reviewers' acts are exact (Unix seconds); a source's are days, inside the sealed letters.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

from store.columns import Sealed
from store.erasing import erasing_table

metadata = MetaData()

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

# What was done and is to be counted, sealed until enough has come together to be published (keys.figures_key). The ids
# are random, and there is no order: none of them tells of which act it is.
figure_notes = Table(
    "figure_notes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sealed", Sealed, nullable=False),
    sqlite_with_rowid=False,
)

# One row: what was counted and is too little to be published.
figures_waiting = Table(
    "figures_waiting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sealed", Sealed, nullable=False),
)

# The figures that were published: rounded, in clear, never changed. Months are YYYY-MM, both included.
figures = Table(
    "figures",
    metadata,
    Column("measure", String(40), primary_key=True),
    Column("first_month", String(7), primary_key=True),
    Column("last_month", String(7), nullable=False),
    Column("shown", Integer, nullable=False),
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
    # When a courier that stays means to go again (Unix seconds); none: nobody knows.
    Column("next_at", Integer, nullable=True),
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

# Blobs of the post that no parcel names any more and whose files are about to go (store.erasing).
erasing = erasing_table(metadata)

# Vault files under a case key that is no longer the case's.
vault_erasing = erasing_table(metadata, "vault_erasing")

# Files that were on their way to the source host and are no more.
outgoing_erasing = erasing_table(metadata, "outgoing_erasing")
