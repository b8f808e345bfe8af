"""People: since when, suspended or not; links that were given out; clearances of a key that was lost."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns and tables. Whoever is there already joined before this was kept, and is not suspended."""
    op.add_column("reviewers", sa.Column("joined_at", sa.Integer(), server_default="0", nullable=False))
    op.add_column("reviewers", sa.Column("suspended", sa.Boolean(), server_default="0", nullable=False))
    op.create_table(
        "invitations",
        sa.Column("lookup_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.String(length=120), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Integer(), nullable=False),
        sa.Column("needs_consent", sa.Boolean(), nullable=False),
        sa.Column("consented_by", sa.String(length=64), nullable=True),
        sa.Column("consent_hash", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("lookup_hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lapsed_clearances",
        sa.Column("case_id", sa.String(length=32), sa.ForeignKey("cases.id"), nullable=False),
        sa.Column("username", sa.String(length=64), sa.ForeignKey("reviewers.username"), nullable=False),
        sa.Column("lapsed_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "username"),
        sqlite_with_rowid=False,
    )
    op.create_index("lapsed_clearances_of_an_account", "lapsed_clearances", ["username"])


def downgrade() -> None:
    """Drop them: links that were given out open nothing any more."""
    op.drop_table("lapsed_clearances")
    op.drop_table("invitations")
    op.drop_column("reviewers", "suspended")
    op.drop_column("reviewers", "joined_at")
