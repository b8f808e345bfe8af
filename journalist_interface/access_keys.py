"""Access keys: one letter for each thing that is reached often, the same on every page, where there are no scripts.

A page may have several of them, and none twice: what shares a letter never stands on one page. They are letters and not
signs, which stand elsewhere on every other keyboard. None does what cannot be undone: browsers have keys of their own,
and Alt with D is the address bar in some. The page "Keyboard" is made from this list, and a test walks the
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
    "look-first": "d",
    "safety": "e",
    "link-case": "l",
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


def access_key(name: str) -> Markup:
    """Return the attribute for a link, button or box. Raises KeyError for a thing that has no letter."""
    return Markup('accesskey="{}"').format(LETTERS[name])


def key_lines() -> tuple[tuple[str, tuple[KeyLine, ...]], ...]:
    """Return every letter in words, under where it works, in the order in which a day needs them."""
    everywhere = {
        "today": _("Today"),
        "cases": _("Cases"),
        "search": _("Search in what your cases say"),
        "post": _("Post"),
        "keyboard": _("This page"),
    }
    on_lists = {
        "narrow": _("The first box that narrows the list"),
        "next-page": _("Next page"),
        "page-before": _("Page before"),
        "change-ticked": _("Change or close those ticked"),
    }
    in_cases = {
        "next-case": _("Next case of the list you came from"),
        "case-before": _("Case before"),
        "back-to-list": _("Up: back to the list"),
        "reply": _("The box of the reply"),
        "look-first": _("Look at the reply before it is sent"),
        "note": _("The box of the note"),
        "safety": _("Emergency: if somebody is in danger"),
        "link-case": _("Link another case"),
        "work": _("Who works on it, priority, tags"),
        "summary": _("Write the summary"),
        "keep-summary": _("Keep the summary, where it is written"),
    }
    return tuple(
        (where, tuple(KeyLine(LETTERS[name], does) for name, does in lines.items()))
        for where, lines in ((_("Everywhere"), everywhere), (_("On lists"), on_lists), (_("In a case"), in_cases))
    )
