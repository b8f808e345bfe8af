"""What reviewers say of themselves, and whom a further letter in the post waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables. Who has said nothing takes every topic, is not away, and has named no conflict."""
    op.create_table(
        "profiles",
        sa.Column("username", sa.String(length=64), sa.ForeignKey("reviewers.username"), primary_key=True),
        sa.Column("topics", sa.String(length=80), nullable=False),
        sa.Column("back_on", sa.String(length=10), nullable=True),
        sa.Column("sealed_recusals", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_own", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "further_letters",
        sa.Column("submission", sa.String(length=32), sa.ForeignKey("parcels.submission"), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("submission", "holder"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_further_letters_case_id", "further_letters", ["case_id"])
    op.create_index("further_letters_of_a_holder", "further_letters", ["holder"])


def downgrade() -> None:
    """Drop the tables: reviewers say it again, and the post is read again."""
    op.drop_table("further_letters")
    op.drop_table("profiles")
