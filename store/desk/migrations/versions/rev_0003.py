"""What room the source host said it has."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; until the courier has asked, it is unknown."""
    op.add_column("courier", sa.Column("source_room", sa.String(length=16), nullable=False, server_default="unknown"))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("courier", "source_room")
