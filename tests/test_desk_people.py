"""The page of the desk's people: who sees it, what it says, inviting somebody, taking a link back."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from journalist_interface.consenters import consenters, may_consent
from store.desk.account_tables import audit, invitations, reviewers
from store.desk.audit_reading import verify_trail
from store.desk.invitations import list_invitations
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_office import Office, new_office, sign_in, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, an intake officer, and ada, its administrator."""
    with new_office(tmp_path / "desk", {"ada": (Role.ADMINISTRATOR,)}) as made:
        yield made


@pytest.fixture
def ada(app: Flask, office: Office) -> FlaskClient:
    """A browser in which the administrator is signed in."""
    return browser(app, office, "ada")


def browser(app: Flask, office: Office, username: str) -> FlaskClient:
    """A browser in which somebody is signed in."""
    made = app.test_client()
    sign_in(made, office, username)
    return made


def token(client: FlaskClient) -> str:
    """The form token of this session."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/people").text)
    assert found
    return unescape(found[1])


def invite(client: FlaskClient, username: str, *roles: str) -> TestResponse:
    """Fill the form in."""
    return client.post("/people", data={"csrf_token": token(client), "username": username, "role": list(roles)})


def words(client: FlaskClient) -> str:
    """What the page says, without its markup."""
    return " ".join(re.sub("<[^>]*>", "", client.get("/people").text).split())


def acts(office: Office) -> list[tuple[str, str, str]]:
    """Actor, act and note of everything recorded so far, in order; the trail is whole."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        rows = connection.execute(audit.select().order_by(audit.c.number)).all()
        return [(row.actor, row.act, row.note) for row in rows]


def age(office: Office, seconds: int) -> None:
    """Have every link be so much older."""
    with office.desk.database.writing() as connection:
        connection.execute(invitations.update().values(expires_at=invitations.c.expires_at - seconds))


def test_the_page_says_who_is_here(office: Office, ada: FlaskClient) -> None:
    """Names, roles in words, since when; who is suspended; and that no link waits."""
    office.add("sam", Role.SUPERVISOR, Role.REVIEWER)
    with office.desk.database.writing() as connection:
        suspend(connection, "sam", True)
    page = ada.get("/people").text
    rows = re.findall(
        r'<th scope="row" class="word">(?:<a [^>]*>)?(\w+).*?<td class="roomy">(.*?)</td>.*?<td>(.*?)</td>',
        page,
        re.DOTALL,
    )
    assert [(name, roles, "suspended" in state) for name, roles, state in rows] == [
        ("ada", "administrator", False),
        ("amina", "intake officer, reviewer", False),
        ("sam", "reviewer, supervisor", True),
    ]
    assert "None. A link that an administrator gives out stands here" in page
    assert re.search(r"<time>20\d\d-\d\d-\d\d \d\d:\d\d</time>", page)


def test_who_finds_the_page(app: Flask, office: Office, ada: FlaskClient) -> None:
    """Administrators and supervisors; intake officers while there is no supervisor, and then they can invite nobody."""
    amina = browser(app, office, "amina")
    assert amina.get("/people").status_code == 200
    assert ">People<" in amina.get("/").text
    assert "Invite somebody" not in amina.get("/people").text
    assert "Invite somebody" in ada.get("/people").text
    office.add("rita", Role.REVIEWER)
    rita = browser(app, office, "rita")
    assert rita.get("/people").status_code == 404
    assert ">People<" not in rita.get("/").text
    office.add("sam", Role.SUPERVISOR)
    sam = browser(app, office, "sam")
    assert sam.get("/").location == "/people"
    assert "Invite somebody" not in sam.get("/people").text
    assert amina.get("/people").text == amina.get("/never-was").text
    assert ">People<" not in amina.get("/").text
    with office.desk.database.writing() as connection:
        suspend(connection, "sam", True)
    assert amina.get("/people").status_code == 200


def test_an_administrator_finds_no_page_of_a_case(office: Office, ada: FlaskClient) -> None:
    """They begin at the people; of cases and post there is no page and no link, and no page names a case."""
    reference = office.open(office.deliver(write_letter(None)))
    assert ada.get("/").location == "/people"
    for address in (f"/case/{reference}", "/post", "/audit"):
        assert ada.get(address).text == ada.get("/never-was").text
    assert ada.post(f"/case/{reference}/clear", data={"csrf_token": token(ada)}).status_code == 404
    page = ada.get("/people").text
    for word in (reference, ">Cases<", ">Post<", ">Audit<"):
        assert word not in page


def test_inviting_shows_the_link_once(office: Office, ada: FlaskClient) -> None:
    """In the answer to the form, kept by nobody; the trail has who and what, and never the link."""
    answer = invite(ada, "zoe", "reviewer", "intake-officer")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    found = re.search(r"http://localhost/invitation/([\w-]{86})<", answer.text)
    assert found
    assert "in person" in answer.text
    assert acts(office)[-1] == ("ada", "invite", "zoe: intake-officer, reviewer")
    page = ada.get("/people").text
    assert "join as intake officer, reviewer" in page
    assert found[1] not in page
    assert not any(found[1] in note for _actor, _act, note in acts(office))


