"""Every form of the desk, sent twice and sent too late: done once, and not a word of anybody's lost."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyotp
import pytest
from flask.testing import FlaskClient

import journalist_interface
from journalist_interface.casework.drafts import Draft, keep_draft
from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.holding import hold
from journalist_interface.casework.linking import LinkForm, link
from journalist_interface.casework.prepared_files import ReceivedFile, attach_files
from journalist_interface.casework.saved_lists import save_list
from journalist_interface.errors import TryLater
from journalist_interface.given_back import TYPED
from journalist_interface.single_forms import MOST_REMEMBERED, Answer, SingleForms, name_form
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from store.blobs import new_blob_id
from store.desk.parcels import mark_problem
from store.desk.reviewers import suspend
from store.desk.roles import Role
from store.desk.templates import Writing
from store.errors import NoRoom
from tests.desk_entrance import give_key, open_service
from tests.desk_office import PASSWORD, write_letter
from tests.desk_routes import LINK, Desk, form_to, forms_of, furnished
from tests.desk_talk import keep_template
from tests.newcomer import secret_on
from tests.taken_out import somebody, wanted_on
from tests.two_officers import add_waiting_officer, have_two_be_needed

TEMPLATES = Path(journalist_interface.__path__[0]) / "templates"
REVIEWER = Role.REVIEWER.value
OFFICER = Role.INTAKE_OFFICER.value
ADMINISTRATOR = Role.ADMINISTRATOR.value
SUPERVISOR = Role.SUPERVISOR.value
HOUR = "an hour of <work>"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    with furnished(tmp_path / "desk") as made:
        yield made


@dataclass(frozen=True)
class Sent:
    """One form as somebody sends it: who, from which page, to where, what they fill in, and what it does, once."""

    who: str
    page: str
    action: str
    fields: dict[str, str]
    acts: tuple[str, ...]
    again: int = 303  # the status of the second answer


def _in_case(action: str, acts: tuple[str, ...], **fields: str) -> Sent:
    return Sent(REVIEWER, "/case/{mine}", f"/case/{{mine}}/{action}", fields, acts)


def _of_bartek(action: str, acts: tuple[str, ...], **fields: str) -> Sent:
    return Sent(ADMINISTRATOR, "/people/bartek", f"/people/bartek/{action}", fields, acts)


def _of_a_request(action: str, acts: tuple[str, ...], again: int) -> Sent:
    return Sent(SUPERVISOR, "/consents", f"/consents/{action}", {"request": "{request}"}, acts, again)


TAKE_OUT = "/case/{mine}/take-out"
SIGNING_IN = {"username": REVIEWER, "password": PASSWORD, "code": "{code}"}
JOINING = {"password": PASSWORD, "again": PASSWORD, "code": "{shown}"}
# Every form that changes something. A new one needs a line here.
FORMS: dict[str, Sent] = {
    "/case/<reference>/reply": _in_case("reply", ("reply", "status"), text="Hello", question="Who?"),
    "/case/<reference>/status": _in_case("status", ("status",), status="closed", reason="Done.", outcome="misuse"),
    "/case/<reference>/note": _in_case("note", ("note",), note="Ask Cleo."),
    "/case/<reference>/<kind>/draft": _in_case("reply/draft", ("draft",), text="Hello"),
    "/case/<reference>/<kind>/discard": _in_case("reply/discard", ("draft",)),
    # Looking sends nothing; the second look is like the first.
    "/case/<reference>/<kind>/look": replace(_in_case("reply/look", (), text="Hello"), again=200),
    "/case/<reference>/<kind>/write": replace(
        _in_case("reply/write", ("read",) * 2, text="Hello", template="{template}"), again=200
    ),
    "/templates": Sent(REVIEWER, "/templates", "/templates", {"title": "Thanks", "text": "Thank you."}, ("template",)),
    "/templates/first/keep": Sent(REVIEWER, "/templates", "/templates/first/keep", {}, ("template",) * 5),
    "/templates/<template_id>": Sent(
        SUPERVISOR, "/templates/{template}", "/templates/{template}", {"text": "Thanks."}, ("template",)
    ),
    "/templates/<template_id>/delete": Sent(
        SUPERVISOR, "/templates/{template}", "/templates/{template}/delete", {}, ("template",)
    ),
    "/case/<reference>/work": _in_case("work", ("assign",), tags="north"),
    "/case/<reference>/summary": Sent(
        REVIEWER, "/case/{mine}/summary", "/case/{mine}/summary", {"summary": "He sells names."}, ("summary",)
    ),
    "/case/<reference>/link": Sent(
        REVIEWER,
        "/case/{mine}/link",
        "/case/{mine}/link",
        {"other": "{also_mine}", "kind": "same-person", "step": "link"},
        ("relate",) * 2,
    ),
    "/case/<reference>/related": _in_case("related", ("relate",) * 2),
    "/case/<reference>/split": Sent(
        REVIEWER, "/case/{mine}/split", "/case/{mine}/split", {"letter": "{letter}"}, ("relate",) * 2 + ("split",) * 2
    ),
    "/case/<reference>/files/take-away": Sent(
        REVIEWER, "/case/{mine}/files", "/case/{mine}/files/take-away", {}, ("detach",)
    ),
    "/case/<reference>/keep": _in_case("keep", ("keep",), until="2045-01-31", reason="An inquiry goes on."),
    "/case/<reference>/outcome": _in_case("outcome", ("keep",), outcome="misuse", reason="It was spam."),
    "/case/<reference>/hold": _in_case("hold", ("hold",), reason="A court asks for it."),
    "/case/<reference>/lift": _in_case("lift", ("hold-lifted",), reason="The court is done."),
    "/case/<reference>/destroy": _in_case("destroy", ("destroy-asked",), consenter=SUPERVISOR),
    "/case/<reference>/take-back": _in_case("take-back", ("destroy-refused",)),
    "/destruction": Sent(
        REVIEWER, "/destruction", "/destruction", {"case": "{mine}", "consenter": SUPERVISOR}, ("destroy-asked",), 200
    ),
    "/consents/case/agree": Sent(
        SUPERVISOR, "/consents", "/consents/case/agree", {"request": "{in_case}"}, ("destroy",)
    ),
    "/consents/case/refuse": Sent(
        SUPERVISOR, "/consents", "/consents/case/refuse", {"request": "{in_case}"}, ("destroy-refused",)
    ),
    "/retention": Sent(SUPERVISOR, "/retention", "/retention", {"passed_on": "60"}, ("settings",)),
    "/case/<reference>/safety": Sent(
        REVIEWER, "/case/{mine}/safety", "/case/{mine}/safety", {"reason": "He has found her."}, ("note",)
    ),
    "/case/<reference>/clear": _in_case("clear", ("clear",), who="bartek", reason="A second pair of eyes."),
    "/case/<reference>/withdraw": _in_case("withdraw", ("withdraw",), who="amina", reason="A friend of his."),
    # Nothing is done by comparing; and a file that was taken twice is recorded twice.
    "/case/<reference>/take-out/check": Sent(
        REVIEWER, TAKE_OUT, f"{TAKE_OUT}/check", {"recipient_key": "{key}", "reason": "They asked."}, (), 200
    ),
    "/case/<reference>/take-out": Sent(REVIEWER, TAKE_OUT, TAKE_OUT, {"ending": "{ending}"}, ("case-out-asked",)),
    "/case/<reference>/take-out/take-back": Sent(
        REVIEWER, TAKE_OUT, f"{TAKE_OUT}/take-back", {"taken": "{taken}"}, ("case-out-end",)
    ),
    "/case/<reference>/take-out/file": Sent(
        REVIEWER, TAKE_OUT, f"{TAKE_OUT}/file", {"taken": "{taken}"}, ("case-out",) * 2, 200
    ),
    "/consents/case-out/agree": Sent(
        SUPERVISOR, "/consents", "/consents/case-out/agree", {"taken": "{taken}"}, ("consent",)
    ),
    "/consents/case-out/refuse": Sent(
        SUPERVISOR, "/consents", "/consents/case-out/refuse", {"taken": "{taken}"}, ("case-out-end",)
    ),
    "/consents/case-out/rule": Sent(
        SUPERVISOR, "/consents", "/consents/case-out/rule", {"second_person": "no"}, ("settings",)
    ),
    "/post/collect": Sent(OFFICER, "/post", "/post/collect", {}, ("collect",)),
    "/post/unlock": Sent(OFFICER, "/post", "/post/unlock", {}, ("unlock",)),
    "/post/lock": Sent(OFFICER, "/post", "/post/lock", {}, ("lock",)),
    "/post/open": Sent(OFFICER, "/post/letter/{waiting}", "/post/open", {"cleared": REVIEWER}, ("open",)),
    # The key is locked: the choice is kept in the page.
    "/post/letter/<submission>": Sent(
        OFFICER, "/post/letter/{waiting}", "/post/letter/{waiting}", {"cleared": REVIEWER}, (), 409
    ),
    "/about-me": Sent(REVIEWER, "/about-me", "/about-me", {"recusals": "Northtown"}, ("about-me",)),
    "/post/take-back": Sent(OFFICER, "/post", "/post/take-back", {}, ("unlock-offer-end",)),
    "/post/hand-over": Sent(OFFICER, "/post", "/post/hand-over", {}, ("hand-over",)),
    "/post/officers": Sent(OFFICER, "/post", "/post/officers", {}, ("settings", "lock")),
    "/post/retry": Sent(OFFICER, "/post", "/post/retry", {"submission": "{damaged}"}, ("retry",)),
    "/account/end": Sent(REVIEWER, "/account", "/account/end", {}, ("end-session",)),
    "/account/password": Sent(
        REVIEWER,
        "/account",
        "/account/password",
        {"current": PASSWORD, "code": "{code}", "new": "eleven loud badgers", "again": "eleven loud badgers"},
        ("password",),
    ),
    "/sign-out": Sent(REVIEWER, "/account", "/sign-out", {}, ("sign-out",)),
    "/people/<username>/roles": _of_bartek("roles", ("roles",), role=REVIEWER),
    "/people/<username>/suspend": _of_bartek("suspend", ("suspend",)),
    "/people/<username>/readmit": _of_bartek("readmit", ("readmit",)),
    "/people/<username>/reset": replace(_of_bartek("reset", ("invite",), kind="password"), again=200),
    "/people/<username>/key": replace(_of_bartek("key", ("entrance",)), again=200),
    "/people/<username>/key/away": _of_bartek("key/away", ("entrance-back",)),
    "/consents/agree": _of_a_request("agree", ("consent",), 200),
    "/consents/refuse": _of_a_request("refuse", ("invitation-back",), 303),
    # The code is used up, and the page says to wait for a new one: nobody is signed in twice.
    "/sign-in": Sent("", "/sign-in", "/sign-in", SIGNING_IN, ("sign-in", "sign-in-failed"), 401),
    # A link that was used says so to whoever comes too late.
    "/people": Sent(ADMINISTRATOR, "/people", "/people", {"username": "zoe", "role": "reviewer"}, ("invite",), 200),
    "/links/take-back": Sent(ADMINISTRATOR, "/people", "/links/take-back", {}, ("invitation-back",)),
    "/invitation/<token>": Sent("", f"/invitation/{LINK}", f"/invitation/{LINK}", JOINING, ("join", "key-named"), 200),
    "/deadlines": Sent(SUPERVISOR, "/deadlines", "/deadlines", {"acknowledge_days": "5"}, ("settings",)),
    "/search": Sent(REVIEWER, "/search", "/search", {"query": "computer"}, ("search",) * 2, 200),
    "/": Sent(REVIEWER, "/", "/", {"words": "computer"}, ()),
    "/bulk": Sent(REVIEWER, "/", "/bulk", {"picked": "{mine}"}, (), 200),
    "/bulk/summary": Sent(REVIEWER, "/", "/bulk/summary", {"tags": "north"}, (), 200),
    "/bulk/do": Sent(REVIEWER, "/", "/bulk/do", {}, ("assign",), 200),
    "/saved": Sent(REVIEWER, "/", "/saved", {"called": "north"}, ("saved-lists",)),
    "/saved/rename": Sent(REVIEWER, "/saved", "/saved/rename", {"called": "south"}, ("saved-lists",)),
    "/saved/remove": Sent(REVIEWER, "/saved", "/saved/remove", {}, ("saved-lists",)),
    # Looking changes nothing; and a file that was taken twice is recorded twice.
    "/audit/verify": Sent(Role.AUDITOR.value, "/audit", "/audit/verify", {}, (), 200),
    "/audit/export": Sent(Role.AUDITOR.value, "/audit", "/audit/export", {"format": "csv"}, ("trail-export",) * 2, 200),
}  # fmt: skip


# What is done with a case whose time is over.
CLOSED_FIRST = {"/destruction"} | {f"/case/<reference>/{name}" for name in ("keep", "outcome", "destroy")}

# Each asks for a proof anew, by a code or a passkey that counts once. A new passkey needs a browser with scripts:
# test_desk_passkeys.py.
PROVED_ANEW = {
    "/account/recovery-codes",
    "/account/authenticator",
    "/account/passkeys",
    "/account/passkeys/<passkey_id>",
}


# Nobody is signed in there: the link is used up by the first, and to the second it is one that opens nothing.
BY_LINK = {"/reset/<token>"}
# A form with files is read as it comes: what is attached already is not attached twice (test_desk_reply_files.py).
WITH_FILES = {"/case/<reference>/files"}


def test_every_form_is_sent_twice(desk: Desk) -> None:
    """A route that takes a form, and no line above, fails here."""
    assert {rule.rule for rule in desk.routes("POST")} == FORMS.keys() | PROVED_ANEW | BY_LINK | WITH_FILES


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


@pytest.mark.parametrize("rule", FORMS)
def test_a_form_sent_twice_is_done_once(desk: Desk, rule: str) -> None:
    """The second answer is the first's, and nothing more was written; or it says kindly how things stand."""
    browser, action, data = prepare(desk, rule)
    seen = desk.count_acts()
    first = browser.post(action, data=data)
    before = desk.rows()
    second = browser.post(action, data=data)
    assert second.status_code == FORMS[rule].again, second.text
    assert tuple(act for _who, act in desk.acts_since(seen)) == FORMS[rule].acts
    if FORMS[rule].again == 200 and FORMS[rule].acts[:1] in (("invite",), ("consent",), ("join",), ("entrance",)):
        assert second.text == first.text  # what is shown once is not lost by a double click
    if FORMS[rule].again == 303:
        assert second.location == first.location
        assert desk.rows() == before


