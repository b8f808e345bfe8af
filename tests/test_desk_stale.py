"""Old pages, two tabs, the back button and a double click in a real browser without scripts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from journalist_interface.walls import withdraw
from store.desk.items import ItemKind
from tests.desk_office import write_letter
from tests.desk_routes import Desk, furnished
from tests.pictures.camera import sign_in
from tests.served import served

HOUR = "An hour of work, with “quotes” and a\nsecond line."


@dataclass
class Sitting:
    """A desk, and a browser profile in front of it."""

    desk: Desk
    profile: BrowserContext

    def enter(self, page: Page, who: str) -> None:
        """Sign somebody in."""
        with self.desk.office.desk.database.writing() as connection:
            connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
        sign_in(page, self.desk.office, who)

    def tab(self, who: str = "reviewer") -> Page:
        """A first tab in which somebody is signed in, at the case."""
        page = self.profile.new_page()
        self.enter(page, who)
        page.goto(f"/case/{self.desk.mine}")
        return page

    def kinds(self) -> list[str]:
        """What stands in the case."""
        asked = "SELECT i.kind FROM items i JOIN cases c ON c.id = i.case_id WHERE c.reference = ? ORDER BY position"
        with self.desk.office.desk.database.reading() as connection:
            return list(connection.exec_driver_sql(asked, (self.desk.mine,)).scalars())


@pytest.fixture
def sitting(tmp_path: Path, browser: Browser) -> Iterator[Sitting]:
    """Somebody before the desk, scripts off."""
    with furnished(tmp_path / "desk") as desk, served(desk.app) as url:
        profile = browser.new_context(java_script_enabled=False, base_url=url)
        yield Sitting(desk, profile)
        profile.close()


def write(page: Page, words: str = HOUR) -> None:
    """Write a reply without sending it."""
    page.fill("#text", words)
    page.fill("#question-1", "Where was it?")


SEND = "text=Send with the next collection"


def test_a_double_click_sends_one_reply(sitting: Sitting) -> None:
    """The page that comes is that of a reply that was sent."""
    page = sitting.tab()
    write(page)
    page.locator(SEND).dblclick()
    page.wait_for_url(re.compile("#latest"))
    assert page.locator("article", has_text="An hour of work").count() == 1
    assert sitting.kinds().count(ItemKind.REPLY.value) == 2  # the acknowledgement is one


def test_loading_a_refused_page_again_sends_nothing_twice(sitting: Sitting) -> None:
    """A page that came instead of the reply, loaded again, asks no worse than before; the words stay."""
    page = sitting.tab()
    write(page, "x" * 8_001)
    page.click(SEND)
    page.wait_for_selector(".fault")
    page.reload()
    assert page.input_value("#text") == "x" * 8_001
    assert sitting.kinds() == ["letter", "reply"]


def test_after_sign_out_the_back_button_shows_nothing(sitting: Sitting) -> None:
    """Neither the case nor what was written; however far back."""
    page = sitting.tab()
    page.fill("#note-text", "a canary note")
    page.click("text=Keep the note")
    page.wait_for_url(re.compile("#latest"))
    assert "a canary note" in page.content()
    page.goto("/")
    page.click("text=Sign out")
    signed_out = page.locator("h1", has_text="Sign in")
    for _step in range(4):
        # The browser takes no step back while it still loads the page before.
        signed_out.wait_for()
        page.wait_for_load_state()
        page.go_back()
        signed_out.wait_for()
        assert "canary" not in page.content()
        assert sitting.desk.mine not in page.content()


def test_words_of_an_ended_session_are_sent_from_the_same_tab(sitting: Sitting) -> None:
    """Sign in in the tab that the page opens, come back, go on, look once more, send."""
    page = sitting.tab()
    write(page)
    sitting.profile.clear_cookies()
    page.click(SEND)
    assert page.locator("h1", has_text="Not sent yet").count() == 1
    with sitting.profile.expect_page() as opened:
        page.click("text=Sign in in another tab")
    sitting.enter(opened.value, "reviewer")
    page.bring_to_front()
    page.click("main button")
    page.wait_for_selector("text=Send it now")
    assert page.input_value("textarea[name=text]") == HOUR
    assert sitting.kinds() == ["letter", "reply"]
    page.click("text=Send it now")
    page.wait_for_url(re.compile("#latest"))
    assert "An hour of work" in page.inner_text(".reply-entry >> nth=1")
    assert "Where was it?" in page.inner_text(".reply-entry >> nth=1")


def test_a_tab_of_somebody_who_left_does_not_act_as_who_came(sitting: Sitting) -> None:
    """Signed out in the second tab, a colleague signed in there: the first one sends nothing and shows them nothing."""
    first = sitting.tab()
    write(first)
    second = sitting.profile.new_page()
    second.goto("/")
    second.click("text=Sign out")
    sitting.enter(second, "amina")
    first.click(SEND)
    assert "Somebody else was signed in when this page was made" in first.inner_text("main")
    assert "An hour of work" not in first.content()
    assert sitting.kinds() == ["letter", "reply"]
    # The writer comes back, and loads the page again.
    second.goto("/")
    second.click("text=Sign out")
    sitting.enter(second, "reviewer")
    first.reload()
    assert first.input_value("textarea[name=text]") == HOUR
    first.click("text=Send it now")
    first.wait_for_url(re.compile("#latest"))
    assert sitting.kinds()[2] == "reply"


def test_a_letter_that_came_while_somebody_wrote_is_shown_first(sitting: Sitting) -> None:
    """The sentence, the letter, and the words as they were; a second press sends them."""
    page = sitting.tab()
    write(page)
    office = sitting.desk.office
    with office.desk.database.reading() as connection:
        asked = "SELECT reply_key FROM cases WHERE reference = ?"
        key = connection.exec_driver_sql(asked, (sitting.desk.mine,)).scalar_one()
    office.open(office.deliver(write_letter(key, "Please do not write on a Tuesday.")))
    page.click(SEND)
    assert "A new letter came while you wrote" in page.inner_text("[role=alert].fault")
    assert "Please do not write on a Tuesday." in page.inner_text(".timeline")
    assert page.input_value("#text") == HOUR
    page.click("text=See what is new")
    page.fill("#text", "Not on a Tuesday, then.")
    page.click(SEND)
    page.wait_for_url(re.compile("#latest"))
    assert sitting.kinds() == ["letter", "reply", "letter", "reply", "status"]


def test_who_was_kept_out_while_writing_keeps_the_words_and_nothing_else(sitting: Sitting) -> None:
    """They are the writer's own; the case is gone, for them."""
    page = sitting.tab()
    write(page)
    withdraw(sitting.desk.office.desk, sitting.desk.office.signed_in(), sitting.desk.mine, "reviewer", "A friend.")
    page.click(SEND)
    assert page.input_value("textarea >> nth=0") == HOUR
    assert page.locator("main button").count() == 0
    assert sitting.desk.mine not in page.inner_text("main")


def test_two_tabs_of_one_person_do_not_undo_each_other(sitting: Sitting) -> None:
    """A status set in one, a reply from the other: both are there."""
    first = sitting.tab()
    write(first)
    second = sitting.profile.new_page()
    second.goto(f"/case/{sitting.desk.mine}")
    second.select_option("#new-status", "passed-on")
    second.click("text=Set the status")
    second.wait_for_url(re.compile("#latest"))
    first.click(SEND)
    first.wait_for_url(re.compile("#latest"))
    assert sitting.kinds() == ["letter", "reply", "status", "reply", "status"]


def test_a_session_ended_elsewhere_ends_this_page(sitting: Sitting) -> None:
    """A click on an old page leads to sign-in, and does nothing."""
    page = sitting.tab()
    with sitting.desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM sessions")
    seen = sitting.desk.count_acts()
    page.click("text=Sign out")
    assert page.locator("h1", has_text="Sign in").count() == 1
    assert sitting.desk.acts_since(seen) == []
