"""Accounts while somebody works against the desk: an administrator alone, and whoever is a moment too fast."""

import pytest
from flask import Flask

from journalist_interface.errors import LinkOver
from journalist_interface.links import find_link, use_link
from journalist_interface.resetting import RESETS
from store.desk.account_tables import audit
from store.desk.reviewers import suspend
from tests.coming_back import NEW_PASSWORD, Desk, come_back, found, post
from tests.desk_of_four import desk, office
from tests.desk_office import PASSWORD, Office

__all__ = ["desk", "office"]


@pytest.mark.parametrize("what", ["suspend", "roles", "password", "second-factor"])
def test_the_unlocked_key_is_forgotten_with_the_sessions(app: Flask, desk: Desk, what: str) -> None:
    """At once, and not when its minutes are over: a round that opens letters in the background stops too."""
    ben = desk.who("ben")
    assert post(ben, "/post/unlock", "/post").status_code == 303
    unlocked = app.extensions["candour_desk"].lock._unlocked
    assert len(unlocked) == 1
    if what == "suspend":
        post(desk.who("dora"), "/people/ben/suspend", "/people/ben")
    elif what == "roles":
        post(desk.who("dora"), "/people/ben/roles", "/people/ben", role="reviewer")
    else:
        link = desk.ask(what)
        password = PASSWORD if what == "second-factor" else NEW_PASSWORD
        assert come_back(app, link, desk.consent(), password).answer.status_code == 200
    assert ben.get("/post").status_code == 303
    assert unlocked == {}
    with desk.office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.actor == "ben").order_by(audit.c.number)).all()
    assert [row.act for row in rows if row.act in ("unlock", "lock")] == ["unlock", "lock"]


@pytest.mark.parametrize("who", ["dora", "cora"])
def test_a_link_of_somebody_who_was_shut_out_opens_nothing(app: Flask, office: Office, desk: Desk, who: str) -> None:
    """Whoever asked, and whoever consented: what they did while they were trusted is void with the trust."""
    link, code = desk.ask(), desk.consent()
    with office.desk.database.writing() as connection:
        suspend(connection, who, True)
    page = app.test_client().get(link)
    assert page.status_code == app.test_client().get(f"/reset/{'A' * 86}").status_code
    assert page.text == app.test_client().get(f"/reset/{'A' * 86}").text
    with office.desk.database.writing() as connection:
        suspend(connection, who, False)
    assert come_back(app, link, code).answer.status_code == 200


def test_a_link_that_was_open_when_its_giver_was_shut_out_opens_nothing(office: Office, desk: Desk) -> None:
    """Between the page and the button: looked at again in the transaction that would use it up."""
    path = desk.ask()
    desk.consent()
    _token, link = find_link(office.desk, path.rpartition("/")[2], RESETS)
    with office.desk.database.writing() as connection:
        suspend(connection, "dora", True)
    with office.desk.database.writing() as connection, pytest.raises(LinkOver):
        use_link(connection, link)


def test_nobody_is_asked_to_consent_for_somebody_who_was_shut_out(office: Office, desk: Desk) -> None:
    """It would be a code that opens nothing; and the button of a page from before says so."""
    desk.ask()
    cora = desk.who("cora")
    request = found(r'name="request" value="(\w{64})"', cora.get("/consents").text)
    with office.desk.database.writing() as connection:
        suspend(connection, "dora", True)
    assert "Nothing waits" in cora.get("/consents").text
    assert post(cora, "/consents/agree", "/consents", request=request).status_code == 422
