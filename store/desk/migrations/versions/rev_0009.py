"""Second factors: recovery codes and passkeys, sealed under each account's own secret."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. Accounts of before have no recovery codes until their owners make them on the account page."""
    op.create_table(
        "second_factors",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), sa.ForeignKey("reviewers.username"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("second_factors_of_an_account", "second_factors", ["username", "kind"])


def downgrade() -> None:
    """Drop the table: the authenticator's codes remain."""
    op.drop_table("second_factors")
