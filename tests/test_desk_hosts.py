"""Under which names the desk answers: a page elsewhere whose name leads to this machine is never the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from journalist_interface.commands import main
from journalist_interface.desk_app import create_desk
from journalist_interface.hosts import is_address
from serving.server import CLOSE
from store.desk.account_tables import audit, sessions
from tests.desk_office import PASSWORD, Office, new_office

ONION = "p53lf57qovyuvwsc6xnrppyply3vtqm7l6pcobkmyqsiofyeznfu5uqd.onion"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def app(office: Office) -> Iterator[Flask]:
    """The desk, told that it is desk.charity.example too."""
    made = create_desk(office.folder, ["desk.charity.example"])
    yield made
    made.extensions[CLOSE]()


ITS_NAMES = (
    "localhost",
    "LOCALHOST:8000",
    "127.0.0.1:8000",
    "[::1]",
    "[::1]:8000",
    ONION,
    f"desk.{ONION}:80",
    "desk.charity.example",
    "Desk.Charity.example:443",
)
STRANGE = {
    "a page elsewhere that leads to this machine": "rebound.example:8000",
    "a name that begins like ours": "localhost.rebound.example",
    "a name that ends like ours": "notlocalhost",
    "a subdomain of a name that was given": "evil.desk.charity.example",
    "a name that only contains an onion": f"{ONION}.example",
    "another address": "192.168.1.7:8000",
    "the loopback address in disguise": "2130706433",
    "a name with a dot behind it": "localhost.",
    "a port alone": ":8000",
    "two ports": "localhost:80:80",
    "nothing": "",
}


@pytest.mark.parametrize("name", ITS_NAMES)
def test_the_desk_answers_under_its_names(app: Flask, name: str) -> None:
    """With any port, in capitals too."""
    assert app.test_client().get("/sign-in", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("why", STRANGE)
def test_under_any_other_name_there_is_nothing(app: Flask, office: Office, why: str) -> None:
    """421 before anything is looked at: no page, no style sheet, no sign-in, no line in the trail."""
    client = app.test_client()
    strange = {"Host": STRANGE[why]}
    form = {"username": "amina", "password": PASSWORD, "code": office.code()}
    answers = [client.get(path, headers=strange) for path in ("/", "/sign-in", "/static/desk.css", "/never-was")]
    answers.append(client.post("/sign-in", data=form, headers=strange))
    for answer in answers:
        assert answer.status_code == 421
        assert "does not go by this name" in answer.text
        assert "/sign-in" not in answer.text
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["X-Frame-Options"] == "DENY"
    with office.desk.database.reading() as connection:
        assert connection.execute(sessions.select()).all() == []
        assert connection.execute(audit.select().where(audit.c.act.startswith("sign-in"))).all() == []


def test_a_request_without_a_host_is_nobodys(app: Flask) -> None:
    """HTTP/1.0 may leave it out; no browser does."""
    client = app.test_client()
    assert client.get("/sign-in", environ_overrides={"HTTP_HOST": None}).status_code == 421


@pytest.mark.parametrize("name", ["https://desk.example", "desk.example:443", "", "-" * 64, "a b", "désk.example"])
def test_serve_takes_host_names_alone(office: Office, name: str) -> None:
    """A slip is a sentence at the start, not a desk that answers nobody."""
    arguments = ["serve", "--data", str(office.folder), "--bind", "127.0.0.1:0", "--host", name]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "is no host name" in done.output


def test_addresses_are_told_from_names() -> None:
    """No passkey works at an address."""
    assert [is_address(host) for host in ("127.0.0.1:80", "[::1]:80", "localhost:80", ONION, "desk.example")] == [
        True,
        True,
        False,
        False,
        False,
    ]
