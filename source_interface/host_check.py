"""Checking a source host: every row against its file."""

import hashlib
from pathlib import Path

from sqlalchemy import select

from serving.language import gettext as _
from source_interface.drop_folder import OpenDrop, open_drop
from source_interface.settings import read_settings
from store.drop.tables import parts
from store.errors import Missing


def check_host(root: Path) -> list[str]:
    """Return a sentence for everything that is wrong; none when all is well. Raises what `open_drop` raises."""
    drop = open_drop(root)
    try:
        read_settings(drop.folder.settings)
        return [*_check_database(drop), *_check_blobs(drop)]
    finally:
        drop.database.close()


def _check_database(drop: OpenDrop) -> list[str]:
    with drop.database.reading() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return [] if found == ["ok"] else [_("The database is damaged: {why}").format(why=found[0])]


def _check_blobs(drop: OpenDrop) -> list[str]:
    faults = []
    with drop.database.reading() as connection:
        rows = connection.execute(select(parts.c.blob, parts.c.size, parts.c.sha256)).all()
    for row in rows:
        try:
            path = drop.blobs.path(row.blob)
        except Missing:
            faults.append(_("Sealed file {id} is missing, though a submission names it.").format(id=row.blob))
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if path.stat().st_size != row.size or digest != row.sha256:
            faults.append(
                _("Sealed file {id} is not what was stored: it was altered or cut short.").format(id=row.blob)
            )
    return faults
