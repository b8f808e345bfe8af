"""Second persons: who stands in for an only supervisor, and how somebody who is here becomes one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.desk_app import create_desk
from serving.server import CLOSE
from store.desk.roles import Role
from store.desk.tables import reviewers
from tests.desk_office import Office, new_office
from tests.test_desk_resets import Desk, come_back, found, post

PEOPLE = {
    "ben": (Role.INTAKE_OFFICER, Role.REVIEWER),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
    "dora": (Role.ADMINISTRATOR,),
}
OTHER_WORK = [Role.REVIEWER.value]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers, a supervisor and an administrator."""
    with new_office(tmp_path / "desk") as made:
        for name, roles in PEOPLE.items():
            made.add(name, *roles)
        yield made


@pytest.fixture
def app(office: Office) -> Iterator[Flask]:
    """The desk's application over that folder."""
    made = create_desk(office.folder)
    yield made
    made.extensions[CLOSE]()


@pytest.fixture
def desk(app: Flask, office: Office) -> Desk:
    """The desk with its people."""
    return Desk(app, office)


def wait_for_the_key(office: Office, username: str) -> None:
    """Have an officer be one who joined by a link: nobody has handed them the intake key."""
    with office.desk.database.writing() as connection:
        connection.execute(reviewers.update().where(reviewers.c.username == username).values(sealed_passphrase=None))


def test_the_only_supervisor_can_come_back_too(app: Flask, office: Office, desk: Desk) -> None:
    """She does not consent for herself, and nobody else is a supervisor: an officer who holds the key stands in."""
    link = desk.ask(username="cora")
    wait_for_the_key(office, "ben")
    assert desk.who("ben").get("/consents").status_code == 404
    amina = desk.who("amina")
    assert 'href="/consents"' in amina.get("/").text
    request = found(r'name="request" value="(\w{64})"', amina.get("/consents").text)
    agreed = post(amina, "/consents/agree", "/consents", request=request).text
    code = found(r"<code class=\"large\">([\w-]+)</code>", agreed)
    assert come_back(app, link, code).answer.status_code == 200
    assert amina.get("/consents").status_code == 404


def test_an_officer_does_not_stand_in_for_anybody_else(desk: Desk) -> None:
    """While a supervisor can consent, only she does: an officer finds neither page nor request."""
    desk.ask(username="ben")
    assert desk.who("amina").get("/consents").status_code == 404
