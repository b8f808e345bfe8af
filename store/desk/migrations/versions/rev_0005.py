"""What each account may do, in a table of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table. Everybody before this could read cases; who holds the intake passphrase is an intake officer."""
    op.create_table(
        "roles",
        sa.Column("username", sa.String(length=64), sa.ForeignKey("reviewers.username"), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("username", "role"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO roles (username, role) SELECT username, 'reviewer' FROM reviewers")
    op.execute(
        "INSERT INTO roles (username, role) "
        "SELECT username, 'intake-officer' FROM reviewers WHERE sealed_passphrase IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the table: everybody can be cleared again."""
    op.drop_table("roles")
