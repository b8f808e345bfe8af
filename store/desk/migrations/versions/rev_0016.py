"""What a reader of a case asks one other person to agree to."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "case_requests",
        sa.Column("id", sa.String(length=32), primary_key=True),
        sa.Column("case_id", sa.String(length=32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_of", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_requests_asked_of", "case_requests", ["asked_of"], unique=False)
    op.create_index("case_requests_of_a_case", "case_requests", ["case_id", "kind"], unique=True)


def downgrade() -> None:
    """Drop it: what was asked is asked again."""
    op.drop_table("case_requests")
