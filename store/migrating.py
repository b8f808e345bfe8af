"""Bringing a database's schema up to date: the one module that loads Alembic (see `store.revisions` for why)."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, migrations: str) -> None:
    """Run the scripts of the package `migrations` that the database has not seen, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", f"{migrations.replace('.', ':', 1).replace('.', '/')}")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
