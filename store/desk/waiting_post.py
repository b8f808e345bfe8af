"""How much post waits: a number that every page of the desk can show without reading the post."""

from sqlalchemy import Connection, func, select

from store.desk.post_tables import parcels


def count_waiting(connection: Connection) -> int:
    """Return how many parcels nobody has opened yet, those that would not open included."""
    return connection.execute(select(func.count()).select_from(parcels)).scalar_one()
