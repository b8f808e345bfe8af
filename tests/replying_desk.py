"""Fixtures of tests of what happens before a reply leaves: a desk of a whole file, and a case of each test's own."""

import secrets
from collections.abc import Iterator

import pytest
from flask import Flask

from journalist_interface.desk_app import create_desk
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter
from tests.desk_person import Person
from tests.desk_talk import MESSAGE


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A desk: amina opens the post, ben is a reviewer."""
    with new_office(tmp_path_factory.mktemp("replying") / "desk", {"ben": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def key() -> SecretKey:
    """A source's reply key."""
    return SecretKey(secrets.token_bytes(96))


@pytest.fixture
def reference(office: Office, key: SecretKey) -> str:
    """A case of that source."""
    letter = write_letter(key.public, MESSAGE, must_not_reach="my Inspector")
    return office.open(office.deliver(letter), cleared=("amina", "ben"))


@pytest.fixture(scope="module")
def app(office: Office) -> Iterator[Flask]:
    """The desk, shared: no case of one test is another's."""
    made = create_desk(office.folder)
    yield made
    made.extensions[CLOSE]()


@pytest.fixture
def ben(app: Flask, office: Office) -> Person:
    """ben at a browser."""
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    return Person(app, office, "ben")