@pytest.mark.parametrize("rule", ["/case/<reference>/reply", "/case/<reference>/withdraw", "/account/password"])
def test_two_at_once_are_one(desk: Desk, rule: str) -> None:
    """The second does not overtake the first, which is still at work: it waits, and is told the same."""
    browser, action, data = prepare(desk, rule)
    cookie = browser.get_cookie("candour_desk")
    assert cookie
    seen = desk.count_acts()
    answers = []

    def send() -> None:
        # A browser of its own: a client of Flask's does one thing at a time.
        other = desk.app.test_client()
        other.set_cookie("candour_desk", cookie.value)
        answers.append(other.post(action, data=data).status_code)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert tuple(act for _who, act in desk.acts_since(seen)) == FORMS[rule].acts


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


@pytest.mark.parametrize("rule", sorted(PROVED_ANEW - {"/account/passkeys"}))
def test_a_proof_is_asked_for_once_of_a_form_sent_twice(desk: Desk, rule: str) -> None:
    """The second gets the first's answer, new codes and all: the browser shows that one, and drops the other."""
    browser, action, data = proved_anew(desk, rule)
    seen = desk.count_acts()
    first = browser.post(action, data=data)
    assert first.status_code in (200, 303), first.text
    before = desk.rows()
    second = browser.post(action, data=data)
    assert (second.status_code, second.location) == (first.status_code, first.location)
    if rule == "/account/recovery-codes":
        codes = re.findall(r"<code>[0-9A-Z-]{14}</code>", first.text)
        assert len(codes) == 10
        assert re.findall(r"<code>[0-9A-Z-]{14}</code>", second.text) == codes
        assert second.headers["Cache-Control"] == first.headers["Cache-Control"] == "no-store"
    assert desk.rows() == before
    assert len(desk.acts_since(seen)) == 1


