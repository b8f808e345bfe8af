"""How the source host's Tor is, as it told the courier."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: nobody has asked yet."""
    op.add_column("courier", sa.Column("source_tor", sa.String(length=16), nullable=False, server_default="unknown"))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("courier", "source_tor")
