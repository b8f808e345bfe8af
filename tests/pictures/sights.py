"""What is photographed: each page as the one who works with it sees it, in the order of a day."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Sight:
    """A page: who looks at it (nobody is signed in without `who`), and how they get there from where they were."""

    name: str
    who: str
    go: Callable[[Page], object]


def _invite(page: Page) -> None:
    page.goto("/people")
    page.fill("#username", "zoe")
    page.check("[name=role][value=reviewer]")
    page.click("section.panel button")


def _join(page: Page, link: str) -> None:
    page.goto(link)


def _ask_for_a_reset(page: Page) -> None:
    page.goto("/people/ben")
    page.click("text=The password is forgotten")


SIGHTS = (
    Sight("sign-in", "", lambda page: page.goto("/sign-in")),
    Sight("post-locked", "amina", lambda page: page.goto("/post")),
    Sight("post", "amina", lambda page: page.click("text=Unlock the intake key")),
    Sight("clearance", "amina", lambda page: page.click("text=Choose who may read it")),
    Sight("what-i-take", "ben", lambda page: page.goto("/about-me")),
    Sight("cases", "ben", lambda page: page.goto("/")),
    Sight("case", "ben", lambda page: page.click("table.list a")),
    Sight("sessions", "cora", lambda page: page.goto("/account")),
    Sight("people", "dora", lambda page: page.goto("/people")),
    Sight("invited", "dora", _invite),
    Sight("person", "dora", lambda page: page.goto("/people/ben")),
    Sight("reset-link", "dora", _ask_for_a_reset),
    Sight("consents", "cora", lambda page: page.goto("/consents")),
    Sight("audit", "evan", lambda page: page.goto("/audit")),
)
