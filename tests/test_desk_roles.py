"""Roles: every route, every method, every role; what an account without the role finds is nothing at all."""

import re
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from journalist_interface.commands import main
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import MIGRATIONS
from journalist_interface.errors import ChoiceMissing, SetUpRefused
from journalist_interface.gate import keep_gate
from journalist_interface.roles import check_roles
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.database import open_database
from store.desk import migrations as desk_migrations
from store.desk.account_tables import roles as roles_table
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role
from tests.desk_office import PASSWORD, Office, new_office, office_like, sign_in, write_letter

ANYBODY = frozenset(Role)
OFFICER = frozenset({Role.INTAKE_OFFICER})
REVIEWER = frozenset({Role.REVIEWER})
AUDITOR = frozenset({Role.AUDITOR})
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

# Every route of the desk, and who may use it. A new one needs a decision here.
MATRIX: dict[tuple[str, str], frozenset[Role]] = {
    ("GET", "/today"): REVIEWER,
    ("GET", "/hosts"): frozenset({Role.ADMINISTRATOR, Role.INTAKE_OFFICER, Role.SUPERVISOR}),
    ("GET", "/whole"): frozenset({Role.SUPERVISOR}),
    ("GET", "/deadlines"): frozenset({Role.SUPERVISOR}),
    ("POST", "/deadlines"): frozenset({Role.SUPERVISOR}),
    ("GET", "/retention"): frozenset({Role.SUPERVISOR}),
    ("POST", "/retention"): frozenset({Role.SUPERVISOR}),
    ("GET", "/destruction"): REVIEWER,
    ("POST", "/destruction"): REVIEWER,
    ("GET", "/figures"): AUDITOR | {Role.SUPERVISOR},
    ("GET", "/figures/csv"): AUDITOR | {Role.SUPERVISOR},
    ("GET", "/search"): REVIEWER,
    ("POST", "/search"): REVIEWER,
    ("POST", "/"): REVIEWER,
    ("POST", "/bulk"): REVIEWER,
    ("POST", "/bulk/summary"): REVIEWER,
    ("POST", "/bulk/do"): REVIEWER,
    ("GET", "/saved"): REVIEWER,
    ("POST", "/saved"): REVIEWER,
    ("POST", "/saved/rename"): REVIEWER,
    ("POST", "/saved/remove"): REVIEWER,
    ("GET", "/keyboard"): ANYBODY,
    ("GET", "/"): ANYBODY,  # leads those who read no cases elsewhere
    ("POST", "/sign-out"): ANYBODY,
    ("GET", "/account"): ANYBODY,
    ("POST", "/account/end"): ANYBODY,
    ("POST", "/account/password"): ANYBODY,
    ("GET", "/account/recovery-codes"): ANYBODY,
    ("POST", "/account/recovery-codes"): ANYBODY,
    ("GET", "/account/authenticator"): ANYBODY,
    ("POST", "/account/authenticator"): ANYBODY,
    ("GET", "/account/passkeys"): ANYBODY,
    ("POST", "/account/passkeys"): ANYBODY,
    ("GET", "/account/passkeys/<passkey_id>"): ANYBODY,
    ("POST", "/account/passkeys/<passkey_id>"): ANYBODY,
    ("GET", "/case/<reference>"): REVIEWER,
    ("POST", "/case/<reference>/reply"): REVIEWER,
    ("POST", "/case/<reference>/status"): REVIEWER,
    ("POST", "/case/<reference>/note"): REVIEWER,
    ("POST", "/case/<reference>/<kind>/look"): REVIEWER,
    ("POST", "/case/<reference>/<kind>/draft"): REVIEWER,
    ("POST", "/case/<reference>/<kind>/discard"): REVIEWER,
    ("POST", "/case/<reference>/<kind>/write"): REVIEWER,
    ("GET", "/templates"): REVIEWER | {Role.SUPERVISOR},
    ("POST", "/templates"): REVIEWER | {Role.SUPERVISOR},
    ("POST", "/templates/first/keep"): REVIEWER | {Role.SUPERVISOR},
    ("GET", "/templates/<template_id>"): REVIEWER | {Role.SUPERVISOR},
    ("POST", "/templates/<template_id>"): REVIEWER | {Role.SUPERVISOR},
    ("POST", "/templates/<template_id>/delete"): REVIEWER | {Role.SUPERVISOR},
    ("POST", "/case/<reference>/work"): REVIEWER,
    ("GET", "/case/<reference>/safety"): REVIEWER,
    ("POST", "/case/<reference>/safety"): REVIEWER,
    ("GET", "/case/<reference>/summary"): REVIEWER,
    ("POST", "/case/<reference>/summary"): REVIEWER,
    ("GET", "/case/<reference>/link"): REVIEWER,
    ("POST", "/case/<reference>/link"): REVIEWER,
    ("POST", "/case/<reference>/related"): REVIEWER,
    ("GET", "/case/<reference>/split"): REVIEWER,
    ("POST", "/case/<reference>/split"): REVIEWER,
    ("GET", "/case/<reference>/files"): REVIEWER,
    ("POST", "/case/<reference>/files"): REVIEWER,
    ("POST", "/case/<reference>/files/take-away"): REVIEWER,
    ("POST", "/case/<reference>/keep"): REVIEWER,
    ("POST", "/case/<reference>/outcome"): REVIEWER,
    ("POST", "/case/<reference>/hold"): REVIEWER,
    ("POST", "/case/<reference>/lift"): REVIEWER,
    ("POST", "/case/<reference>/destroy"): REVIEWER,
    ("POST", "/case/<reference>/take-back"): REVIEWER,
    ("POST", "/case/<reference>/clear"): REVIEWER,
    ("POST", "/case/<reference>/withdraw"): REVIEWER,
    ("GET", "/case/<reference>/attachment/<attachment_id>"): REVIEWER,
    ("GET", "/case/<reference>/take-out"): REVIEWER,
    ("POST", "/case/<reference>/take-out"): REVIEWER,
    ("POST", "/case/<reference>/take-out/check"): REVIEWER,
    ("POST", "/case/<reference>/take-out/take-back"): REVIEWER,
    ("POST", "/case/<reference>/take-out/file"): REVIEWER,
    ("GET", "/post"): OFFICER,
    ("POST", "/post/collect"): OFFICER,
    ("POST", "/post/unlock"): OFFICER,
    ("POST", "/post/take-back"): OFFICER,
    ("POST", "/post/hand-over"): OFFICER,
    ("POST", "/post/officers"): OFFICER,
    ("POST", "/post/lock"): OFFICER,
    ("POST", "/post/open"): OFFICER,
    ("GET", "/post/letter/<submission>"): OFFICER,
    ("POST", "/post/letter/<submission>"): OFFICER,
    ("POST", "/post/retry"): OFFICER,
    ("GET", "/about-me"): REVIEWER,
    ("POST", "/about-me"): REVIEWER,
    ("GET", "/audit"): AUDITOR,
    ("POST", "/audit/verify"): AUDITOR,
    ("POST", "/audit/export"): AUDITOR,
    ("GET", "/people"): ADMINISTRATOR | {Role.SUPERVISOR},  # while there is no supervisor, intake officers too
    ("POST", "/people"): ADMINISTRATOR,
    ("POST", "/links/take-back"): ADMINISTRATOR,
    ("GET", "/people/<username>"): ADMINISTRATOR,
    ("POST", "/people/<username>/roles"): ADMINISTRATOR,
    ("POST", "/people/<username>/suspend"): ADMINISTRATOR,
    ("POST", "/people/<username>/readmit"): ADMINISTRATOR,
    ("POST", "/people/<username>/reset"): ADMINISTRATOR,
    ("POST", "/people/<username>/key"): ADMINISTRATOR,
    ("POST", "/people/<username>/key/away"): ADMINISTRATOR,
    ("GET", "/consents"): frozenset({Role.SUPERVISOR}),  # while there is none, intake officers
    ("POST", "/consents/agree"): frozenset({Role.SUPERVISOR}),
    ("POST", "/consents/refuse"): frozenset({Role.SUPERVISOR}),
    ("POST", "/consents/case/agree"): frozenset({Role.SUPERVISOR}),  # of officers, who was asked
    ("POST", "/consents/case/refuse"): frozenset({Role.SUPERVISOR}),
    ("POST", "/consents/case-out/agree"): frozenset({Role.SUPERVISOR}),
    ("POST", "/consents/case-out/refuse"): frozenset({Role.SUPERVISOR}),
    ("POST", "/consents/case-out/rule"): frozenset({Role.SUPERVISOR}),
}
WITHOUT_A_SESSION = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/invitation/<token>"),
    ("POST", "/invitation/<token>"),
    ("GET", "/reset/<token>"),
    ("POST", "/reset/<token>"),
    ("GET", "/static/<path:filename>"),
}
LAST_USED = re.compile(r"""(INSERT INTO "sessions" VALUES\(X'\w+','[\w-]+',X'\w+'),[0-9]+""")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, who has both roles, and one account for each role alone."""
    with new_office(tmp_path / "desk", {role.value: (role,) for role in Role}) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and the reviewer are cleared for."""
    letter = office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public), {"a.pdf": b"a"})
    return office.open(letter, cleared=("amina", Role.REVIEWER.value))