def test_codes_are_shown_again_to_nobody_else_and_not_for_long(desk: Desk) -> None:
    """Another session with the same form gets nothing; nor does the same one, once the minute is over."""
    browser, action, data = proved_anew(desk, "/account/recovery-codes")
    codes = re.findall(r"<code>[0-9A-Z-]{14}</code>", browser.post(action, data=data).text)
    other = desk.browser(REVIEWER)
    token = form_to(other.get(action).text, action).data()["csrf_token"]
    refused = other.post(action, data=data | {"csrf_token": token})
    assert refused.status_code == 401
    assert codes[0] not in refused.text
    forms, name, gone = SingleForms(page_kept=0.01), b"name", threading.Event()
    assert forms.begin(name) is None
    forms.end(name, Answer(page="codes"))
    while (found := forms.begin(name)) is not None:
        assert found == Answer(page="codes")
        assert not gone.wait(0.01)


def test_a_refused_form_may_be_sent_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not done is not remembered as done: the very same form, the cause gone, works."""
    browser, action, data = prepare(desk, "/post/collect")

    def full(*_arguments: object) -> None:
        raise NoRoom

    with monkeypatch.context() as broken:
        broken.setattr("journalist_interface.views_post.ask_for_collection", full)
        assert browser.post(action, data=data).status_code == 507
    seen = desk.count_acts()
    assert browser.post(action, data=data).status_code == 303
    assert desk.acts_since(seen) == [(OFFICER, "collect")]


def test_the_same_button_on_a_new_page_is_a_new_act(desk: Desk) -> None:
    """Whoever locks, unlocks and locks again means it."""
    browser = desk.browser(OFFICER)
    seen = desk.count_acts()
    for action in ("/post/unlock", "/post/lock", "/post/unlock", "/post/lock"):
        assert browser.post(action, data=form_to(browser.get("/post").text, action).data()).status_code == 303
    assert [act for _who, act in desk.acts_since(seen)] == ["unlock", "lock", "unlock", "lock"]


def test_memory_of_forms_is_bounded_and_a_waiting_one_gives_up() -> None:
    """The oldest is forgotten; who waits too long is told to look later; what failed lets the next one try."""
    forms = SingleForms(patience=0.01)
    names = [name_form(b"key", "/x", [("form_id", str(number))]) for number in range(MOST_REMEMBERED + 1)]
    for name in names:
        assert forms.begin(name) is None
        with pytest.raises(TryLater):
            forms.begin(name)
        forms.end(name, Answer("/there"))
    assert forms.begin(names[1]) == Answer("/there")
    assert forms.begin(names[0]) is None
    forms.end(names[0], None)
    assert forms.begin(names[0]) is None
    assert name_form(b"key", "/x", [("a", "b")]) != name_form(b"another", "/x", [("a", "b")])
    assert name_form(b"key", "/x", [("a", "b")]) != name_form(b"key", "/y", [("a", "b")])


def test_every_form_carries_what_it_needs(desk: Desk) -> None:
    """Each that changes something has the session's token, an id of its own and its writer's name, on every page."""
    template = keep_template(desk.office)
    # Each signs in once: sixty strangers at a time are held up.
    browsers: dict[str, FlaskClient] = {}
    for rule, sent in FORMS.items():
        if (
            not sent.who
            or "{in_case}" in sent.fields.values()
            or rule
            in (
                "/post/open",
                "/post/letter/<submission>",
                "/post/retry",
                "/post/lock",
                "/account/end",
                "/case/<reference>/files/take-away",
            )
        ):
            continue
        if sent.who not in browsers:
            browsers[sent.who] = desk.browser(sent.who)
        page = browsers[sent.who].get(sent.page.format(mine=desk.mine, template=template)).text
        for form in forms_of(page):
            if form.method != "post":
                continue
            fields = dict(form.fields)
            assert fields["writer"] == sent.who
            assert len(fields["csrf_token"]) == 64
            assert ("form_id" in fields) == (form.action != "/sign-out")


def test_whatever_people_write_in_is_given_back() -> None:
    """A text box of a new page is one of the fields that come back, or this fails."""
    for template in TEMPLATES.glob("*.html"):
        for name in re.findall(r'<textarea\b[^>]*?\sname="([^"]+)"', template.read_text("utf-8")):
            assert name in TYPED or name == "{{ name }}", template.name


# What people write, and the form it is in.
WORDS: dict[str, tuple[str, dict[str, str | list[str]]]] = {
    "reply": ("text", {"text": HOUR, "question": ["Where?", "", "When <exactly>?"]}),
    "status": ("reason", {"status": "closed", "reason": HOUR, "outcome": "misuse"}),
    "note": ("note", {"note": HOUR}),
    "clear": ("reason", {"who": "bartek", "reason": HOUR}),
    "withdraw": ("reason", {"who": "amina", "reason": HOUR}),
}


@pytest.mark.parametrize("name", WORDS)
def test_words_survive_the_end_of_a_session_and_are_sent_after_all(desk: Desk, name: str) -> None:
    """Signed out, the words come back; signed in again in another tab, "Go on" shows them, and "Send" sends them."""
    field, typed = WORDS[name]
    browser = desk.browser(REVIEWER)
    action = f"/case/{desk.mine}/{name}"
    data = form_to(browser.get(f"/case/{desk.mine}").text, action).data(**typed)
    browser.delete_cookie("candour_desk")
    given = browser.post(action, data=data)
    assert given.status_code == 403
    assert 'href="/sign-in" target="_blank"' in given.text
    kept = form_to(given.text, action)
    assert dict(kept.fields)[field] == HOUR
    # The other tab.
    other = desk.browser(REVIEWER)
    cookie = other.get_cookie("candour_desk")
    assert cookie
    browser.set_cookie("candour_desk", cookie.value)
    seen = desk.count_acts()
    shown = browser.post(action, data=kept.data())
    assert shown.status_code == 400
    assert desk.acts_since(seen) == []
    ready = form_to(shown.text, action)
    assert [value for key, value in ready.fields if key == "question"] == (
        ["Where?", "When <exactly>?"] if name == "reply" else []
    )
    assert browser.post(action, data=ready.data()).status_code == 303
    assert FORMS[f"/case/<reference>/{name}"].acts == tuple(act for _who, act in desk.acts_since(seen))


def test_another_persons_words_are_neither_theirs_nor_shown(desk: Desk) -> None:
    """An old tab, in which somebody else wrote: it does not act as who signed in since, and does not tell them."""
    browser = desk.browser(REVIEWER)
    data = form_to(browser.get(f"/case/{desk.mine}").text, f"/case/{desk.mine}/note").data(note=HOUR)
    amina = desk.browser("amina").get_cookie("candour_desk")
    mine = browser.get_cookie("candour_desk")
    assert amina
    assert mine
    browser.set_cookie("candour_desk", amina.value)
    before = desk.rows()
    refused = browser.post(f"/case/{desk.mine}/note", data=data)
    assert refused.status_code == 400
    assert "Somebody else was signed in" in refused.text
    assert "an hour of" not in refused.text
    too_long = browser.post(f"/case/{desk.mine}/note", data={**data, "note": "an hour of" * 60_000})
    assert "an hour of" not in too_long.text
    assert desk.rows() == before
    # Back again, the very same request returns them to their writer.
    browser.set_cookie("candour_desk", mine.value)
    assert browser.post(f"/case/{desk.mine}/note", data=data).status_code == 303


def test_words_for_a_case_that_is_gone_are_given_back_without_a_word_of_it(desk: Desk) -> None:
    """Kept out meanwhile: what one wrote is one's own; whether the case is there is not told."""
    browser = desk.browser(REVIEWER)
    action = f"/case/{desk.mine}/note"
    data = form_to(browser.get(f"/case/{desk.mine}").text, action).data(note=HOUR)
    withdraw(desk.office.desk, desk.office.signed_in(), desk.mine, REVIEWER, "A friend of his.")
    before = desk.rows()
    gone = browser.post(action, data=data)
    assert gone.status_code == 404
    assert "an hour of &lt;work&gt;" in gone.text
    assert desk.mine not in gone.text
    never = browser.post("/case/0000-0000/note", data=data)
    assert never.text == gone.text
    assert desk.rows() == before


