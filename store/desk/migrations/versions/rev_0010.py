"""Shares of the intake key's passphrase, for desks at which two officers unlock it together."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: as before, one officer is enough."""
    op.create_table(
        "intake_shares",
        sa.Column("username", sa.String(length=64), sa.ForeignKey("reviewers.username"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("username"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the table. Have one officer be enough before: nothing else at the desk gives the passphrase then."""
    op.drop_table("intake_shares")
