"""The desk notes which blobs are being erased."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of blobs that are being erased."""
    op.create_table(
        "erasing",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it; what it named is left to be found by a check."""
    op.drop_table("erasing")
