"""What is photographed: each page as the one who works with it sees it, in the order of a day."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page

Links = dict[str, str]


@dataclass(frozen=True)
class Sight:
    """A page: who looks at it (nobody is signed in without `who`), and how they get there from where they were.

    Without a `name` no picture is taken: it is a step on the way. `Links` are what one person hands another.
    """

    name: str
    who: str
    go: Callable[[Page, Links], object]


def _at(address: str) -> Callable[[Page, Links], object]:
    return lambda page, _links: page.goto(address)


def _press(what: str) -> Callable[[Page, Links], object]:
    return lambda page, _links: page.click(what)


def _invite(page: Page, links: Links) -> None:
    page.goto("/people")
    page.fill("#username", "zoe")
    page.check("[name=role][value=reviewer]")
    page.click("section.panel button")
    links["invitation"] = urlsplit(page.input_value("#link")).path


def _ask_for_a_reset(page: Page, links: Links) -> None:
    page.click("text=The password is forgotten")
    links["reset"] = urlsplit(page.input_value("#link")).path


def _search(page: Page, _links: Links) -> None:
    page.fill("#query", "computer")
    page.click("main form.search button")
    page.wait_for_selector("mark")


SIGHTS = (
    Sight("sign-in", "", _at("/sign-in")),
    Sight("post-locked", "amina", _at("/post")),
    Sight("post", "amina", _press("text=Unlock the intake key")),
    Sight("clearance", "amina", _press("text=Choose who may read it")),
    Sight("what-i-take", "ben", _at("/about-me")),
    Sight("", "ben", _at("/search")),
    Sight("search", "ben", _search),
    Sight("today", "ben", _at("/today")),
    Sight("cases", "ben", _at("/")),
    Sight("case", "ben", _press("table.list tbody a")),
    Sight("summary", "ben", _press(".summary-panel a")),
    Sight("templates", "ben", _at("/templates")),
    Sight("destruction", "ben", _at("/destruction")),
    Sight("keyboard", "ben", _at("/keyboard")),
    Sight("sessions", "cora", _at("/account")),
    Sight("deadlines", "cora", _at("/deadlines")),
    Sight("whole", "cora", _at("/whole")),
    Sight("retention", "cora", _at("/retention")),
    Sight("hosts", "cora", _at("/hosts")),
    Sight("people", "dora", _at("/people")),
    Sight("invited", "dora", _invite),
    Sight("invitation", "", lambda page, links: page.goto(links["invitation"])),
    Sight("person", "dora", _at("/people/ben")),
    Sight("entrance", "dora", _press("text=Make a new key")),
    Sight("", "dora", _at("/people/ben")),
    Sight("", "dora", _ask_for_a_reset),
    Sight("consents", "cora", _at("/consents")),
    Sight("consented", "cora", _press("text=I asked them: agree")),
    Sight("reset", "", lambda page, links: page.goto(links["reset"])),
    Sight("audit", "evan", _at("/audit")),
    Sight("figures", "evan", _at("/figures")),
)
