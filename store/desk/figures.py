"""Figures for the whole desk: those that were published, in clear; what is to become some, sealed.

What stands in clear is what anybody may know. A thief of the disk, with two copies of it, finds nothing else.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from keys.ciphertext import Ciphertext
from store.blobs import new_blob_id
from store.desk.figure_tables import figure_notes, figures, figures_waiting

_ONLY = 1


@dataclass(frozen=True)
class Figure:
    """How often something was done from one month to another, both included (YYYY-MM): rounded to the nearest five."""

    measure: str
    first_month: str
    last_month: str
    shown: int


def add_note(connection: Connection, sealed: Ciphertext) -> None:
    """Keep a note. Its id is random: notes have no order."""
    connection.execute(insert(figure_notes).values(id=new_blob_id(), sealed=sealed))


def list_notes(connection: Connection) -> dict[str, bytes]:
    """Return every note by its id."""
    rows = connection.execute(select(figure_notes.c.id, figure_notes.c.sealed))
    return {row.id: bytes(row.sealed) for row in rows}


def remove_notes(connection: Connection, ids: Collection[str]) -> None:
    """Erase notes."""
    for note_id in ids:
        connection.execute(delete(figure_notes).where(figure_notes.c.id == note_id))


def read_waiting(connection: Connection) -> bytes | None:
    """Return what was counted and not published, sealed; None if nothing was counted yet."""
    found = connection.execute(select(figures_waiting.c.sealed)).scalar()
    return None if found is None else bytes(found)


def put_waiting(connection: Connection, sealed: Ciphertext) -> None:
    """Keep what was counted and not published, in the place of any before."""
    connection.execute(delete(figures_waiting))
    connection.execute(insert(figures_waiting).values(id=_ONLY, sealed=sealed))


def publish(connection: Connection, found: Iterable[Figure]) -> None:
    """Keep figures, for good."""
    for figure in found:
        connection.execute(
            insert(figures).values(
                measure=figure.measure,
                first_month=figure.first_month,
                last_month=figure.last_month,
                shown=figure.shown,
            )
        )


def list_figures(connection: Connection) -> list[Figure]:
    """Return every figure, by measure and month."""
    columns = (figures.c.measure, figures.c.first_month, figures.c.last_month, figures.c.shown)
    rows = connection.execute(select(*columns).order_by(figures.c.measure, figures.c.first_month))
    return [Figure(*row) for row in rows]
