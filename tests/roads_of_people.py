"""How each act on accounts, links, sessions and factors is caused at a desk."""

import re
import secrets
from collections.abc import Callable

import pyotp

from keys.hpke import SEED_SIZE, SecretKey
from store.desk.account_tables import reviewers
from store.desk.audit import Act
from store.desk.reviewers import suspend
from tests.desk_entrance import give_key, open_service
from tests.desk_office import PASSWORD
from tests.desk_routes import LINK, Desk, form_to
from tests.newcomer import filled
from tests.road_steps import ADMINISTRATOR, REVIEWER, SUPERVISOR, Step, fresh_code, press, run, sign_in

JOINED = "eleven patient herons wading"


def _readmit(desk: Desk) -> Step:
    with desk.office.desk.database.writing() as connection:
        suspend(connection, "bartek", True)
    return press(desk, ADMINISTRATOR, "/people/bartek", "/people/bartek/readmit")


def _press_at_tor(desk: Desk, action: str) -> Step:
    open_service(desk.office)
    give_key(desk.office, "bartek")
    return press(desk, ADMINISTRATOR, "/people/bartek", action)


def _by_link(desk: Desk, link: str, **fields: str) -> Step:
    browser = desk.app.test_client()
    page = browser.get(link).text
    secret = re.search(r"<p><code>([A-Z2-7]{32})</code></p>", page)
    assert secret
    data = form_to(page, link).data(password=JOINED, again=JOINED, code=pyotp.TOTP(secret[1]).now(), **fields)
    return lambda: browser.post(link, data=data).status_code


def _reset(desk: Desk) -> Step:
    link = desk.link("/people/bartek/reset", kind="password")
    request = desk.request()
    browser = desk.browser(SUPERVISOR)
    form = form_to(browser.get("/consents").text, "/consents/agree").data(request=request)
    code = re.search(r'<code class="large">([\w-]+)</code>', browser.post("/consents/agree", data=form).text)
    assert code
    return _by_link(desk, link, consent=code[1])


def _end_session(desk: Desk) -> Step:
    desk.browser(REVIEWER)
    return press(desk, REVIEWER, "/account", "/account/end")


def _password(desk: Desk) -> Step:
    new = {"new": "eleven loud badgers", "again": "eleven loud badgers"}
    browser = desk.browser("amina")
    form = form_to(browser.get("/account").text, "/account/password")
    data = form.data(current=PASSWORD, code=fresh_code(desk), **new)
    return lambda: browser.post("/account/password", data=data).status_code


def _exchanged(desk: Desk) -> Step:
    """As whoever can write to the database puts a public key of their own in a colleague's place."""
    public = SecretKey(secrets.token_bytes(SEED_SIZE)).public
    with desk.office.desk.database.writing() as connection:
        connection.execute(reviewers.update().where(reviewers.c.username == "amina").values(public_key=public))
    return sign_in(PASSWORD)(desk)


def _codes(desk: Desk) -> Step:
    browser = desk.browser("amina")
    form = form_to(browser.get("/account/recovery-codes").text, "/account/recovery-codes")
    data = form.data(current=PASSWORD, code=fresh_code(desk))
    return lambda: browser.post(form.action, data=data).status_code


def _join(desk: Desk) -> Step:
    address = f"/invitation/{LINK}"
    browser = desk.app.test_client()
    data = filled(browser.get(address).text)
    return lambda: browser.post(address, data=data).status_code


# How each is caused: what is prepared, and the step that is recorded.
ROADS_OF_PEOPLE: dict[Act, Callable[[Desk], Step]] = {
    Act.REVIEWER_ADDED: run("reviewer add ada", "amina", PASSWORD, "{code}", "{again}", "{again}"),
    Act.INVITE: lambda desk: press(desk, ADMINISTRATOR, "/people", "/people", username="zoe", role="reviewer"),
    Act.INVITATION_BACK: lambda desk: press(desk, ADMINISTRATOR, "/people", "/links/take-back"),
    Act.ENTRANCE: lambda desk: _press_at_tor(desk, "/people/bartek/key"),
    Act.ENTRANCE_BACK: lambda desk: _press_at_tor(desk, "/people/bartek/key/away"),
    Act.JOIN: _join,
    Act.CONSENT: lambda desk: press(desk, SUPERVISOR, "/consents", "/consents/agree", request=desk.request()),
    Act.RESET: _reset,
    Act.SUSPEND: lambda desk: press(desk, ADMINISTRATOR, "/people/bartek", "/people/bartek/suspend"),
    Act.READMIT: _readmit,
    Act.ROLES: lambda desk: press(desk, ADMINISTRATOR, "/people/bartek", "/people/bartek/roles", role=REVIEWER),
    Act.SIGN_IN: sign_in(PASSWORD),
    Act.SIGN_IN_FAILED: sign_in("a wrong password"),
    Act.SIGN_OUT: lambda desk: press(desk, REVIEWER, "/account", "/sign-out"),
    Act.END_SESSION: _end_session,
    Act.PASSWORD: _password,
    Act.FACTOR_ADDED: _codes,
    Act.KEY_NAMED: run("reviewer add ada", "amina", PASSWORD, "{code}", "{again}", "{again}"),
    Act.KEY_EXCHANGED: _exchanged,
    Act.ABOUT_ME: lambda desk: press(desk, REVIEWER, "/about-me", "/about-me", recusals="Northtown"),
    Act.SAVED_LISTS: lambda desk: press(desk, REVIEWER, "/", "/saved", called="north"),
}
