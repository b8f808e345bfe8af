"""Is the source host whole? (`candour-drop check`): every row against its file, and everything a start needs."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import select

from serving.language import gettext as _
from source_interface.drop_folder import OpenDrop, open_drop
from source_interface.settings import read_settings
from store.drop.tables import parts
from store.errors import Missing
from store.findings import Finding


def check_host(root: Path) -> Iterator[Finding]:
    """Yield a finding for each thing looked at. Raises what `open_drop` raises."""
    drop = open_drop(root)
    try:
        read_settings(drop.folder.settings)
        for look in CHECKS:
            yield from look(drop)
    finally:
        drop.database.close()


def _database(drop: OpenDrop) -> Iterator[Finding]:
    with drop.database.reading() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    if found == ["ok"]:
        yield Finding(_("The database is whole."), sound=True)
    else:
        yield Finding(_("The database is damaged: {why}").format(why=found[0]), sound=False)


def _blobs(drop: OpenDrop) -> Iterator[Finding]:
    faults = 0
    with drop.database.reading() as connection:
        rows = connection.execute(select(parts.c.blob, parts.c.size, parts.c.sha256)).all()
    for row in rows:
        try:
            path = drop.blobs.path(row.blob)
        except Missing:
            fault = _("Sealed file {id} is missing, though a submission names it.")
        else:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            if path.stat().st_size == row.size and digest == row.sha256:
                continue
            fault = _("Sealed file {id} is not what was stored: it was altered or cut short.")
        faults += 1
        yield Finding(fault.format(id=row.blob), sound=False)
    if not faults:
        yield Finding(_("Every sealed file is whole: {n}.").format(n=len(rows)), sound=True)


# What is looked at, in this order, once the folder is open.
CHECKS: tuple[Callable[[OpenDrop], Iterator[Finding]], ...] = (_database, _blobs)
