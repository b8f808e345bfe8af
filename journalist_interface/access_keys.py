"""Access keys: one letter for each thing that is reached often, the same on every page, where there are no scripts.

A page may have several of them, and none twice: what shares a letter never stands on one page. They are letters and not
signs, which stand elsewhere on every other keyboard. The page "Keyboard" is made from this list, and a test walks the
pages of the desk and finds no other key.
"""

from dataclasses import dataclass

from markupsafe import Markup

from serving.language import gettext as _

# By what they are for. What shares a letter is one thing on two kinds of page: of a list, and of a case.
LETTERS = {
    "today": "t",
    "cases": "c",
    "search": "f",
    "post": "p",
    "keyboard": "h",
    "narrow": "l",
    "change-ticked": "m",
    "next-page": "n",
    "page-before": "b",
    "next-case": "n",
    "case-before": "b",
    "back-to-list": "u",
    "reply": "r",
    "send": "d",
    "note": "o",
    "work": "w",
    "summary": "s",
    "keep-summary": "k",
}


@dataclass(frozen=True)
class KeyLine:
    """One line of the page "Keyboard"."""

    letter: str
    does: str
    where: str


def access_key(name: str) -> Markup:
    """Return the attribute for a link, button or box. Raises KeyError for a thing that has no letter."""
    return Markup('accesskey="{}"').format(LETTERS[name])


def key_lines() -> tuple[KeyLine, ...]:
    """Return every letter in words, in the order in which a day needs them."""
    everywhere, list_page, case_page = _("every page"), _("lists"), _("a case")
    lines = (
        ("today", _("Today"), everywhere),
        ("cases", _("Cases"), everywhere),
        ("search", _("Search in what your cases say"), everywhere),
        ("post", _("Post"), everywhere),
        ("keyboard", _("This page"), everywhere),
        ("narrow", _("The first box that narrows the list"), list_page),
        ("next-page", _("Next page"), list_page),
        ("page-before", _("Page before"), list_page),
        ("change-ticked", _("Change or close those ticked"), list_page),
        ("next-case", _("Next case of the list you came from"), case_page),
        ("case-before", _("Case before"), case_page),
        ("back-to-list", _("Up: back to the list"), case_page),
        ("reply", _("The box of the reply"), case_page),
        ("send", _("Send the reply"), case_page),
        ("note", _("The box of the note"), case_page),
        ("work", _("Who works on it, priority, tags"), case_page),
        ("summary", _("Write the summary"), case_page),
        ("keep-summary", _("Keep the summary"), _("the page of a summary")),
    )
    return tuple(KeyLine(LETTERS[name], does, where) for name, does, where in lines)
