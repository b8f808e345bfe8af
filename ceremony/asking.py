"""How people are asked: a sentence, then a prompt that says what is wanted. Enter alone never is an answer.

Rules:
- What is compared is typed by who hears it, before this screen shows it: who could copy it from here would compare
  nothing. Which groups are asked for is drawn each time.
- What is typed from paper has gone from the screen by then: who could copy it from here would prove no paper.
- A wrong answer is told and asked again, a few times; what does not fit then is no slip of the tongue.
"""

import textwrap
from collections.abc import Sequence
from random import SystemRandom

import click

from ceremony.errors import CeremonyRefused
from serving.language import gettext as _
from serving.private_screen import UNREADABLE, ask_line, shown_once

GROUPS_ASKED = 3
ATTEMPTS = 3
LEAVE = _("leave")
_WIDTH = 78


def say(*paragraphs: str) -> None:
    """Write paragraphs, 78 columns wide at most."""
    for paragraph in paragraphs:
        click.echo(textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False))


def show(label: str, groups: str) -> None:
    """Write something that is compared or written down, in a line of its own."""
    click.echo(f"\n    {label}:  {groups}\n")


def ask(label: str) -> str:
    """Return what was typed after a prompt, without spaces round it. Raises EOFError if there will be nothing."""
    while UNREADABLE in (line := ask_line(f"{label}> ")):
        say(_("That could not be read as letters. Nothing was done with it: type it again."))
    return line.strip()


def ask_word(sentence: str, *words: str) -> str:
    """Return which of these words was typed. The sentence should name them; anything else is asked again."""
    say(sentence)
    label = _("type {words}").format(words=_(" or ").join(f"“{word}”" for word in words))
    while (typed := ask(label).strip("“”\"'").casefold()) not in words:
        say(_("Type the word itself: Enter alone, or another word, does nothing here."))
    return typed


def ask_groups(label: str, groups: str, refusal: str, *, asked: int = GROUPS_ASKED) -> None:
    """Have a few groups typed back that are in somebody's ear or on paper. Raises CeremonyRefused(refusal)."""
    every = groups.split()
    drawn = sorted(SystemRandom().sample(range(len(every)), asked))
    numbers = " ".join(str(place + 1) for place in drawn)
    for left in reversed(range(ATTEMPTS)):
        typed = ask(_("{label}, groups {numbers}").format(label=label, numbers=numbers))
        if _plain(typed) == _plain("".join(every[place] for place in drawn)):
            return
        if left:
            say(
                _(
                    "That is not the same. Nothing was done with it. Have the groups {numbers} read again, slowly, "
                    "sign by sign, and type them again: {n} attempts are left."
                ).format(numbers=numbers, n=left)
            )
    raise CeremonyRefused(refusal)


def compare(label: str, groups: str, read_from: str, refusal: str) -> None:
    """Have people compare what this host has with what `read_from` says: first unseen, then all of it, aloud.

    Raises CeremonyRefused with `refusal`, a sentence that says what was not done and what to do.
    """
    say(
        _(
            "Somebody reads the groups of “{label}” aloud from {source}. You at this machine type three of them as you "
            "hear them. This screen does not show them yet, so that nobody copies them from here."
        ).format(label=label, source=read_from)
    )
    ask_groups(label, groups, refusal)
    say(_("The three are right. Here is all of it. Have every group read aloud once more, and follow on this screen."))
    show(label, groups)
    if ask_word(_("Was every group the same? Type “same” or “different”."), _("same"), _("different")) != _("same"):
        raise CeremonyRefused(refusal)


def written_down(label: str, groups: str, why: str) -> None:
    """Have groups written on paper, on a screen that is cleared, and typed back from the paper until they are right."""
    say(why)
    while True:
        with shown_once(_("Written? Press Enter: the screen is cleared, and three groups are asked from the paper.")):
            say(_("Write this on paper now, with the words before it:"))
            show(label, groups)
        try:
            ask_groups(label, groups, _("That is not what was shown. It is shown once more: put the paper right."))
        except CeremonyRefused as reason:
            say(str(reason))
        else:
            return


def _plain(typed: str | Sequence[str]) -> str:
    return "".join(sign for sign in "".join(typed).upper() if sign.isalnum())
