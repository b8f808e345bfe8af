"""Fixtures of tests of accounts: a desk with two officers, a supervisor and an administrator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from store.desk.roles import Role
from tests.coming_back import Desk
from tests.desk_office import Office, new_office

PEOPLE = {
    "ben": (Role.INTAKE_OFFICER, Role.REVIEWER),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
    "dora": (Role.ADMINISTRATOR,),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers, a supervisor and an administrator."""
    with new_office(tmp_path / "desk") as made:
        for name, roles in PEOPLE.items():
            made.add(name, *roles)
        yield made


@pytest.fixture
def desk(app: Flask, office: Office) -> Desk:
    """The desk with its people."""
    return Desk(app, office)