def browser(app: Flask, office: Office, username: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    made = app.test_client()
    sign_in(made, office, username)
    return made


def token(client: FlaskClient) -> str:
    """The form token, from whatever page this account begins on."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/", follow_redirects=True).text)
    assert found
    return unescape(found[1])


def test_the_matrix_is_total(app: Flask) -> None:
    """No route without a decision, and no decision without a route."""
    routes = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    routes = {(method, address) for method, address in routes if method not in ("HEAD", "OPTIONS")}
    assert routes == MATRIX.keys() | WITHOUT_A_SESSION


@dataclass
class Ground:
    """A desk on which a route is tried: a case, a letter in the post, and browsers by account."""

    app: Flask
    office: Office
    reference: str
    waiting: str
    people: dict[Role, tuple[FlaskClient, str, str]] = field(default_factory=dict)

    def person(self, role: Role) -> tuple[FlaskClient, str, str]:
        """The browser in which this role's account is signed in, its form token, and the id of its passkey."""
        if role not in self.people:
            passkey = self.office.give_passkey(role.value)
            client = browser(self.app, self.office, role.value)
            self.people[role] = client, token(client), passkey
        return self.people[role]

    def ask(self, role: Role, method: str, rule: str) -> TestResponse:
        """Ask for a route as somebody, with ids of things that are there and no field."""
        client, form_token, passkey = self.person(role)
        (attachment,) = self.office.vault_files()
        address = rule.replace("<reference>", self.reference).replace("<attachment_id>", attachment)
        address = address.replace("<username>", "amina").replace("<passkey_id>", passkey)
        address = address.replace("<submission>", self.waiting)
        return client.open(address, method=method, data={"csrf_token": form_token} if method == "POST" else None)

    def never_was(self, role: Role) -> str:
        """What this account finds where nothing ever was."""
        return self.person(role)[0].get("/never-was").text


@cache
def _template() -> tuple[Office, tuple[str, str], "tempfile.TemporaryDirectory[str]"]:
    """Return a desk with a case and a letter that waits, and their names, that others are copied from."""
    held = tempfile.TemporaryDirectory(prefix="candour-roles-")
    with new_office(Path(held.name) / "desk", {role.value: (role,) for role in Role}) as office:
        letter = office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public), {"a.pdf": b"a"})
        reference = office.open(letter, cleared=("amina", Role.REVIEWER.value))
        waiting = office.deliver(write_letter(None)).submission
    return office, (reference, waiting), held


