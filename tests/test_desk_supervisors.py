"""Second persons: who stands in for an only supervisor, and how somebody who is here becomes one."""

from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.account_changes import suspend_account
from store.desk.account_tables import reviewers
from store.desk.reviewers import find_reviewer, suspend
from store.desk.roles import Role
from tests.coming_back import Desk, come_back, found, post
from tests.desk_of_four import desk, office
from tests.desk_office import Office
from tests.desk_routes import form_to

__all__ = ["desk", "office"]


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
    assert 'href="/">I have it: go on' in agreed, "the page of consents is not theirs any more"
    assert come_back(app, link, code).answer.status_code == 200
    assert amina.get("/consents").status_code == 404


def test_who_stands_in_is_told_that_it_is_done(desk: Desk) -> None:
    """Refusing leaves nothing else to judge: the answer itself says so, to a second click too."""
    desk.ask(username="cora")
    amina = desk.who("amina")
    page = amina.get("/consents").text
    form = form_to(page, "/consents/refuse").data(request=found(r'name="request" value="(\w{64})"', page))
    answers = [amina.post("/consents/refuse", data=form) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    for answer in answers:
        assert "Refused: nothing comes of it." in answer.text
        assert 'href="/consents"' not in answer.text


def test_an_officer_does_not_stand_in_for_anybody_else(desk: Desk) -> None:
    """While a supervisor can consent, only she does: an officer finds neither page nor request."""
    desk.ask(username="ben")
    assert desk.who("amina").get("/consents").status_code == 404


def roles_of(office: Office, username: str) -> set[Role]:
    """What somebody may do now."""
    with office.desk.database.reading() as connection:
        return set(find_reviewer(connection, username).roles)


def ask_for_roles(dora: FlaskClient, *roles: str, username: str = "ben") -> str | None:
    """Have dora give somebody roles; return where she was led."""
    token = found(r'name="csrf_token" value="([^"]*)"', dora.get(f"/people/{username}").text)
    return dora.post(f"/people/{username}/roles", data={"csrf_token": token, "role": list(roles)}).location


def test_a_supervisor_is_made_by_two(office: Office, desk: Desk) -> None:
    """The administrator asks, nothing happens; a second person agrees, and it is done: no link and no code."""
    before = roles_of(office, "ben")
    assert ask_for_roles(desk.who("dora"), "reviewer", "supervisor") == "/people/ben?done=asked"
    assert roles_of(office, "ben") == before
    ben, cora = desk.who("ben"), desk.who("cora")
    page = cora.get("/consents").text
    assert "ben is to be reviewer, supervisor" in page
    answer = post(cora, "/consents/agree", "/consents", request=found(r'name="request" value="(\w{64})"', page))
    assert (answer.status_code, answer.location) == (303, "/consents?done=changed")
    assert roles_of(office, "ben") == {Role.REVIEWER, Role.SUPERVISOR}
    assert ben.get("/").location == "/sign-in"
    with office.desk.database.reading() as connection:
        assert find_reviewer(connection, "ben").sealed_passphrase is None  # an officer no more


def test_nobody_consents_to_being_made_a_supervisor(office: Office, desk: Desk) -> None:
    """Nor is anybody made one who refuses it a colleague: refused is refused."""
    with office.desk.database.writing() as connection:
        suspend(connection, "cora", True)
    ask_for_roles(desk.who("dora"), "intake-officer", "supervisor")
    assert "somebody else must agree" in desk.who("ben").get("/consents").text
    amina = desk.who("amina")
    request = found(r'name="request" value="(\w{64})"', amina.get("/consents").text)
    assert post(amina, "/consents/refuse", "/consents", request=request).status_code == 303
    assert Role.SUPERVISOR not in roles_of(office, "ben")
    assert "Nothing waits" in amina.get("/consents").text


def test_a_wish_that_was_overtaken_changes_nothing(office: Office, desk: Desk) -> None:
    """Roles that were changed after they were asked for are not changed back by an old consent."""
    dora = desk.who("dora")
    ask_for_roles(dora, "intake-officer", "reviewer", "supervisor")
    assert "be intake officer, reviewer, supervisor from then on" in dora.get("/people").text
    ask_for_roles(dora, "reviewer")
    assert "Nothing waits" in desk.who("cora").get("/consents").text
    assert roles_of(office, "ben") == {Role.REVIEWER}


def test_the_last_who_holds_the_key_is_kept_by_consent_too(office: Office, desk: Desk) -> None:
    """What was right when it was asked for is looked at again when it is done."""
    ask_for_roles(desk.who("dora"), "reviewer", "supervisor")
    suspend_account(office.desk, office.signed_in("dora"), "amina")
    cora = desk.who("cora")
    request = found(r'name="request" value="(\w{64})"', cora.get("/consents").text)
    answer = post(cora, "/consents/agree", "/consents", request=request)
    assert answer.status_code == 422
    assert "nobody could unlock the intake key" in answer.text
    assert Role.INTAKE_OFFICER in roles_of(office, "ben")
