"""Two persons let somebody back in: what each has alone is nothing, and a link is over in time."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from keys.session_seal import SessionToken
from store.desk.account_tables import invitations
from store.desk.roles import Role
from tests.coming_back import PEOPLE, Desk, come_back, everything, found, post, sealed_secret
from tests.desk_office import Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an officer, a reviewer, a supervisor and an administrator."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture
def desk(app: Flask, office: Office) -> Desk:
    """The desk with its people."""
    return Desk(app, office)


def test_the_administrator_alone_comes_in_nowhere(desk: Desk, office: Office) -> None:
    """Before consent and after it, without the code, or with one that they can find in the database."""
    before = sealed_secret(office)
    link = desk.ask()
    answer = come_back(desk.app, link, "").answer
    assert answer.status_code == 422
    assert "Nobody has consented yet" in answer.text
    desk.consent()
    with office.desk.database.reading() as connection:
        [row] = connection.execute(invitations.select()).all()
    for guess in ("", "0" * 20, row.consent_hash.hex(), row.lookup_hash.hex()[:20]):
        assert come_back(desk.app, link, guess)[0].status_code == 401
    assert sealed_secret(office) == before


def test_the_second_person_alone_has_no_link(desk: Desk, office: Office) -> None:
    """What stands on their pages and in the database finds no link."""
    link = desk.ask()
    cora = desk.who("cora")
    page = cora.get("/consents").text
    post(cora, "/consents/agree", "/consents", request=found(r'name="request" value="(\w{64})"', page))
    assert link.removeprefix("/reset/")[:40] not in page + everything(office).decode("latin-1")
    for guess in re.findall(r"\w{64}", page):
        assert desk.app.test_client().get(f"/reset/{guess}").status_code == 404


def test_whoever_asked_or_is_concerned_does_not_consent(desk: Desk, office: Office) -> None:
    """Nor does an officer while there is another supervisor."""
    office.add("sue", Role.SUPERVISOR)
    desk.ask(username="cora")
    cora = desk.who("cora")
    assert "somebody else must agree" in cora.get("/consents").text
    with office.desk.database.reading() as connection:
        [row] = connection.execute(invitations.select()).all()
    refused = post(cora, "/consents/agree", "/account", request=row.lookup_hash.hex())
    assert refused.status_code == 422
    amina = desk.who("amina")
    assert amina.get("/consents").status_code == 404
    refused = post(amina, "/consents/agree", "/account", request=row.lookup_hash.hex())
    assert refused.status_code in (404, 422)
    assert desk.dora.get("/consents").status_code == 404
    with office.desk.database.reading() as connection:
        [row] = connection.execute(invitations.select()).all()
    assert row.consented_by is None


def test_without_a_supervisor_an_officer_consents(desk: Desk) -> None:
    """A small desk has nobody else."""
    dora = desk.who("dora")
    assert post(dora, "/people/cora/suspend", "/people/cora").status_code == 303
    link = found(r"(/reset/[\w-]{86})", post(dora, "/people/ben/reset", "/people/ben", kind="password").text)
    assert come_back(desk.app, link, desk.consent("amina"))[0].status_code == 200


def test_a_link_is_used_once(desk: Desk) -> None:
    """Of two tabs one wins; afterwards it is the page of a link that never was."""
    link, consent = desk.ask(), desk.consent()
    assert come_back(desk.app, link, consent)[0].status_code == 200
    over = desk.app.test_client().get(link)
    never = desk.app.test_client().get("/reset/" + SessionToken.draw().cookie())
    assert (over.status_code, over.text) == (never.status_code, never.text) == (404, never.text)
    assert desk.app.test_client().get("/reset/x").text == never.text


def test_a_refused_or_withdrawn_or_expired_link_opens_nothing(desk: Desk, office: Office) -> None:
    """Each is recorded."""
    link = desk.ask()
    cora = desk.who("cora")
    request = found(r'name="request" value="(\w{64})"', cora.get("/consents").text)
    assert post(cora, "/consents/refuse", "/consents", request=request).status_code == 303
    assert desk.app.test_client().get(link).status_code == 404
    again = post(desk.dora, "/people/ben/reset", "/people/ben", kind="password").text
    second = found(r"(/reset/[\w-]{86})", again)
    assert "given out already" in post(desk.dora, "/people/ben/reset", "/people/cora", kind="password").text
    assert post(desk.dora, "/links/take-back", "/people/ben", username="ben").status_code == 303
    assert desk.app.test_client().get(second).status_code == 404
    third = found(r"(/reset/[\w-]{86})", post(desk.dora, "/people/ben/reset", "/people/ben", kind="password").text)
    with office.desk.database.writing() as connection:
        connection.execute(invitations.update().values(expires_at=1))
    assert desk.app.test_client().get(third).status_code == 404
    assert post(desk.dora, "/people/ben/reset", "/people/ben", kind="password").status_code == 200
    text = everything(office).decode("latin-1")
    for note in ("ben: refused", "ben: taken back", "ben: expired"):
        assert note in text


def test_a_code_of_consent_is_for_one_request(desk: Desk) -> None:
    """Cora's code for ben does not let in whoever has a link for amina."""
    for_ben, consent = desk.ask(), desk.consent()
    for_amina = found(
        r"(/reset/[\w-]{86})", post(desk.dora, "/people/amina/reset", "/people/amina", kind="password").text
    )
    assert come_back(desk.app, for_amina, consent)[0].status_code == 422
    assert come_back(desk.app, for_ben, consent)[0].status_code == 200


def test_nobody_asks_for_themselves(desk: Desk) -> None:
    """A second administrator does."""
    dora = desk.who("dora")
    assert post(dora, "/people/dora/reset", "/people/ben", kind="password").status_code == 422
    assert post(dora, "/people/nobody/reset", "/people/ben", kind="password").status_code == 404
    assert post(dora, "/people/ben/reset", "/people/ben", kind="x").status_code == 422
