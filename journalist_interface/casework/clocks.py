"""A case's two clocks, noted in clear beside its sealed card: so that somebody without its key can count what is late.

Both are days from which a deadline runs, and never the deadline: the rules may change, and nobody holds every key to
write new ones. They say no more than letters, replies and statuses in clear do (docs/adr/0045). A day to look again is
no such clock: it would tell that somebody is in danger.
"""

from sqlalchemy import Connection

from journalist_interface.casework.deadlines import clocks_of
from journalist_interface.casework.work import Work
from store.desk.clocks import put_clocks


def note_clocks(connection: Connection, case_id: str, work: Work, *, is_one_way: bool) -> None:
    """Note the clocks of a case whose card says this of the work. For the transaction that writes the card."""
    put_clocks(connection, case_id, *clocks_of(work, is_one_way=is_one_way))
