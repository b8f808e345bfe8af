"""The desk's first schema."""

import sqlalchemy as sa
from alembic import op

from store.columns import Sealed

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("case_reference", sa.String(length=9), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=9), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("reply_key", sa.LargeBinary(length=1216), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("danger", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.Column("sealed_card", Sealed(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address"),
        sa.UniqueConstraint("reference"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "courier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("heartbeat", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("finished_at", sa.Integer(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "opened",
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("submission"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("sealed", Sealed(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "parcels",
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("collected_day", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("submission"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reviewers",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=1216), nullable=False),
        sa.Column("sealed_secret", Sealed(), nullable=False),
        sa.Column("sealed_passphrase", Sealed(), nullable=True),
        sa.Column("last_totp_step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("username"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clearances",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("sealed_key", Sealed(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("case_id", "holder"),
        sqlite_with_rowid=False,
    )
    op.create_index("clearances_by_change", "clearances", ["holder", "changed_at"], unique=False)
    op.create_table(
        "items",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("sealed", Sealed(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("items_of_a_case", "items", ["case_id", "position"], unique=True)
    op.create_table(
        "parcel_parts",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"],
            ["parcels.submission"],
        ),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_parcel_parts_submission"), "parcel_parts", ["submission"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("lookup_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("sealed", Sealed(), nullable=False),
        sa.Column("last_used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["username"],
            ["reviewers.username"],
        ),
        sa.PrimaryKeyConstraint("lookup_hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("item_id", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["items.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_attachments_case_id"), table_name="attachments")
    op.drop_table("attachments")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_parcel_parts_submission"), table_name="parcel_parts")
    op.drop_table("parcel_parts")
    op.drop_index("items_of_a_case", table_name="items")
    op.drop_table("items")
    op.drop_index("clearances_by_change", table_name="clearances")
    op.drop_table("clearances")
    op.drop_table("settings")
    op.drop_table("reviewers")
    op.drop_table("parcels")
    op.drop_table("outbox")
    op.drop_table("opened")
    op.drop_table("courier")
    op.drop_table("cases")
    op.drop_table("audit")
