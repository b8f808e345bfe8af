"""Lists that are kept in memory: a stamp on every clearance; sheets, of which a case has one of each kind."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the stamps, all nought, the counter, and an empty table."""
    op.add_column("clearances", sa.Column("stamp", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("clearances_by_stamp", "clearances", ["holder", "stamp"], unique=False)
    op.create_table(
        "stamps", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("last", sa.Integer(), nullable=False)
    )
    op.execute("INSERT INTO stamps (id, last) VALUES (1, 0)")
    op.create_index("audit_of_a_case", "audit", ["case_reference", "act", "at"], unique=False)
    op.create_table(
        "sheets",
        sa.Column("case_id", sa.String(length=32), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("kind", sa.String(length=80), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them. What stands on sheets is lost."""
    op.drop_index("audit_of_a_case", "audit")
    op.drop_table("sheets")
    op.drop_table("stamps")
    op.drop_index("clearances_by_stamp", "clearances")
    op.drop_column("clearances", "stamp")
