"""Danger moves into the sealed card: in clear, it told whoever has the disk which cases matter most."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the column. What it said stands in the letters, and is found there when somebody cleared looks at the case.

    Not as a batch, which would make the table anew and drop the old one, to which clearances and items refer.
    """
    op.drop_column("cases", "danger")


def downgrade() -> None:
    """Bring the column back; it says of no case that there is danger: the letters do."""
    op.add_column("cases", sa.Column("danger", sa.Boolean(), nullable=False, server_default=sa.false()))
