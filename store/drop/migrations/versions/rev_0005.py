"""Replies that are held back: their source is not shown them for now."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: of before none is held back."""
    op.add_column("replies", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drop it; what was held back is shown."""
    op.drop_column("replies", "held")
