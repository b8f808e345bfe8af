"""What is counted: notes that are sealed until they are not small, and the figures that were published."""

from sqlalchemy import Column, Integer, String, Table

from store.columns import Sealed
from store.desk.schema import metadata

# What was done and is to be counted, sealed until enough has come together to be published (keys.figures_key). The ids
# are random, and there is no order: none of them tells of which act it is.
figure_notes = Table(
    "figure_notes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sealed", Sealed, nullable=False),
    sqlite_with_rowid=False,
)

# One row: what was counted and is too little to be published.
figures_waiting = Table(
    "figures_waiting",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sealed", Sealed, nullable=False),
)

# The figures that were published: rounded, in clear, never changed. Months are YYYY-MM, both included.
figures = Table(
    "figures",
    metadata,
    Column("measure", String(40), primary_key=True),
    Column("first_month", String(7), primary_key=True),
    Column("last_month", String(7), nullable=False),
    Column("shown", Integer, nullable=False),
    sqlite_with_rowid=False,
)
