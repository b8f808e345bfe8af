"""A further letter whose case nobody at work can read: somebody is told, and no more than they must know."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from journalist_interface.account_changes import readmit_account, suspend_account
from journalist_interface.clock import now
from journalist_interface.commands import main
from journalist_interface.walls import clear
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import Answer, Letter
from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.lapsed import lapse_clearances
from store.desk.post_tables import further_letters
from store.desk.roles import Role
from tests.custodians import recover
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source

DANGER = (Answer("q-danger", "yes"),)
TOLD = "letter waits whose case nobody at work can read"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina is officer and reviewer, ben and cora are reviewers, sue the supervisor, adam the administrator."""
    with new_office(
        tmp_path / "desk",
        {
            "ben": (Role.REVIEWER,),
            "cora": (Role.REVIEWER,),
            "sue": (Role.SUPERVISOR,),
            "adam": (Role.ADMINISTRATOR,),
        },
    ) as made:
        yield made


@pytest.fixture
def amina(app: Flask, office: Office) -> Person:
    """The officer, with the key unlocked."""
    return Person(app, office, "amina").unlock()


@pytest.fixture
def sue(app: Flask, office: Office) -> Person:
    """The supervisor."""
    return Person(app, office, "sue")


def further(office: Office, *cleared: str, answers: tuple[Answer, ...] = DANGER) -> tuple[str, Letter]:
    """A case that these can read, and a further letter of its source in the post."""
    key = source()
    reference = office.open(letter(office, key), cleared=cleared)
    return reference, letter(office, key, answers=answers, message="He knows. He is coming tonight.")


def notice(person: Person, page: str = "/people") -> str:
    """What somebody is told above a page."""
    found = person.get(page)
    return found[found.index('<main id="main"') : found.index("<h1")] if TOLD in found else ""


def test_a_supervisor_is_told_how_many_and_of_danger_and_nothing_else(
    app: Flask, office: Office, amina: Person, sue: Person
) -> None:
    """On every page, once an officer has read the post; nobody else is, and nothing of it is in clear on the disk."""
    reference, _letter = further(office, "ben")
    suspend_account(office.desk, office.signed_in("adam"), "ben")
    assert notice(sue) == ""
    amina.get("/post")
    for page in ("/people", "/consents", "/account"):
        assert "Perhaps danger: 1 letter waits" in notice(sue, page)
    assert reference not in notice(sue)
    assert "candour-desk recover" in notice(sue)
    for other in (amina, Person(app, office, "cora"), Person(app, office, "adam")):
        assert TOLD not in other.get("/") + other.get("/people") + other.get("/account")
    with office.desk.database.reading() as connection:
        rows = connection.execute(further_letters.select()).all()
    assert [row.holder for row in rows] == ["sue"]
    office.desk.database.leave_no_trace()
    assert b'"danger"' not in office.desk.paths.database.read_bytes()


def test_who_is_suspended_later_leaves_nobody_in_the_dark(office: Office, amina: Person, sue: Person) -> None:
    """The letter was told to its reader alone. Until it is read once more its danger is not known, and counts."""
    further(office, "ben", answers=(Answer("q-danger", "no"),))
    amina.get("/post")
    assert notice(sue) == ""
    suspend_account(office.desk, office.signed_in("adam"), "ben")
    assert "Perhaps danger: 1 letter waits" in notice(sue)
    amina.get("/post")
    assert TOLD in notice(sue)
    assert "Perhaps danger" not in notice(sue)


@pytest.mark.parametrize("is_noted", [True, False])
def test_an_only_reader_with_a_new_key_counts_as_none(
    office: Office, amina: Person, sue: Person, is_noted: bool
) -> None:
    """As after a password that was forgotten: the case has no reader at all."""
    further(office, "ben")
    if is_noted:
        amina.get("/post")
    with office.desk.database.writing() as connection:
        lapse_clearances(connection, "ben", now())
    if not is_noted:
        amina.get("/post")
    assert "Perhaps danger: 1 letter waits" in notice(sue)


def test_one_who_does_other_work_now_counts_as_none(office: Office, amina: Person, sue: Person) -> None:
    """They hold the case's key and can open no case."""
    further(office, "ben")
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM roles WHERE username = 'ben'")
    amina.get("/post")
    assert "Perhaps danger: 1 letter waits" in notice(sue)


