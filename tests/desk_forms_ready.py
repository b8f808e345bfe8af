"""A desk brought to where a form of it can be sent, and the form filled in as a browser would."""

import re

import pyotp
from flask.testing import FlaskClient

from journalist_interface.casework.drafts import Draft, keep_draft
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.holding import hold
from journalist_interface.casework.linking import LinkForm, link
from journalist_interface.casework.prepared_files import ReceivedFile, attach_files
from journalist_interface.casework.saved_lists import save_list
from store.desk.parcels import mark_problem
from store.desk.reviewers import suspend
from store.desk.templates import Writing
from tests.desk_entrance import give_key, open_service
from tests.desk_forms import CLOSED_FIRST, FORMS, REVIEWER
from tests.desk_office import PASSWORD, write_letter
from tests.desk_routes import Desk, form_to
from tests.desk_talk import keep_template
from tests.newcomer import secret_on
from tests.taken_out import somebody, wanted_on
from tests.two_officers import add_waiting_officer, have_two_be_needed


def _things(desk: Desk, rule: str) -> dict[str, str]:
    """Make what the form needs to be there, and return what it is called."""
    sent, office = FORMS[rule], desk.office
    told = {"mine": desk.mine, "waiting": "", "damaged": "", "code": "", "shown": "", "request": "", "template": ""}
    told |= {"also_mine": desk.also_mine, "letter": desk.items(desk.mine)[0], "in_case": ""}
    told |= zip(("key", "ending"), somebody(), strict=True)
    if rule == "/case/<reference>/related":
        link(office.desk, office.signed_in(), desk.mine, LinkForm(desk.also_mine, "same-matter", ""))
    if "template" in "".join(sent.fields) + sent.page and rule not in ("/templates", "/templates/first/keep"):
        told["template"] = keep_template(office)
    if rule == "/case/<reference>/<kind>/discard":
        keep_draft(office.desk, office.signed_in(REVIEWER), desk.mine, Writing.REPLY, Draft("Hello"), "")
    if rule == "/case/<reference>/files/take-away":
        attach_files(office.desk, office.signed_in(REVIEWER), desk.mine, [ReceivedFile("a.pdf", b"a")])
    if "case-out/" in rule or "take-out/" in rule:
        told["taken"] = wanted_on(desk, agreed=rule.endswith("/file"))
    if rule.startswith("/people/<username>/key"):
        open_service(office)
        give_key(office, "bartek")
    if rule.startswith("/consents/case/") or rule == "/case/<reference>/take-back":
        told["in_case"] = desk.request_in_case()
    elif rule.startswith("/consents/"):
        told["request"] = desk.request()
    if rule in CLOSED_FIRST:
        desk.close()
    if rule == "/case/<reference>/lift":
        hold(office.desk, office.signed_in(REVIEWER), desk.mine, "A court asks for it.")
    return told


def prepare(desk: Desk, rule: str) -> tuple[FlaskClient, str, dict[str, object]]:
    """Come to where the form can be sent; return the browser, where it goes, and what it sends."""
    sent, office = FORMS[rule], desk.office
    told = _things(desk, rule)
    if rule == "/people/<username>/readmit":
        with office.desk.database.writing() as connection:
            suspend(connection, "bartek", True)
    if rule == "/account/end":
        desk.browser(REVIEWER)
    browser = desk.browser(sent.who) if sent.who else desk.app.test_client()
    if rule == "/post/retry":
        told["damaged"] = office.deliver(write_letter(None)).submission
        with office.desk.database.writing() as connection:
            mark_problem(connection, told["damaged"], "It is no letter.")
    if rule == "/post/letter/<submission>":
        # The form stands on the page of a locked key: it goes on from there, and opens nothing.
        told["waiting"] = office.deliver(write_letter(None)).submission
    if rule == "/post/take-back":
        have_two_be_needed(office)
    if rule == "/post/hand-over":
        add_waiting_officer(office, "zoe")
    if rule in ("/post/lock", "/post/open", "/post/take-back", "/post/hand-over", "/post/officers"):
        told["waiting"] = office.deliver(write_letter(None)).submission
        browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    if "{code}" in sent.fields.values():
        with office.desk.database.writing() as connection:
            connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
        told["code"] = office.code(REVIEWER)
    if rule.startswith("/saved/"):
        save_list(office.desk, office.signed_in(REVIEWER), "north", Filter())
    page = browser.get(sent.page.format(**told)).text
    if rule.startswith("/bulk/"):
        page = browser.post("/bulk", data=form_to(page, "/bulk").data(picked=desk.mine)).text
    if rule == "/bulk/do":
        page = browser.post("/bulk/summary", data=form_to(page, "/bulk/summary").data(tags="north")).text
    if rule == "/case/<reference>/take-out":
        step = form_to(page, f"/case/{desk.mine}/take-out/check")
        page = browser.post(step.action, data=step.data(recipient_key=told["key"], reason="They asked.")).text
    if rule == "/invitation/<token>":
        told["shown"] = pyotp.TOTP(secret_on(page)).now()
    form = form_to(page, sent.action.format(**told))
    return browser, form.action, form.data(**{name: value.format(**told) for name, value in sent.fields.items()})


def proved_anew(desk: Desk, rule: str) -> tuple[FlaskClient, str, dict[str, object]]:
    """Come to a form that asks for a proof anew; return the browser, where it goes, and what it sends."""
    address = rule.replace("<passkey_id>", desk.office.give_passkey(REVIEWER) if "<" in rule else "")
    browser = desk.browser(REVIEWER)
    page = browser.get(address).text
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    typed = {"current": PASSWORD, "code": desk.office.code(REVIEWER)}
    if rule == "/account/authenticator":
        secret = re.findall(r"<code>([A-Z2-7]{32})</code>", page)
        typed["new_code"] = pyotp.TOTP(secret[0]).now()
    return browser, address, form_to(page, address).data(**typed)
