"""Files for replies: vault files that wait for one to go with, and sealed copies on their way to the source host."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a vault file wait without an item, with who attached it and when; make the tables of the copies, empty.

    As a batch, which makes the table anew: nothing refers to it.
    """
    with op.batch_alter_table("attachments", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.alter_column("item_id", existing_type=sa.String(length=32), nullable=True)
        batch.add_column(sa.Column("prepared_by", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("prepared_at", sa.Integer(), nullable=True))
    op.create_table(
        "outgoing_files",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.Column("reply", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outgoing_files_reply", "outgoing_files", ["reply"], unique=False)
    op.create_table(
        "outgoing_erasing",
        sa.Column("blob", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("blob"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them. What waited for a reply is no case's any more, and what was on its way is not delivered."""
    op.drop_table("outgoing_erasing")
    op.drop_table("outgoing_files")
    op.execute("DELETE FROM attachments WHERE item_id IS NULL")
    with op.batch_alter_table("attachments", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_column("prepared_at")
        batch.drop_column("prepared_by")
        batch.alter_column("item_id", existing_type=sa.String(length=32), nullable=False)
