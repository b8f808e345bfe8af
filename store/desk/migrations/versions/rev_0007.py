"""When a reviewer's session began."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Sessions of before have no beginning, and so are over: everybody signs in once more."""
    op.add_column("sessions", sa.Column("begun_at", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("sessions") as batch:
        batch.drop_column("begun_at")
