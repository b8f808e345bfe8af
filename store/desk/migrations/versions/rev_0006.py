"""Which vault files are being erased."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; nothing is being erased."""
    op.create_table(
        "vault_erasing",
        sa.Column("blob", sa.String(length=32), primary_key=True),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the table. What it names is then a file that no row names, which `check` tells."""
    op.drop_table("vault_erasing")
