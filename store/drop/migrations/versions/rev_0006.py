"""A source says of which pepper its lookup id is, and has a place for what is carried over from the one before."""

import sqlalchemy as sa
from alembic import op

from keys.carried import nothing_carried
from store.columns import Sealed

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_AT_ONCE = 500  # rows


def upgrade() -> None:
    """Add both. All sources of before are of the first pepper, and nothing was carried over for any of them."""
    op.add_column("sources", sa.Column("pepper", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sources", sa.Column("carried", Sealed(), nullable=True))
    table = sa.table("sources", sa.column("lookup_id", sa.LargeBinary), sa.column("carried", Sealed))
    connection = op.get_bind()
    # Random, as in new rows: nobody can tell for whom something was carried over.
    while found := connection.execute(
        sa.select(table.c.lookup_id).where(table.c.carried.is_(None)).limit(_AT_ONCE)
    ).scalars().all():  # fmt: skip
        for one in found:
            row = table.c.lookup_id == one
            connection.execute(sa.update(table).where(row).values(carried=nothing_carried()))


def downgrade() -> None:
    """Drop them: sources who were carried over cannot come back then."""
    op.drop_column("sources", "carried")
    op.drop_column("sources", "pepper")