REFUSED = {
    "the recovery key's name": ("recovery", ["reviewer"], "“recovery” cannot be a user name"),
    "a path": ("../x", ["reviewer"], "“../x” cannot be a user name"),
    "capitals": ("Zoe", ["reviewer"], "“Zoe” cannot be a user name"),
    "markup": ("<b>zoe", ["reviewer"], "“&lt;b&gt;zoe” cannot be a user name"),
    "no name": ("", ["reviewer"], "cannot be a user name"),
    "a name that somebody has": ("amina", ["reviewer"], "Somebody is called “amina” here already"),
    "no role": ("zoe", [], "Choose at least one role"),
    "an auditor with another role": ("zoe", ["auditor", "reviewer"], "An auditor looks at what the others did"),
    "an administrator who reads": ("zoe", ["administrator", "reviewer"], "An administrator makes accounts"),
    "a role that is none": ("zoe", ["reviewer", "queen"], "There is no such role"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_will_not_do_is_given_back(office: Office, ada: FlaskClient, what: str) -> None:
    """With a sentence and everything that was typed; no link was made, and nothing is recorded."""
    name, roles, sentence = REFUSED[what]
    before = acts(office)
    answer = invite(ada, name, *roles)
    assert answer.status_code == 422
    assert sentence in answer.text
    typed = re.search(r'<input id="username" name="username" value="([^"]*)"', answer.text)
    assert typed
    assert unescape(typed[1]) == name
    ticked = re.findall(r'name="role" value="([\w-]+)" checked', answer.text)
    assert sorted(ticked) == sorted(set(roles) - {"queen"})
    assert acts(office) == before
    with office.desk.database.reading() as connection:
        assert list_invitations(connection, 0) == []


def test_pressing_twice_makes_one_link(office: Office, ada: FlaskClient) -> None:
    """The second press is told so; nobody else can be invited under that name meanwhile."""
    assert invite(ada, "zoe", "reviewer").status_code == 200
    again = invite(ada, "zoe", "reviewer")
    assert again.status_code == 422
    assert "so no second one was made" in again.text
    assert [act for _actor, act, _note in acts(office)].count("invite") == 1


def test_a_link_is_taken_back(office: Office, ada: FlaskClient) -> None:
    """It is gone and recorded, once however often the button is pressed; the name is free again."""
    invite(ada, "zoe", "reviewer")
    for _press in range(2):
        form = {"csrf_token": token(ada), "username": "zoe"}
        assert ada.post("/links/take-back", data=form).location == "/people#links"
    assert acts(office)[-1] == ("ada", "invitation-back", "zoe: taken back")
    assert [act for _actor, act, _note in acts(office)].count("invitation-back") == 1
    assert "join as" not in ada.get("/people").text
    assert invite(ada, "zoe", "reviewer").status_code == 200


def test_expired_links_are_cleared_away(office: Office, ada: FlaskClient) -> None:
    """By whoever looks next, or invites the same person anew; it is recorded that nobody did it."""
    invite(ada, "zoe", "reviewer")
    age(office, 3 * 24 * 3600 - 60)
    assert "join as" in ada.get("/people").text
    age(office, 60)
    assert "join as" not in ada.get("/people").text
    assert acts(office)[-1] == ("", "invitation-back", "zoe: expired")
    invite(ada, "zoe", "reviewer")
    age(office, 3 * 24 * 3600)
    form = token(ada)  # reads the page, and so clears it away
    age(office, 3 * 24 * 3600)
    assert ada.post("/people", data={"csrf_token": form, "username": "zoe", "role": "auditor"}).status_code == 200
    assert [act for _actor, act, _note in acts(office)][-2:] == ["invitation-back", "invite"]


def test_a_supervisor_waits_for_consent(office: Office, ada: FlaskClient) -> None:
    """Of intake officers while there is no supervisor, of supervisors from then on; others join without."""
    answer = invite(ada, "sam", "supervisor")
    assert "It opens nothing until a second person agrees: amina" in answer.text
    assert "waits for amina" in words(ada)
    office.add("sue", Role.SUPERVISOR)
    assert "waits for sue" in words(ada)
    assert "not needed" not in words(ada)
    invite(ada, "zoe", "reviewer")
    assert "not needed" in ada.get("/people").text


def test_nobody_may_be_there_to_consent(office: Office, ada: FlaskClient) -> None:
    """Then the page says so, and who could."""
    with office.desk.database.writing() as connection:
        suspend(connection, "amina", True)
    assert "there is nobody at this desk who could" in invite(ada, "sam", "supervisor").text
    assert "and nobody here can give it" in ada.get("/people").text


def test_who_may_consent(office: Office, ada: FlaskClient) -> None:
    """Never whoever asked or whom it is about; no officer to whom no colleague has given the intake key."""
    invite(ada, "sam", "supervisor")
    office.add("ola", Role.INTAKE_OFFICER)
    with office.desk.database.writing() as connection:
        (link,) = list_invitations(connection, 0)
        assert consenters(connection) == ("amina", "ola")
        assert may_consent(connection, "ola", link)
        assert not may_consent(connection, "ada", link)
        connection.execute(reviewers.update().where(reviewers.c.username == "ola").values(sealed_passphrase=None))
        assert not may_consent(connection, "ola", link)
    office.add("sue", Role.SUPERVISOR)
    office.add("sam", Role.SUPERVISOR)
    with office.desk.database.writing() as connection:
        assert consenters(connection) == ("sam", "sue")
        assert not may_consent(connection, "amina", link)
        assert not may_consent(connection, "sam", link)  # whom it is about
        suspend(connection, "sue", True)
        assert not may_consent(connection, "sue", link)
