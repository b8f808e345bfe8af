"""A reviewer's day and a supervisor's, in Debian's Chromium without scripts: by what they read on the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from journalist_interface.inviting import invite
from journalist_interface.resetting import ask_reset
from keys.letter import Answer
from store.desk.invitations import InvitationKind
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import letter, source
from tests.pictures.camera import sign_in, window
from tests.served import served_desk

PEOPLE = {"ben": (Role.REVIEWER,), "sue": (Role.SUPERVISOR,), "ada": (Role.ADMINISTRATOR,)}
DANGER = (Answer("q-danger", "yes"), Answer("q-safe-time", "Tuesdays after nine"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a case in danger, two that are late, and something to consent to."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        urgent = letter(made, source(), message="He waits at the gate.", must_not_reach="Blunt", answers=DANGER)
        made.open(urgent, cleared=("amina", "ben"))
        for message in ("The rota is sold.", "The jokes in the shift group."):
            made.open(letter(made, source(), message=message), cleared=("amina", "ben"))
        letter(made)
        with made.desk.database.writing() as connection:
            connection.exec_driver_sql("UPDATE parcels SET collected_day = '2026-01-05'")
        made.open(letter(made, source(), message="From long ago."), cleared=("amina",))
        with made.desk.database.writing() as connection:
            connection.exec_driver_sql("UPDATE cases SET answer_from = '2026-01-05'")
        ask_reset(made.desk, made.signed_in("ada"), "ben", InvitationKind.SECOND_FACTOR)
        invite(made.desk, made.signed_in("ada"), "zoe", [Role.REVIEWER.value])
        yield made


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Where the desk answers."""
    with served_desk(office.folder) as address:
        yield address


def heading(page: Page, text: str) -> None:
    """See that a page is there."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(text)


def go_through_the_checklist(page: Page) -> None:
    """Read first, then point by point; telling somebody and setting a day are done further down."""
    points = page.locator("ol.points > li")
    expect(points).to_have_count(8)
    for number in (0, 1, 2, 4):
        points.nth(number).get_by_label("done", exact=True).check()
    points.nth(1).get_by_label("In a word").fill("Her, at home, with a child.")
    points.nth(5).get_by_label("does not apply", exact=True).check()
    points.nth(5).get_by_label("Why it does not apply").fill("Amina reads it with me.")
    points.nth(6).get_by_label("does not apply", exact=True).check()
    points.nth(6).get_by_label("Why it does not apply").fill("She is away today.")
    page.get_by_role("button", name="Keep the answers").click()
    page.get_by_label("Told", exact=True).select_option(label="a domestic abuse service")
    page.get_by_label("Who exactly, and by which way").fill("Their helpline, from the office.")
    page.get_by_role("button", name="Note that they were told").click()
    expect(page.get_by_text("a domestic abuse service").first).to_be_visible()
    day = page.get_by_label("Day", exact=True)
    day.fill(str(day.get_attribute("min")))
    page.get_by_role("button", name="Set the day").click()
    expect(page.get_by_role("heading", name="What to do")).to_contain_text("8 of 8")


def test_a_reviewers_day(browser: Browser, office: Office, url: str) -> None:
    """Today, the case in danger, its checklist, a reply, a status, a tag, a search; and Today again, without danger."""
    with window(browser, url) as page:
        sign_in(page, office, "ben")
        heading(page, "Today")
        first = page.locator("section.need").first
        expect(first).to_contain_text("Somebody may be in danger")
        first.locator(".rows a").first.click()
        expect(page.get_by_role("alert")).to_contain_text("someone is in danger now")
        name = str(page.get_by_role("heading", level=1).text_content()).split("\n")[0].strip()
        page.get_by_role("link", name="What to do, and who was told").click()
        expect(page.get_by_role("main")).to_contain_text("Tuesdays after nine")
        page.get_by_label("Why nobody is in danger any more").fill("It is over.")
        page.get_by_role("button", name="Stand it down").click()
        expect(page.locator(".fault")).to_contain_text("so every point comes first")
        go_through_the_checklist(page)
        page.get_by_role("link", name="Today").click()
        expect(page.locator("section.need-reminder")).to_contain_text("Look again")
        page.locator("section.need-danger .rows a").first.click()
        page.get_by_label("Text", exact=True).fill("Thank you. If he comes, ring 999.")
        page.get_by_label("Question 1").fill("Is there a safe place near you?")
        page.get_by_role("button", name="Send with the next collection").click()
        expect(page.locator(".timeline")).to_contain_text("Is there a safe place near you?")
        page.get_by_label("Tags, with commas between").fill("gate")
        page.locator("#work ~ form button").click()
        page.get_by_label("Where it stands").select_option(label="Closed")
        page.locator("#new-outcome").select_option("passed-on")
        page.get_by_label("Reason", exact=True).first.fill("We are done.")
        page.get_by_role("button", name="Set the status").click()
        expect(page.locator("#status ~ .fault")).to_contain_text("so it was not closed")
        page.get_by_role("link", name="What to do, and who was told").click()
        page.get_by_label("Why nobody is in danger any more").fill("She is at a refuge.")
        page.get_by_role("button", name="Stand it down").click()
        expect(page.locator(".stood-down")).to_contain_text("She is at a refuge.")
        page.get_by_label("Where it stands").select_option(label="Passed on")
        page.get_by_role("button", name="Set the status").click()
        expect(page.locator(".facts .status")).to_have_text("Passed on")
        page.goto("/search")
        page.locator("#query").fill("helpline")
        page.locator("main form.search button").click()
        expect(page.locator("ol.hits li")).to_have_count(1)
        expect(page.locator("ol.hits")).to_contain_text(name)
        page.get_by_role("link", name="Candour desk").click()
        heading(page, "Today")
        expect(page.locator("section.need-danger")).to_have_count(0)


def test_a_supervisors_day(browser: Browser, office: Office, url: str) -> None:
    """The whole, other deadlines, the whole again; and a consent: without a word of any case."""
    with window(browser, url) as page:
        sign_in(page, office, "sue")
        page.get_by_role("link", name="The whole").click()
        heading(page, "The whole")
        overdue = page.locator("section.need").first
        expect(overdue).to_contain_text("4 cases are past a deadline, the oldest since 8 Jan 2026.")
        expect(page.locator("#statuses ~ table")).to_contain_text("Being read")
        expect(page.locator("main")).to_contain_text("1 letter that nobody has opened, since 5 Jan 2026.")
        overdue.get_by_role("link", name="The deadlines").click()
        page.get_by_label("A letter is answered within so many working days").fill("60")
        page.get_by_role("button", name="Keep it").click()
        expect(page.get_by_role("status")).to_contain_text("It holds from now on")
        page.get_by_role("link", name="The whole").click()
        expect(page.locator("section.need").first).to_contain_text("the oldest since")
        expect(page.locator("main")).not_to_contain_text("gate")
        page.get_by_role("link", name="Consents").click()
        expect(page.locator("ol.queue li")).to_have_count(1)
        page.get_by_role("button", name="I asked them: agree").click()
        expect(page.locator("main code").first).to_be_visible()
