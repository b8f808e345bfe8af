"""Looking over a database: is every page readable, every index true, every row's other half there?"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from gettext import gettext as _

from sqlalchemy import Connection

from store.database import Database
from store.errors import StoreDamaged
from store.findings import Finding

# What SQLite says when a table is whole and one of its indexes is not: an index can be made anew from its table.
_OF_AN_INDEX = re.compile(r"row \d+ missing from index |wrong # of entries in index |non-unique entry in index ")
_MOST_TOLD = 20


def check_database(database: Database) -> Iterator[Finding]:
    """Yield what is wrong with a database, or that it is whole."""
    try:
        with database.reading() as connection:
            complaints = _complaints(connection)
            loose = sorted({str(row[0]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")})
    except StoreDamaged:
        complaints, loose = ["it cannot be read to its end"], []
    if complaints and all(_OF_AN_INDEX.match(complaint) for complaint in complaints):
        yield Finding(
            _("An index of the database does not fit its table. Nothing is lost: it can be made anew."),
            sound=False,
            mend=partial(_reindex, database),
        )
    elif complaints:
        yield Finding(
            _(
                "The database is damaged ({why}). Stop everything that uses it, keep a copy of it, and restore it from "
                "the backup together with the sealed files of the same time. Sealed files can be read without it: "
                "docs/recover-by-hand.md."
            ).format(why=complaints[0]),
            sound=False,
        )
    for table in loose:
        yield Finding(
            _(
                "Rows of the table {table} belong to rows that are not there. Restore the database from the backup."
            ).format(table=table),
            sound=False,
        )
    if not complaints and not loose:
        yield Finding(_("The database is whole."), sound=True)


def check_all(database: Database, looks: Iterable[Callable[[], Iterator[Finding]]]) -> Iterator[Finding]:
    """Yield what is wrong with a database, and then what each look finds; nothing is mended on a damaged one's word."""
    found = list(check_database(database))
    yield from found
    # Looked at once more if anything was wrong: whoever reads this may have mended it.
    may_mend = all(finding.sound for finding in found) or all(finding.sound for finding in check_database(database))
    for look in looks:
        try:
            for finding in look():
                yield finding if may_mend else replace(finding, mend=None)
        except StoreDamaged:
            yield Finding(_("The rest could not be looked at, because the database is damaged."), sound=False)


def _complaints(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST_TOLD})").scalars().all()
    return [] if found == ["ok"] else [str(complaint).splitlines()[0] for complaint in found]


def _reindex(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("REINDEX")
        if complaints := _complaints(connection):
            raise StoreDamaged(complaints[0])  # and so nothing is changed
