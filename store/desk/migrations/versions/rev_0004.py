"""The trail is append-only in the database too, and belongs to one desk."""

import secrets

import sqlalchemy as sa
from alembic import op

from store.desk.audit_guards import drop_guards, make_guards

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put up the guard rails; a desk that was set up before gets its id, beside the trail and not in it."""
    connection = op.get_bind()
    make_guards(connection)
    settings = sa.table("settings", sa.column("name", sa.String), sa.column("value", sa.LargeBinary))
    if connection.execute(sa.select(settings.c.name).limit(1)).first() is not None:
        # A new desk draws its own, in the transaction that makes it.
        op.execute(settings.insert().values(name="desk-id", value=secrets.token_hex(16).encode("ascii")))


def downgrade() -> None:
    """Take down the guard rails, and the id."""
    drop_guards(op.get_bind())
    op.execute("DELETE FROM settings WHERE name = 'desk-id'")
