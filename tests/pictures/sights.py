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


SIGHTS = (
    Sight("sign-in", "", lambda page: page.goto("/sign-in")),
    Sight("post-locked", "amina", lambda page: page.goto("/post")),
    Sight("post", "amina", lambda page: page.click("text=Unlock the intake key")),
    Sight("cases", "ben", lambda page: page.goto("/")),
    Sight("case", "ben", lambda page: page.click("table.list a")),
    Sight("sessions", "cora", lambda page: page.goto("/account")),
    Sight("audit", "evan", lambda page: page.goto("/audit")),
)
