"""What the recovery key does with walls, and whether `verify` knows what the key is worth."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from journalist_interface.case_documents import AccessDocument
from journalist_interface.case_page import read_case
from journalist_interface.walls import clear, withdraw
from keys.case_key import CaseKey
from keys.hpke import SEED_SIZE, SecretKey
from store.desk.account_tables import audit
from store.desk.cases import RECOVERY_HOLDER
from store.desk.recovery import list_recoverable, put_clearance
from store.desk.roles import Role
from tests.custodians import REASON, readable, recover, references, run
from tests.desk_office import Office, new_office, write_letter

FRIEND = "A cousin of the accused."


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with three cases; bartek was kept out of the first of them."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        for number in range(3):
            made.open(made.deliver(write_letter(None, f"Letter {number}")), cleared=("amina", "bartek"))
        withdraw(made.desk, made.signed_in(), references(made)[0], "bartek", FRIEND)
        yield made


def test_all_leaves_walls_standing(office: Office) -> None:
    """They are named, before the first share and after the last."""
    walled, second, third = references(office)
    done = recover(office, *office.recovery.shares[:2])
    assert done.exit_code == 0, done.output
    assert readable(office, "bartek") == [second, third]
    assert done.stdout.count(f"bartek was kept out of 1 case, which is left out: {walled}.") == 2
    assert "2 cases will be opened to bartek." in done.stdout
    assert "bartek can read 2 cases now." in done.stdout


def test_a_wall_is_opened_by_name(office: Office) -> None:
    """By custodians who type the reference; --all does not take that for a rule."""
    walled = references(office)[0]
    done = recover(office, *office.recovery.shares[:2], which=f"--case {walled}")
    assert done.exit_code == 0, done.output
    assert readable(office, "bartek") == references(office)


def test_whoever_was_cleared_again_is_not_kept_out(office: Office) -> None:
    """The last word counts, and only that about this reviewer."""
    office.add("cora", Role.REVIEWER)
    walled = references(office)[0]
    clear(office.desk, office.signed_in(), walled, "bartek", "It was another Blunt.")
    clear(office.desk, office.signed_in(), walled, "cora", "Reads well.")
    withdraw(office.desk, office.signed_in(), walled, "cora", FRIEND)
    done = recover(office, *office.recovery.shares[:2])
    assert "kept out" not in done.stdout
    assert "bartek can read 3 cases now." in done.stdout


def test_the_timeline_says_that_the_recovery_key_let_somebody_in(office: Office) -> None:
    """With the reason, for everybody who reads the case."""
    recover(office, *office.recovery.shares[:2])
    page = read_case(office.desk, office.signed_in(), references(office)[1])
    said = [entry.document for entry in page.entries if isinstance(entry.document, AccessDocument)]
    assert said == [AccessDocument(RECOVERY_HOLDER, "bartek", cleared=True, reason=REASON)]


def test_verify_opens_every_copy(office: Office) -> None:
    """Shares that give the right key are worth what it opens: copies that are junk are named, and counted."""
    first, second, _third = references(office)
    assert run(office, "recovery-shares verify", *office.recovery.shares[:2], "").exit_code == 0
    junk = SecretKey(secrets.token_bytes(SEED_SIZE)).public
    with office.desk.database.writing() as connection:
        for case in list_recoverable(connection, [first, second]):
            sealed = CaseKey.draw().seal_to(junk, case.case_id)
            put_clearance(connection, case.case_id, RECOVERY_HOLDER, sealed)
    done = run(office, "recovery-shares verify", *office.recovery.shares[:2], "")
    assert done.exit_code == 1
    assert f"does not open 2 cases: {first}, {second}." in done.output
    with office.desk.database.reading() as connection:
        notes = connection.execute(select(audit.c.note).where(audit.c.act == "recovery-verify")).scalars().all()
    assert [note.endswith(", opens 1 of 3") for note in notes] == [False, True]
