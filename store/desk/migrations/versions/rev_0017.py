"""From which days a case's deadlines run, in clear: so that a supervisor can count what is late without any key."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both days, empty: they are noted when somebody cleared reads the case, or anything moves it on.

    Not as a batch, which would make the table anew and drop the old one, to which clearances and items refer.
    """
    op.add_column("cases", sa.Column("answer_from", sa.String(length=10), nullable=True))
    op.add_column("cases", sa.Column("feedback_from", sa.String(length=10), nullable=True))


def downgrade() -> None:
    """Drop them: the cards say it, to whoever has the key."""
    op.drop_column("cases", "feedback_from")
    op.drop_column("cases", "answer_from")