@contextmanager
def new_ground(folder: Path) -> Iterator[Ground]:
    """Give a ground of its own."""
    template, (reference, waiting), _held = _template()
    with office_like(template, folder) as office:
        app = create_desk(office.folder)
        yield Ground(app, office, reference, waiting)
        app.extensions[CLOSE]()


@pytest.fixture(scope="module")
def shared_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One for all who only look, and for all who may not: each of those sees to it that nothing on it has changed."""
    with new_ground(tmp_path_factory.mktemp("roles") / "desk") as made:
        yield made


def may(method: str) -> list[tuple[str, Role]]:
    """Every route with this method, with each role that it is for."""
    return [(rule, role) for (how, rule), roles in MATRIX.items() if how == method for role in sorted(roles)]


@pytest.mark.parametrize(("rule", "role"), may("GET"))
def test_with_the_role_the_page_is_there(shared_ground: Ground, role: Role, rule: str) -> None:
    """Whatever is on it."""
    taken_on_its_merits(shared_ground, role, "GET", rule)


@pytest.mark.parametrize(("rule", "role"), may("POST"))
def test_with_the_role_a_form_is_taken_on_its_merits(tmp_path: Path, role: Role, rule: str) -> None:
    """Whatever it lacks, it is no fault."""
    with new_ground(tmp_path / "desk") as ground:
        taken_on_its_merits(ground, role, "POST", rule)


def taken_on_its_merits(ground: Ground, role: Role, method: str, rule: str) -> None:
    """Assert that a request is neither refused for whom it comes from nor a fault."""
    answer = ground.ask(role, method, rule)
    assert answer.status_code not in (403, 500)
    assert answer.text != ground.never_was(role)


@pytest.mark.parametrize(
    ("method", "rule", "role"), [(*route, role) for route in MATRIX for role in Role if role not in MATRIX[route]]
)
def test_without_the_role_the_page_is_not_there(shared_ground: Ground, role: Role, method: str, rule: str) -> None:
    """And nothing has happened."""
    never_was = shared_ground.never_was(role)
    before = contents(shared_ground.office)
    answer = shared_ground.ask(role, method, rule)
    assert (answer.status_code, answer.text) == (404, never_was)
    assert contents(shared_ground.office) == before


def contents(office: Office) -> list[str]:
    """Every row of the desk; without when a session was used last, which is written once a minute."""
    with closing(sqlite3.connect(office.desk.paths.database)) as connection:
        return [LAST_USED.sub(r"\1", row) for row in connection.iterdump()]


def test_a_view_that_nobody_decided_on_stops_the_desk(app: Flask) -> None:
    """Deny by default, and so early that it cannot be forgotten."""
    app.view_functions["forgotten"] = lambda: "here"
    with pytest.raises(TypeError, match="nobody has decided"):
        keep_gate(app)


def test_pages_lead_nobody_where_they_may_not_go(app: Flask, office: Office, reference: str) -> None:
    """The officer begins at the post and sees no link to cases; the reviewer at the cases, with none to the post."""
    officer = browser(app, office, Role.INTAKE_OFFICER.value)
    assert officer.get("/").location == "/post"
    office.deliver(write_letter(None))
    page = browser(app, office, Role.REVIEWER.value).get("/")
    assert reference in page.text
    for address in ("/post", ">Post<", "in the post"):
        assert address not in page.text
    assert ">Cases<" not in officer.get("/post").text


def test_a_role_that_is_taken_away_ends_at_once(app: Flask, office: Office, reference: str) -> None:
    """Not at the next sign-in."""
    client = browser(app, office, Role.REVIEWER.value)
    assert client.get(f"/case/{reference}").status_code == 200
    with office.desk.database.writing() as connection:
        connection.execute(roles_table.delete().where(roles_table.c.username == Role.REVIEWER.value))
    assert client.get(f"/case/{reference}").status_code == 404


def test_only_reviewers_are_offered_and_cleared(app: Flask, office: Office) -> None:
    """An officer who is no reviewer can open a case for others, and cannot let themselves or another officer in."""
    letter = office.deliver(write_letter(None))
    client = browser(app, office, Role.INTAKE_OFFICER.value)
    client.post("/post/unlock", data={"csrf_token": token(client)})
    offered = re.findall(r'name="cleared" value="([^"]*)"', client.get(f"/post/letter/{letter.submission}").text)
    assert offered == ["amina", "reviewer"]
    with pytest.raises(ChoiceMissing):
        office.open(letter, cleared=("amina", Role.INTAKE_OFFICER.value))
    office.open(letter, username=Role.INTAKE_OFFICER.value, cleared=("amina",))
    assert "There is nothing here" in client.get("/case/0000-0000").text


def test_a_role_written_into_the_database_opens_nothing(app: Flask, office: Office, reference: str) -> None:
    """Who can write to the database can give themselves a role, and has no key for all that."""
    officer = Role.INTAKE_OFFICER.value
    with office.desk.database.writing() as connection:
        connection.execute(roles_table.insert().values(username=officer, role=Role.REVIEWER.value))
        connection.execute(roles_table.insert().values(username=Role.REVIEWER.value, role=officer))
    assert browser(app, office, officer).get(f"/case/{reference}").status_code == 404
    client = browser(app, office, Role.REVIEWER.value)
    refused = client.post("/post/unlock", data={"csrf_token": token(client)})
    assert refused.status_code == 403
    assert "You do not hold the intake key" in refused.text
    done = CliRunner().invoke(main, ["check", "--data", str(office.folder)])
    assert "reviewer is an intake officer and waits for the key. Was reviewer meant to be one?" in done.output
    with office.desk.database.writing() as connection:
        connection.execute(roles_table.delete().where(roles_table.c.username == officer))
    done = CliRunner().invoke(main, ["check", "--data", str(office.folder)])
    assert done.exit_code == 1
    assert f"The roles of {officer} do not fit what they can open" in done.output


def test_an_account_has_a_role() -> None:
    """Without one it could do nothing; nobody audits themselves, and who makes accounts has no say over cases."""
    alone = (Role.AUDITOR, Role.ADMINISTRATOR)
    for refused in ([], *([one, other] for one in alone for other in Role if one != other)):
        with pytest.raises(SetUpRefused):
            check_roles(refused)
    assert check_roles([Role.AUDITOR, Role.AUDITOR]) == {Role.AUDITOR}
    work = [Role.REVIEWER, Role.INTAKE_OFFICER, Role.SUPERVISOR]
    assert check_roles(work) == set(work)


def test_roles_are_given_and_listed_by_command(office: Office) -> None:
    """A reviewer alone by default; several roles are named one by one; the record says which."""
    run = CliRunner()
    for name, chosen, steps in (("ada", [], 0), ("ben", ["--role", "reviewer", "--role", "intake-officer"], 1)):
        typed = f"amina\n{PASSWORD}\n{office.code(steps=steps)}\nanother long password\nanother long password\n"
        done = run.invoke(main, ["reviewer", "add", name, *chosen, "--data", str(office.folder)], input=typed)
        assert done.exit_code == 0, done.output
    listed = run.invoke(main, ["reviewer", "list", "--data", str(office.folder)]).output.splitlines()
    assert [line for line in listed if line.startswith(("ada", "ben"))] == [
        "ada\treviewer",
        "ben\tintake officer, reviewer",
    ]
    assert any("'ben: intake-officer, reviewer'" in row for row in contents(office))


def test_a_desk_of_before_keeps_what_everybody_could_do(tmp_path: Path) -> None:
    """Brought up to date: everybody can be cleared, and who holds the intake passphrase is an officer."""
    path = tmp_path / "desk.sqlite"
    path.touch(0o600)
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(desk_migrations.__path__[0])))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for name, passphrase in (("amina", b"sealed"), ("cora", None)):
            connection.execute(
                text("INSERT INTO reviewers VALUES (:name, x'00', x'00', :passphrase, 0)"),
                {"name": name, "passphrase": passphrase},
            )
        connection.commit()
    engine.dispose()
    migrated = open_database(path, MIGRATIONS)
    with migrated.reading() as reading:
        found = {each.username: each.roles for each in list_reviewers(reading)}
    migrated.close()
    assert found == {"amina": {Role.INTAKE_OFFICER, Role.REVIEWER}, "cora": {Role.REVIEWER}}
