"""What was typed in a form of the desk that was not taken: given back, to its writer alone, not a word lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import journalist_interface
from journalist_interface.given_back import TYPED
from journalist_interface.walls import withdraw
from tests.desk_forms import FORMS, HOUR, REVIEWER, WORDS
from tests.desk_routes import Desk, form_to, furnished

TEMPLATES = Path(journalist_interface.__path__[0]) / "templates"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    with furnished(tmp_path / "desk") as made:
        yield made


def test_whatever_people_write_in_is_given_back() -> None:
    """A text box of a new page is one of the fields that come back, or this fails."""
    for template in TEMPLATES.glob("*.html"):
        for name in re.findall(r'<textarea\b[^>]*?\sname="([^"]+)"', template.read_text("utf-8")):
            assert name in TYPED or name == "{{ name }}", template.name


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
