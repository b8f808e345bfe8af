"""What leaves the desk: cases that somebody wants to take out; figures, and what is to become some."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, all empty: what was done before is not counted."""
    op.create_table(
        "take_outs",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("case_id", sa.String(length=32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("consented_by", sa.String(length=64), nullable=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_take_outs_case_id", "take_outs", ["case_id"], unique=False)
    op.create_table(
        "figure_notes",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figures_waiting",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "figures",
        sa.Column("measure", sa.String(length=40), primary_key=True),
        sa.Column("first_month", sa.String(length=7), primary_key=True),
        sa.Column("last_month", sa.String(length=7), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them. Requests to take a case out, and figures, are lost."""
    op.drop_table("figures")
    op.drop_table("figures_waiting")
    op.drop_table("figure_notes")
    op.drop_table("take_outs")
