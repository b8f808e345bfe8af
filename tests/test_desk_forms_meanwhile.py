"""A form of the desk sent past what came into its case meanwhile: its writer is told first."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journalist_interface.writing import write_note, write_reply, write_status
from store.blobs import new_blob_id
from tests.desk_forms import HOUR, REVIEWER, WORDS
from tests.desk_office import write_letter
from tests.desk_routes import Desk, form_to, furnished


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    with furnished(tmp_path / "desk") as made:
        yield made


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