def test_it_is_their_readers_again_once_one_can_read(app: Flask, office: Office, amina: Person, sue: Person) -> None:
    """The supervisor's page is quiet, and the reader's says it: also before the post is read once more."""
    reference, _letter = further(office, "ben")
    suspend_account(office.desk, office.signed_in("adam"), "ben")
    amina.get("/post")
    readmit_account(office.desk, office.signed_in("adam"), "ben")
    ben = Person(app, office, "ben")
    assert notice(sue) == ""
    assert "Perhaps danger: 1 more in the post" in ben.get("/")
    clear(office.desk, office.signed_in("ben"), reference, "amina", "She opens the post.")
    assert amina.press(amina.get("/post"), "Open")[0] == 303
    assert "more in the post" not in ben.get("/")


def test_who_is_let_in_by_the_custodians_finds_it_at_once(
    app: Flask, office: Office, amina: Person, sue: Person
) -> None:
    """Nobody sealed its danger to them; that a letter waits, they are told."""
    reference, _letter = further(office, "ben", answers=(Answer("q-danger", "no"),))
    suspend_account(office.desk, office.signed_in("adam"), "ben")
    amina.get("/post")
    done = recover(office, *office.recovery.shares[:2], which=f"--case {reference}", name="cora")
    assert done.exit_code == 0, done.output
    assert notice(sue) == ""
    assert "Perhaps danger: 1 more in the post" in Person(app, office, "cora").get("/")


def test_without_a_supervisor_the_officers_are_told(app: Flask, office: Office, amina: Person) -> None:
    """Those who hold the intake key: somebody must know."""
    further(office, "ben")
    for name in ("sue", "ben"):
        suspend_account(office.desk, office.signed_in("adam"), name)
    amina.get("/post")
    assert "Perhaps danger: 1 letter waits" in notice(amina, "/")
    assert TOLD not in Person(app, office, "cora").get("/")


def test_a_key_that_was_exchanged_hides_nothing_from_the_others(app: Flask, office: Office, amina: Person) -> None:
    """Nothing is sealed to it, its owner hears that a letter waits, and the exchange is in the trail."""
    further(office, "ben", "cora")
    thief = SecretKey(bytes(SEED_SIZE)).public
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET public_key = ? WHERE username = 'ben'", (thief,))
    amina.get("/post")
    with office.desk.database.reading() as connection:
        rows = connection.execute(further_letters.select()).all()
        exchanges = connection.execute(audit.select().where(audit.c.act == Act.KEY_EXCHANGED.value)).all()
    assert {row.holder: bool(row.sealed) for row in rows} == {"ben": False, "cora": True}
    assert [(record.actor, record.note) for record in exchanges] == [("amina", "ben")]
    assert "Perhaps danger: 1 more in the post" in Person(app, office, "cora").get("/")


def test_a_check_names_the_case_and_calls_it_unsound(office: Office, amina: Person) -> None:
    """Without a letter that waits it warns."""
    reference, _letter = further(office, "ben")
    suspend_account(office.desk, office.signed_in("adam"), "ben")
    quiet = CliRunner().invoke(main, ["check", "--data", str(office.folder)])
    assert f"warn  No reviewer at work can read case {reference}" in quiet.stdout
    amina.get("/post")
    loud = CliRunner().invoke(main, ["check", "--data", str(office.folder)])
    assert loud.exit_code == 1
    [line] = [line for line in loud.stdout.splitlines() if reference in line]
    assert not line.startswith("warn")
    assert "1 further letter waits for it, and perhaps danger: do it today." in line


def test_an_administrator_is_warned_before(app: Flask, office: Office) -> None:
    """Before suspending, other work and a new password; not of somebody whose cases others can read."""
    adam = Person(app, office, "adam")
    warning = "Nobody else at work can read one of their cases"
    reference, _letter = further(office, "ben")
    page = adam.get("/people/ben")
    assert page.count(warning) == 1
    assert reference not in page
    assert warning not in adam.get("/people/cora")
    clear(office.desk, office.signed_in("ben"), reference, "cora", "To share the work.")
    assert warning not in adam.get("/people/ben")
    suspend_account(office.desk, office.signed_in("adam"), "cora")
    assert warning in adam.get("/people/ben")
