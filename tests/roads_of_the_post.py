"""How each act on the post and on the intake key is caused at a desk."""

import sqlite3
from collections.abc import Callable

from flask.testing import FlaskClient

from journalist_interface.figures.counting import let_count
from store.desk.audit import Act
from store.desk.parcels import mark_problem
from store.desk.settings import Setting, keep_setting
from tests.desk_office import PASSWORD, write_letter
from tests.desk_routes import Desk, form_to
from tests.road_steps import OFFICER, REVIEWER, Step, press, run
from tests.two_officers import add_waiting_officer, have_two_be_needed


def _unlocked(desk: Desk) -> FlaskClient:
    browser = desk.browser(OFFICER)
    browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    return browser


def _lock(desk: Desk) -> Step:
    browser = desk.browser(OFFICER)
    browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    form = form_to(browser.get("/post").text, "/post/lock")
    return lambda: browser.post("/post/lock", data=form.data()).status_code


def _offer(desk: Desk) -> Step:
    have_two_be_needed(desk.office)
    return press(desk, OFFICER, "/post", "/post/unlock")


def _take_back(desk: Desk) -> Step:
    have_two_be_needed(desk.office)
    browser = _unlocked(desk)
    form = form_to(browser.get("/post").text, "/post/take-back")
    return lambda: browser.post("/post/take-back", data=form.data()).status_code


def _hand_over(desk: Desk) -> Step:
    add_waiting_officer(desk.office, "zoe")
    browser = _unlocked(desk)
    form = form_to(browser.get("/post").text, "/post/hand-over")
    return lambda: browser.post("/post/hand-over", data=form.data()).status_code


def _need_two(desk: Desk) -> Step:
    browser = _unlocked(desk)
    form = form_to(browser.get("/post").text, "/post/officers")
    return lambda: browser.post("/post/officers", data=form.data()).status_code


def _queue(desk: Desk) -> Step:
    browser = desk.browser(OFFICER)
    desk.office.deliver(write_letter(None))
    browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    return lambda: browser.get("/post").status_code


def _open(plaintext: bytes | None) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        office, browser = desk.office, desk.browser(OFFICER)
        letter = office.deliver(write_letter(None), {"b.pdf": b"b"})
        if plaintext is not None:
            with sqlite3.connect(office.desk.paths.database) as connection:
                asked = "SELECT blob FROM parcel_parts WHERE submission = ? AND kind = 'letter'"
                [blob] = connection.execute(asked, (letter.submission,)).fetchone()
            connection.close()
            office.desk.post.path(blob).write_bytes(plaintext)
        browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
        if plaintext is None:
            # Reading it is an act of its own, and comes first.
            browser.get("/post")
        form = form_to(browser.get("/account").text, "/sign-out").data(submission=letter.submission, cleared=REVIEWER)
        return lambda: browser.post("/post/open", data=form).status_code

    return road


def _figures(desk: Desk) -> Step:
    """As on a desk that has counted for long: the officer who looks at the post publishes what may be."""
    browser = _unlocked(desk)
    with desk.office.desk.database.writing() as connection:
        let_count(connection, OFFICER, desk.office.passphrase())
        keep_setting(connection, Setting.FIGURES_SINCE, b"2026-01")
    return lambda: browser.get("/post").status_code


def _retry(desk: Desk) -> Step:
    letter = desk.office.deliver(write_letter(None))
    with desk.office.desk.database.writing() as connection:
        mark_problem(connection, letter.submission, "It is no letter.")
    return press(desk, OFFICER, "/post", "/post/retry", submission=letter.submission)


# How each is caused: what is prepared, and the step that is recorded.
ROADS_OF_THE_POST: dict[Act, Callable[[Desk], Step]] = {
    Act.UNLOCK: lambda desk: press(desk, OFFICER, "/post", "/post/unlock"),
    Act.UNLOCK_OFFER: _offer,
    Act.UNLOCK_OFFER_END: _take_back,
    Act.LOCK: _lock,
    Act.HAND_OVER: _hand_over,
    Act.SETTINGS: _need_two,
    Act.COLLECT: lambda desk: press(desk, OFFICER, "/post", "/post/collect"),
    Act.QUEUE: _queue,
    Act.OPEN: _open(None),
    Act.OPEN_FAILED: _open(b"no letter at all"),
    Act.RETRY: _retry,
    Act.EXPORT: run("export-intake-secret --out {out}/secret.asc", "amina", PASSWORD, "{code}"),
    Act.INTAKE_KEY: run("intake-key renew --out {out}/statement.json", "amina", PASSWORD, "{code}"),
    Act.FIGURES: _figures,
}
