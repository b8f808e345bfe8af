"""Every table of the reviewer host, for whoever needs all: migrations, checks, destruction.

Whoever needs one table takes it from the module that describes it.
"""

from store.desk import account_tables, case_tables, figure_tables, post_tables, watch_tables
from store.desk.schema import metadata

__all__ = ["ALL", "metadata"]
# Named, so that importing this module is what makes the schema whole.
ALL = (account_tables, case_tables, figure_tables, post_tables, watch_tables)
