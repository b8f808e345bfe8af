"""A reviewer writes to a source in Debian's Chromium without scripts: keeps, comes back, looks, is warned, sends."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from journalist_interface.casework.first_templates import first_templates
from journalist_interface.casework.team_templates import keep_new
from store.desk.roles import Role
from tests.desk_office import Office, new_office, sent_replies, write_letter
from tests.desk_person import source
from tests.pictures.camera import sign_in, window
from tests.served import served_desk

MESSAGE = "Dave sells what the computer knows at the car wash in Northtown."


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk where ben reads a case, and the team has templates."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,)}) as made:
        keep_new(made.desk, made.signed_in(), first_templates())
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """The case."""
    letter = write_letter(source(), MESSAGE, must_not_reach="")
    return office.open(office.deliver(letter), cleared=("amina", "ben"))


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Where the desk answers."""
    with served_desk(office.folder) as address:
        yield address


def fits(page: Page, width: int) -> bool:
    """Whether nothing of a page stands beyond the window's side."""
    return int(page.evaluate("document.documentElement.scrollWidth")) <= width


@pytest.mark.parametrize("width", [320, 1280])
def test_a_reply_is_written_kept_looked_at_and_sent(
    browser: Browser, office: Office, reference: str, url: str, width: int
) -> None:
    """With every button on the way; the same words at its end as were typed at its beginning."""
    before = sent_replies(office)
    with window(browser, url, width) as page:
        sign_in(page, office, "ben")
        page.goto(f"/case/{reference}")
        page.fill("#text", "Does Dave know that you saw it?\n\nWe are careful.")
        page.get_by_label("Template").first.select_option(label="When is it safe for you?")
        page.get_by_role("button", name="Put it in").first.click()
        expect(page.locator("#question-1")).to_have_value("Is there a day and a time when nobody can see your screen?")
        page.get_by_role("button", name="Keep as a draft").first.click()
        page.goto("/today")
        page.locator("section.drafts a").click()
        expect(page.locator("#text")).to_have_value(
            "Does Dave know that you saw it?\n\nWe are careful.\n\n"
            "Before we ask you more, we want to be sure that it is safe for you to come back here."
        )
        assert fits(page, width)
        page.get_by_role("button", name="Send with the next collection").click()
        expect(page.get_by_role("heading", name="These words may tell on the source")).to_be_visible()
        expect(page.locator("mark")).to_have_text(["Dave"])
        assert sent_replies(office) == before
        assert fits(page, width)
        page.get_by_role("button", name="Change it").click()
        page.fill("#text", page.input_value("#text").replace("Does Dave", "Does he"))
        page.get_by_role("button", name="Look at it first").click()
        expect(page.locator("mark")).to_have_count(0)
        frame = page.frame_locator("iframe.phone")
        expect(frame.locator("article.reply > p").first).to_have_text("Does he know that you saw it?")
        expect(frame.locator("textarea")).to_have_count(2)
        # The look of the source's page: its sheet was let in, and the frame is as narrow as a telephone.
        assert frame.locator("article.reply").evaluate("it => getComputedStyle(it).borderRadius") == "13.5px"
        assert frame.locator("body").evaluate("it => it.ownerDocument.defaultView.innerWidth") <= 320
        page.get_by_role("button", name="Send it").click()
        page.wait_for_url("**#latest")
        assert sent_replies(office) == before + 1
        expect(page.locator("#text")).to_have_value("")
        expect(page.get_by_text("2 replies wait for the next collection.")).to_be_visible()
        assert fits(page, width)


def test_templates_fit_a_narrow_window_and_are_changed_there(browser: Browser, office: Office, url: str) -> None:
    """Every one can be reached, changed and deleted."""
    with window(browser, url, 320) as page:
        sign_in(page, office, "ben")
        page.goto("/templates")
        assert fits(page, 320)
        page.click("text=We have read it")
        page.fill("#text", "We have read it. Thank you.")
        page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_text("We have read it. Thank you.")).to_be_visible()
        page.click("text=We have read it")
        assert fits(page, 320)
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("We have read it", exact=True)).to_have_count(0)
