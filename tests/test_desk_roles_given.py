"""What a role is worth: where it leads, taken away, written into the database, given by command, from before roles."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import create_engine, text

from journalist_interface.commands import main
from journalist_interface.desk_folder import MIGRATIONS
from journalist_interface.errors import ChoiceMissing, SetUpRefused
from journalist_interface.roles import check_roles
from keys.hpke import SecretKey
from store.database import open_database
from store.desk import migrations as desk_migrations
from store.desk.account_tables import roles as roles_table
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role
from tests.desk_office import PASSWORD, Office, new_office, write_letter
from tests.role_ground import browser, contents, token


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
