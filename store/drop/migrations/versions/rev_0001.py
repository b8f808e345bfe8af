"""The drop's first schema."""

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
        "deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reply", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sent_forms",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content", sa.LargeBinary(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sessions",
        sa.Column("lookup_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", Sealed(), nullable=False),
        sa.PrimaryKeyConstraint("lookup_hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sources",
        sa.Column("lookup_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("reply_key", sa.LargeBinary(length=1216), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("lookup_id"),
        sa.UniqueConstraint("address"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lookup_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", Sealed(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lookup_id"],
            ["sources.lookup_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_replies_lookup_id"), "replies", ["lookup_id"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lookup_id", sa.LargeBinary(length=32), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["lookup_id"],
            ["sources.lookup_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("submissions_of_a_source", "submissions", ["lookup_id"], unique=False)
    op.create_table(
        "parts",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("submission", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_parts_submission"), "parts", ["submission"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_parts_submission"), table_name="parts")
    op.drop_table("parts")
    op.drop_index("submissions_of_a_source", table_name="submissions")
    op.drop_table("submissions")
    op.drop_index(op.f("ix_replies_lookup_id"), table_name="replies")
    op.drop_table("replies")
    op.drop_table("sources")
    op.drop_table("sessions")
    op.drop_table("sent_forms")
    op.drop_table("notices")
    op.drop_table("deliveries")
