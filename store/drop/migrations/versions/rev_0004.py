"""Files that go with a reply, and which of them are being erased."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, empty: replies of before have no files."""
    op.create_table(
        "reply_files",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("reply", sa.String(length=32), nullable=False),
        sa.Column("lookup_id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("here", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lookup_id"], ["sources.lookup_id"]),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reply_files_reply", "reply_files", ["reply"], unique=False)
    op.create_index("ix_reply_files_lookup_id", "reply_files", ["lookup_id"], unique=False)
    op.create_table(
        "reply_files_erasing",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them; the files stay, to be found by a check."""
    op.drop_table("reply_files_erasing")
    op.drop_table("reply_files")
