"""The drop knows whether something of a source has left it, and has places for what is remembered for the source."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

from keys.ciphertext import Ciphertext
from keys.memo import empty_memo, no_answers
from store.columns import Sealed

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AT_ONCE = 500  # rows


def upgrade() -> None:
    """Add all three. Of the sources of before nobody knows whether something has left: it is taken to have."""
    op.add_column("sources", sa.Column("fetched", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("sources", sa.Column("memo", Sealed(), nullable=True))
    op.add_column("replies", sa.Column("answers", Sealed(), nullable=True))
    _fill("sources", sa.column("lookup_id", sa.LargeBinary), "memo", empty_memo)
    _fill("replies", sa.column("id", sa.String), "answers", no_answers)


def downgrade() -> None:
    """Drop them: nobody could read them."""
    op.drop_column("replies", "answers")
    op.drop_column("sources", "memo")
    op.drop_column("sources", "fetched")


def _fill(name: str, key: sa.ColumnClause[Any], column: str, random: Callable[[], Ciphertext]) -> None:
    """Make the rows of before as random as new ones: nobody can tell for whom there is something to remember."""
    table = sa.table(name, key, sa.column(column, Sealed))
    connection = op.get_bind()
    while True:
        query = sa.select(table.c[key.name]).where(table.c[column].is_(None)).limit(_AT_ONCE)
        found = connection.execute(query).scalars().all()
        if not found:
            return
        for one in found:
            row = table.c[key.name] == one
            connection.execute(sa.update(table).where(row).values({column: random()}))
