"""Texts of the team's own for replies, reasons of closing and notes. In clear: nothing of a case belongs in them.

A template counts its versions, as a sheet does: of two who change it at once the second is told.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from store.desk.case_tables import templates
from store.errors import AlreadyThere, Missing


class Writing(StrEnum):
    """What somebody writes in a case; a template can be put into one of them."""

    REPLY = "reply"
    STATUS = "status"
    NOTE = "note"


@dataclass(frozen=True)
class Template:
    """One text. `version` counts from 1; `changed_at` in Unix seconds. Only one for replies has questions."""

    id: str
    title: str
    used_for: Writing
    words: str
    questions: tuple[str, ...]
    version: int
    changed_by: str
    changed_at: int


def list_templates(connection: Connection) -> list[Template]:
    """Return every template, by what it is for and its title. An altered one is left out: it must close no case."""
    ordered = select(templates).order_by(templates.c.used_for, func.lower(templates.c.title), templates.c.id)
    return [found for row in connection.execute(ordered) if (found := _template(row)) is not None]


def find_template(connection: Connection, template_id: str) -> Template:
    """Return a template. Raises Missing."""
    row = connection.execute(select(templates).where(templates.c.id == template_id)).first()
    found = None if row is None else _template(row)
    if found is None:
        raise Missing("there is no such template")
    return found


def count_templates(connection: Connection) -> int:
    """Return how many there are."""
    return connection.execute(select(func.count()).select_from(templates)).scalar_one()


def add_template(connection: Connection, template: Template) -> None:
    """Keep a new one."""
    connection.execute(insert(templates).values(id=template.id, **_values(template)))


def change_template(connection: Connection, template: Template, seen: int) -> None:
    """Keep a template over the version that its writer saw. Raises AlreadyThere if somebody changed it meanwhile."""
    this = (templates.c.id == template.id, templates.c.version == seen)
    if connection.execute(update(templates).where(*this).values(**_values(template))).rowcount != 1:
        raise AlreadyThere("somebody changed this template meanwhile")


def delete_template(connection: Connection, template_id: str, seen: int) -> None:
    """Have it no more. Raises AlreadyThere if somebody changed it meanwhile."""
    this = (templates.c.id == template_id, templates.c.version == seen)
    if connection.execute(delete(templates).where(*this)).rowcount != 1:
        raise AlreadyThere("somebody changed this template meanwhile")


def _values(template: Template) -> dict[str, str | int]:
    return {
        "title": template.title,
        "used_for": template.used_for.value,
        "words": template.words,
        "questions": json.dumps(template.questions),
        "version": template.version,
        "changed_by": template.changed_by,
        "changed_at": template.changed_at,
    }


def _template(row: Row[*tuple[Any, ...]]) -> Template | None:
    try:
        questions = json.loads(row.questions)
        used_for = Writing(row.used_for)
    except ValueError:
        return None
    if not isinstance(questions, list) or not all(isinstance(each, str) for each in questions):
        return None
    known = (row.version, row.changed_by, row.changed_at)
    return Template(row.id, row.title, used_for, row.words, tuple(questions), *known)
