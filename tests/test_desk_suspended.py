"""Suspended accounts and changed roles: at once, and in the same answer as any failure."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface import proof
from journalist_interface.account_changes import change_account_roles, readmit_account, suspend_account
from journalist_interface.errors import SetUpRefused
from journalist_interface.second_factor import AccountFactors, UsedFactor, check_second_factor
from keys.errors import SignInRefused
from keys.reviewer_key import ReviewerSecret
from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.intake import find_share, key_holders
from store.desk.reviewers import find_reviewer, suspend
from store.desk.roles import Role, at_work
from tests.desk_office import PASSWORD, Office, new_office, sign_in
from tests.two_officers import have_two_be_needed

OTHER = [Role.REVIEWER.value]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an officer, a reviewer who is one too, and an administrator."""
    with new_office(tmp_path / "desk", {"ben": (), "dora": (Role.ADMINISTRATOR,)}) as made:
        yield made


def acts(office: Office) -> list[tuple[str, str]]:
    """What the trail says that dora did."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.actor == "dora").order_by(audit.c.number))
        return [(row.act, row.note) for row in rows]


def test_a_suspended_account_is_shut_at_once_and_looks_like_any_failure(app: Flask, office: Office) -> None:
    """The session is over; the right password, code and all, gets the very page of a wrong one."""
    client = app.test_client()
    sign_in(client, office, "ben")
    suspend_account(office.desk, office.signed_in("dora"), "ben")
    assert client.get("/").status_code == 303
    answers = [
        app.test_client().post(
            "/sign-in", data={"username": "ben", "password": password, "code": office.code("ben", 1)}
        )
        for password in (PASSWORD, "not the password")
    ]
    assert answers[0].status_code == 401
    first, second = (re.sub(r'data-challenge="[^"]*"', "", answer.text) for answer in answers)
    assert first == second
    readmit_account(office.desk, office.signed_in("dora"), "ben")
    again = app.test_client()
    right = {"username": "ben", "password": PASSWORD, "code": office.code("ben", 1)}
    assert again.post("/sign-in", data=right).status_code == 303


def test_refusing_a_suspended_account_takes_the_work_of_any_failure(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is stretched and the second factor is checked, as if it were open."""
    done: list[str] = []
    opened, checked = ReviewerSecret.open, check_second_factor

    def open_(sealed: bytes, password: str, username: str) -> ReviewerSecret:
        done.append("open")
        return opened(sealed, password, username)

    def check(account: AccountFactors, code: str, answer: None, now: float) -> UsedFactor:
        done.append("check")
        return checked(account, code, answer, now)

    monkeypatch.setattr(ReviewerSecret, "open", open_)
    monkeypatch.setattr(proof, "check_second_factor", check)
    suspend_account(office.desk, office.signed_in("dora"), "ben")
    with pytest.raises(SignInRefused):
        proof.prove(office.desk, "ben", PASSWORD, office.code("ben"))
    assert done == ["open", "check"]


def test_a_session_that_began_in_that_very_moment_is_over_too(app: Flask, office: Office) -> None:
    """Its row may be written after those of the account were erased; it opens nothing all the same."""
    client = app.test_client()
    sign_in(client, office, "ben")
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    assert client.get("/account").status_code == 303


def test_whoever_is_suspended_is_not_let_in_to_anything(office: Office) -> None:
    """Neither offered nor taken."""
    with office.desk.database.reading() as connection:
        assert "ben" in at_work(connection, Role.REVIEWER)
    suspend_account(office.desk, office.signed_in("dora"), "ben")
    with office.desk.database.reading() as connection:
        assert "ben" not in at_work(connection, Role.REVIEWER)


def test_somebody_can_open_the_post_always(office: Office) -> None:
    """The last officer is neither suspended nor given other work; nor does anybody shut themselves out."""
    dora = office.signed_in("dora")
    suspend_account(office.desk, dora, "ben")
    for name in ("amina", "dora"):
        with pytest.raises(SetUpRefused):
            suspend_account(office.desk, dora, name)
        with pytest.raises(SetUpRefused):
            change_account_roles(office.desk, dora, name, OTHER)


def test_where_two_officers_unlock_two_are_left(office: Office) -> None:
    """And whoever does other work holds no half any more."""
    office.add("cleo")
    have_two_be_needed(office)
    dora = office.signed_in("dora")
    change_account_roles(office.desk, dora, "cleo", OTHER)
    with office.desk.database.reading() as connection:
        assert set(key_holders(connection)) == {"amina", "ben"}
        assert find_share(connection, "cleo") is None
    for name in ("amina", "ben"):
        with pytest.raises(SetUpRefused):
            suspend_account(office.desk, dora, name)


def test_other_work_ends_the_sessions_and_takes_the_key_of_the_post(app: Flask, office: Office) -> None:
    """And it is recorded who did what before and after."""
    client = app.test_client()
    sign_in(client, office, "ben")
    change_account_roles(office.desk, office.signed_in("dora"), "ben", OTHER)
    assert client.get("/").status_code == 303
    with office.desk.database.reading() as connection:
        ben = find_reviewer(connection, "ben")
    assert ben.roles == {Role.REVIEWER}
    assert ben.sealed_passphrase is None
    assert (Act.ROLES, "ben: intake-officer, reviewer -> reviewer") in acts(office)


@pytest.mark.parametrize(
    "roles", [[], ["queen"], ["administrator", "reviewer"], ["auditor", "reviewer"], ["auditor", "supervisor"]]
)
def test_roles_that_will_not_do_change_nothing(office: Office, roles: list[str]) -> None:
    """None, none that there is, or two that must not be one person's."""
    with pytest.raises(SetUpRefused):
        change_account_roles(office.desk, office.signed_in("dora"), "ben", roles)
    with office.desk.database.reading() as connection:
        assert find_reviewer(connection, "ben").roles == {Role.INTAKE_OFFICER, Role.REVIEWER}


def test_what_is_sent_twice_is_recorded_once(office: Office) -> None:
    """Suspending, readmitting, the same roles again."""
    dora = office.signed_in("dora")
    for _again in range(2):
        suspend_account(office.desk, dora, "ben")
    for _again in range(2):
        readmit_account(office.desk, dora, "ben")
    for _again in range(2):
        change_account_roles(office.desk, dora, "ben", OTHER)
    assert [act for act, _note in acts(office) if act != Act.KEY_NAMED] == [Act.SUSPEND, Act.READMIT, Act.ROLES]
