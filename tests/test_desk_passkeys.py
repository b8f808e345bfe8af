"""Passkeys in a real browser: Chromium with its virtual authenticator, against the running desk."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser

from journalist_interface.passkeys import MOST_PASSKEYS
from journalist_interface.recovery_codes import draw_codes
from store.desk.account_tables import second_factors
from store.desk.factors import FactorKind, count_factors
from tests.desk_office import PASSWORD, Office, new_office
from tests.passkey_desk import Desk, by_code, by_passkey, desk_with_authenticator, enrol, enrolled, signed_in_as
from tests.served import served


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


@pytest.fixture
def desk(office: Office, browser: Browser) -> Iterator[Desk]:
    """The running desk, opened as localhost, in a browser with an authenticator that knows its owner."""
    with desk_with_authenticator(office, browser) as made:
        yield made


def test_a_passkey_is_added_and_lets_in(desk: Desk) -> None:
    """Again and again, its counter moving; the trail names the kind; the disk shows nothing of it."""
    enrolled(desk)
    assert desk.last_act()[:2] == ("amina", "sign-out")
    for _ in range(2):
        by_passkey(desk)
        assert signed_in_as(desk) == "amina"
        assert desk.last_act() == ("amina", "sign-in", "passkey")
        desk.page.goto(desk.address + "/account")
        assert desk.page.get_by_text("key on my ring").count()
        desk.page.get_by_role("button", name="Sign out").click()
    (credential,) = desk.credentials()
    raw = b"".join(path.read_bytes() for path in desk.office.folder.glob("desk.sqlite*"))
    assert b"key on my ring" not in raw
    assert credential["signCount"] >= 2


def test_the_passkey_is_not_enough(desk: Desk) -> None:
    """With a wrong password, or another's name, it is the answer that every failure gets; the name stays typed."""
    enrolled(desk)
    for username, password in (("amina", PASSWORD + "x"), ("bartek", PASSWORD), ("nobody", PASSWORD)):
        by_passkey(desk, username, password)
        assert desk.page.get_by_role("alert").inner_text().startswith("That did not work.")
        assert desk.page.input_value("#username") == username
        assert signed_in_as(desk) is None
    by_passkey(desk)
    assert signed_in_as(desk) == "amina"


def test_an_answer_counts_once(desk: Desk) -> None:
    """Whoever has the whole form, password and all, has nothing; not even one that failed the first time."""
    enrolled(desk)
    sent: list[str] = []
    desk.page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    by_passkey(desk)
    assert signed_in_as(desk) == "amina"
    (form,) = [parse_qs(data) for data in sent]
    assert desk.post(form["passkey"][0]) == 401
    desk.page.goto(desk.address + "/sign-in")
    answer = desk.answer(desk.challenge())
    assert desk.post(answer, password="wrong") == 401
    assert desk.post(answer) == 401
    assert desk.post(desk.answer(desk.challenge())) == 303


def test_a_challenge_of_elsewhere_is_none(desk: Desk) -> None:
    """One made up, one of a desk before it was started again, one of an account page."""
    enrolled(desk)
    by_passkey(desk)
    desk.page.goto(desk.address + "/account")
    of_the_account = str(desk.page.locator("[data-challenge]").first.get_attribute("data-challenge"))
    assert desk.post(desk.answer(of_the_account)) == 401
    assert desk.post(desk.answer("AAAA" * 14)) == 401
    assert desk.post(desk.answer(desk.challenge())) == 303


def test_an_answer_made_at_another_origin_is_refused(desk: Desk, browser: Browser) -> None:
    """Another program of this machine, at another port, has the same host name: it may ask, and gains nothing."""
    enrolled(desk)
    elsewhere = Flask("elsewhere")
    elsewhere.add_url_rule("/", view_func=lambda: "a false page")
    with served(elsewhere) as url:
        desk.page.goto(url)
        answer = desk.answer(desk.challenge())
        assert json.loads(answer)
        assert desk.post(answer) == 401
        # Nor does it help to come with the false page's own name.
        assert desk.post(desk.answer(desk.challenge()), host=f"{urlsplit(url).hostname}:1") == 401
        desk.page.goto("about:blank")
    assert browser.is_connected()


def test_a_person_who_was_not_recognised_is_refused(desk: Desk) -> None:
    """Present is not enough: whoever picks up a key that lies about has no PIN, finger or face."""
    enrolled(desk)
    for verified, status in ((False, 401), (True, 303)):
        desk.devtools.send(
            "WebAuthn.setUserVerified", {"authenticatorId": desk.authenticator, "isUserVerified": verified}
        )
        answer = desk.answer(desk.challenge(), verification="required" if verified else "discouraged")
        assert desk.post(answer) == status


