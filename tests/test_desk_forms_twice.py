"""Every form of the desk, sent twice: done once, and the second told what the first was told."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from journalist_interface.errors import TryLater
from journalist_interface.single_forms import MOST_REMEMBERED, Answer, SingleForms, name_form
from store.errors import NoRoom
from tests.desk_forms import BY_LINK, FORMS, OFFICER, PROVED_ANEW, REVIEWER, WITH_FILES
from tests.desk_forms_ready import prepare, proved_anew
from tests.desk_routes import Desk, form_to, forms_of, furnished
from tests.desk_talk import keep_template


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    with furnished(tmp_path / "desk") as made:
        yield made


def test_every_form_is_sent_twice(desk: Desk) -> None:
    """A route that takes a form, and no line above, fails here."""
    assert {rule.rule for rule in desk.routes("POST")} == FORMS.keys() | PROVED_ANEW | BY_LINK | WITH_FILES


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
