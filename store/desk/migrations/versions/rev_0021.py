"""Watching: how the hosts are, and who gets the daily notice."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables: nobody has looked, and nobody gets a notice."""
    op.create_table(
        "health",
        sa.Column("host", sa.String(length=8), nullable=False),
        sa.Column("thing", sa.String(length=12), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("seen", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("host", "thing"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice_recipients",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("added", sa.String(length=10), nullable=False),
        sa.Column("tried", sa.String(length=10), nullable=False),
        sa.Column("sent", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Forget all of it."""
    for name in ("notice_draw", "notice_recipients", "health"):
        op.drop_table(name)