def test_a_copy_of_a_passkey_is_noticed(desk: Desk) -> None:
    """Its counter is behind: the copy is refused, and the true one goes on."""
    enrolled(desk)
    (copied,) = desk.credentials()
    for _ in range(3):
        assert desk.post(desk.answer(desk.challenge())) == 303
    (true,) = desk.credentials()
    for held, status in ((copied, 401), (true, 303)):
        desk.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": desk.authenticator})
        desk.devtools.send("WebAuthn.addCredential", {"authenticatorId": desk.authenticator, "credential": held})
        assert desk.post(desk.answer(desk.challenge())) == status


def test_a_removed_passkey_lets_nobody_in(desk: Desk) -> None:
    """The device has it still. Removing it takes the password and a second factor: here, the passkey itself."""
    enrolled(desk)
    by_passkey(desk)
    desk.page.goto(desk.address + "/account")
    desk.page.get_by_role("link", name="Remove it").click()
    desk.page.fill("#current", PASSWORD)
    desk.page.get_by_role("button", name="Use a passkey").click()
    desk.page.get_by_text("The passkey is removed").wait_for()
    assert desk.last_act() == ("amina", "factor-removed", "passkey")
    desk.page.get_by_role("button", name="Sign out").click()
    by_passkey(desk)
    assert signed_in_as(desk) is None
    assert len(desk.credentials()) == 1


def test_a_passkey_is_not_added_without_proof_nor_twice(desk: Desk) -> None:
    """A wrong code adds none; a device that has one is told so by the browser; ten are enough."""
    by_code(desk)
    codes = give_codes(desk.office)
    enrol(desk, "0000-0000-0000", "mine")
    desk.page.get_by_text("second factor is wrong").wait_for()
    assert desk.page.input_value("#label") == "mine"
    assert desk.last_act()[1] == "sign-in-failed"
    enrol(desk, codes[0])
    desk.page.get_by_text("The passkey is added").wait_for()
    assert len(desk.credentials()) == 1  # the one of the first try has been replaced: same account, same device
    enrol(desk, codes[1])
    desk.page.get_by_text("on that device already").wait_for()
    for _ in range(MOST_PASSKEYS - 1):
        desk.office.give_passkey("amina")
    desk.devtools.send("WebAuthn.clearCredentials", {"authenticatorId": desk.authenticator})
    enrol(desk, codes[1], "the eleventh")
    desk.page.get_by_text("no more can be kept").wait_for()
    with desk.office.desk.database.reading() as connection:
        assert count_factors(connection, "amina", FactorKind.PASSKEY) == MOST_PASSKEYS
        # The one that was added used its code up; those that were refused used none.
        assert count_factors(connection, "amina", FactorKind.RECOVERY_CODE) == 9


def give_codes(office: Office) -> tuple[str, ...]:
    """Give amina recovery codes."""
    drawn = draw_codes(office.secrets["amina"].seed, "amina")
    with office.desk.database.writing() as connection:
        drawn.keep(connection)
    return drawn.codes


def test_whoever_writes_to_the_database_adds_no_passkey(desk: Desk) -> None:
    """Their own row, given to somebody else whose password they know, is nobody's."""
    enrolled(desk)
    with desk.office.desk.database.writing() as connection:
        connection.execute(second_factors.update().values(username="bartek"))
    assert desk.post(desk.answer(desk.challenge()), "bartek") == 401


def test_passkeys_are_guessed_as_slowly_as_all_else(desk: Desk) -> None:
    """The brake is before the passkey; a right one waits too."""
    enrolled(desk)
    assert [desk.post("{}") for _ in range(6)] == [401] * 5 + [429]
    assert desk.post(desk.answer(desk.challenge())) == 429


WITHOUT: dict[str, Callable[[Browser], Any]] = {
    "scripts": lambda browser: browser.new_context(java_script_enabled=False),
    "a name": lambda browser: browser.new_context(),
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_without_a_script_or_a_name_the_page_works_as_before(desk: Desk, browser: Browser, missing: str) -> None:
    """No button that does nothing, and the page that would add a passkey says why it cannot."""
    context = WITHOUT[missing](browser)
    page = context.new_page()
    address = desk.address if missing == "scripts" else desk.address.replace("localhost", "127.0.0.1")
    page.goto(address + "/sign-in")
    assert not page.get_by_role("button", name="Use a passkey").is_visible()
    for box, typed in (("#username", "amina"), ("#password", PASSWORD), ("#code", desk.office.code())):
        page.fill(box, typed)
    page.get_by_role("button", name="Sign in").click()
    page.goto(address + "/account/passkeys")
    told = "runs no scripts" if missing == "scripts" else "you opened the desk at an address"
    assert told in page.locator("main").inner_text()
    assert not page.get_by_role("button", name="Make the passkey").is_visible()
    context.close()