def test_too_long_a_text_is_given_back_to_be_shortened(desk: Desk) -> None:
    """Up to eight times what a form may have; then it is said that it was too much."""
    browser = desk.browser(REVIEWER)
    action = f"/case/{desk.mine}/note"
    form = form_to(browser.get(f"/case/{desk.mine}").text, action)
    long = browser.post(action, data=form.data(note=HOUR + "x" * 600_000))
    assert long.status_code == 413
    assert "an hour of &lt;work&gt;" in long.text
    shortened = form_to(long.text, action).data(note=HOUR)
    assert browser.post(action, data=shortened).status_code == 303
    longer = browser.post(action, data=form.data(note="x" * 5_000_000))
    assert (longer.status_code, "too much text" in longer.text) == (413, True)


def _letter(desk: Desk) -> None:
    with desk.office.desk.database.reading() as connection:
        asked = "SELECT reply_key FROM cases WHERE reference = ?"
        key = connection.exec_driver_sql(asked, (desk.mine,)).scalar_one()
    desk.office.open(desk.office.deliver(write_letter(key, "He has moved out.")))


def _acting(act: Callable[..., None], *told: object) -> Callable[[Desk], None]:
    return lambda desk: act(desk.office.desk, desk.office.signed_in(), desk.mine, new_blob_id(), *told)


