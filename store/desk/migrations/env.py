"""Runs the scripts on the connection that store.database hands over; there is no other way to run them."""

from alembic import context

from store.desk.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes most things only by copying a table.
    render_as_batch=True,
)
context.run_migrations()
