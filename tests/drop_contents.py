"""Looking into a source host's folder, as bytes and rows."""

import sqlite3

from keys.letter import Letter
from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret


def rows(folder: DropFolder, table: str) -> list[tuple[object, ...]]:
    """Every row of a table, read from the file itself."""
    with sqlite3.connect(folder.database) as connection:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  (names from this file)
    connection.close()
    return found


def letters(folder: DropFolder, secret: IntakeSecret) -> list[Letter]:
    """Every waiting letter, opened."""
    blobs = [row[0] for row in rows(folder, "parts") if row[2] == "letter"]
    return [secret.letter(folder.blobs / "sealed" / str(blob)) for blob in blobs]


def sealed_files(folder: DropFolder) -> set[str]:
    """The names of all files in the blob folders."""
    return {path.name for path in folder.blobs.rglob("*") if path.is_file()}