MEANWHILE: dict[str, tuple[Callable[[Desk], None], str]] = {
    "a letter": (_letter, "A new letter came while you wrote."),
    "a status": (_acting(write_status, "passed-on", ""), "While you wrote, amina set the status to “Passed on”."),
    "a reply": (_acting(write_reply, "Thanks.", []), "While you wrote, amina replied to the source."),
    "a note": (_acting(write_note, "Do not write before Tuesday."), "While you wrote, amina kept a note."),
}


@pytest.mark.parametrize("what", MEANWHILE)
@pytest.mark.parametrize("name", ["reply", "status"])
def test_nothing_is_sent_past_what_came_meanwhile(desk: Desk, what: str, name: str) -> None:
    """The writer is told, sees it above the words, and sends them or not; a second press sends."""
    browser = desk.browser(REVIEWER)
    action = f"/case/{desk.mine}/{name}"
    data = form_to(browser.get(f"/case/{desk.mine}").text, action).data(**WORDS[name][1])
    happen, sentence = MEANWHILE[what]
    happen(desk)
    seen = desk.count_acts()
    told = browser.post(action, data=data)
    assert told.status_code == 409
    assert sentence in told.text
    assert [act for _who, act in desk.acts_since(seen)] == ["read"]
    again = form_to(told.text, action)
    assert dict(again.fields)[WORDS[name][0]] == HOUR
    assert browser.post(action, data=again.data()).status_code == 303


def test_ones_own_acts_in_another_tab_are_no_news(desk: Desk) -> None:
    """Nor is a note held up by what it does not answer."""
    browser = desk.browser(REVIEWER)
    page = browser.get(f"/case/{desk.mine}").text
    for name in ("note", "reply", "status"):
        form = form_to(page, f"/case/{desk.mine}/{name}")
        assert browser.post(form.action, data=form.data(**WORDS[name][1])).status_code == 303, name
    noting = form_to(browser.get(f"/case/{desk.mine}").text, f"/case/{desk.mine}/note")
    _letter(desk)
    assert browser.post(noting.action, data=noting.data(note="Rang Cleo.")).status_code == 303


@pytest.mark.parametrize("seen", ["-1", "x", "9" * 30, "\u0663", "1e3", "0"])
def test_an_odd_number_of_items_seen_is_none(desk: Desk, seen: str) -> None:
    """Whoever cannot say what they saw is shown all of it."""
    browser = desk.browser(REVIEWER)
    action = f"/case/{desk.mine}/reply"
    data = form_to(browser.get(f"/case/{desk.mine}").text, action).data(text=HOUR, seen=seen)
    assert browser.post(action, data=data).status_code == 409
