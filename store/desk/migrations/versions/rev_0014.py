"""Talking to sources: sheets that go by themselves, texts of the team's own, and when the courier goes next."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time of a draft, an empty table of templates, and the courier's next run, which nobody knows yet."""
    op.add_column("sheets", sa.Column("kept_at", sa.Integer(), nullable=True))
    op.create_index("sheets_of_a_kind", "sheets", ["kind", "kept_at"], unique=False)
    op.create_index("sheets_by_age", "sheets", ["kept_at"], unique=False)
    op.add_column("courier", sa.Column("next_at", sa.Integer(), nullable=True))
    op.create_table(
        "templates",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("used_for", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them. Drafts become sheets that stay; nobody sees them any more."""
    op.drop_table("templates")
    op.drop_column("courier", "next_at")
    op.drop_index("sheets_by_age", "sheets")
    op.drop_index("sheets_of_a_kind", "sheets")
    op.drop_column("sheets", "kept_at")
