"""Asking custodians for their shares, one after another. Each is checked by itself, and may be typed again."""

from collections.abc import Callable
from itertools import takewhile

import click

from keys.errors import (
    ShareForeign,
    ShareMiscopied,
    ShareMisspelt,
    ShareOfAnotherSet,
    ShareRefused,
    SharesTooFew,
    ShareTwice,
)
from keys.recovery_shares import WORDS_IN_A_SHARE, RecoveryShare, ShareSet, typed_words, word_for
from serving.language import gettext as _
from serving.language import ngettext
from serving.private_screen import ask_line, private_screen


def ask_for_shares(*, further: bool = False) -> bytes:
    """Return what the shares give together, once enough of them were typed. Raises SharesTooFew or SharesDisagree.

    With `further` more than are needed may follow, until somebody presses Enter alone: each is checked too.
    """
    held = ShareSet()
    while not held.is_complete:
        try:
            _take_one(held)
        except EOFError as reason:
            raise SharesTooFew(held.given, held.needed) from reason
    while further:
        try:
            further = _take_one(held, may_end=True)
        except EOFError:
            further = False
    return held.combine()


def ask_for_words(heading: str, *, may_end: bool = False) -> str:
    """Return the words that were typed, over one line or several, on a screen that is cleared.

    An empty line ends them early; with `may_end` it may be all, and the answer is empty. Raises EOFError.
    """
    typed = ""
    with private_screen():
        click.echo(heading)
        while (have := len(typed_words(typed))) < WORDS_IN_A_SHARE:
            line = ask_line(f"{have + 1:>2}> ")
            if not line.strip() and (typed or may_end):
                break
            typed = _with_line(typed, line)
    return typed.strip()


def _with_line(typed: str, line: str) -> str:
    """Return what is typed so far with one more line; say which word of it is none, and leave that and all after it."""
    words = typed_words(line)
    if len(words) >= WORDS_IN_A_SHARE:
        return line  # a whole share: from the beginning, and told of as a whole
    known = list(takewhile(word_for, words))
    if len(known) < len(words):
        place = len(typed_words(typed)) + len(known) + 1
        click.echo(
            _("Word number {place} is not on the list of words. Go on typing with that one.").format(place=place)
        )
    return " ".join([typed, *known])


def _take_one(held: ShareSet, *, may_end: bool = False) -> bool:
    """Take one more share, however often it takes; tell whether there was one."""
    while text := ask_for_words(_heading(held, may_end=may_end), may_end=may_end):
        try:
            held.add(RecoveryShare.read(text))
        except ShareRefused as reason:
            click.echo(refusal(reason, held.set_name))
        else:
            click.echo(_accepted(held))
            return True
    return False


def _heading(held: ShareSet, *, may_end: bool) -> str:
    ask = _(
        "Share {number}, of whichever card: the number on it does not matter. Its custodian types the 33 words; the "
        "first four letters of each are enough. Lines may end anywhere. The others look away; the screen is cleared "
        "afterwards."
    ).format(number=held.given + 1)
    return ask + " " + _("To end, press Enter alone.") if may_end else ask


def _accepted(held: ShareSet) -> str:
    if held.is_complete:
        return ngettext(
            "{given} share is in order; {needed} is needed.",
            "{given} shares are in order; {needed} are needed.",
            held.given,
        ).format(given=held.given, needed=held.needed)
    return _("This share is in order: {given} of {needed} that are needed.").format(
        given=held.given, needed=held.needed
    )


def refusal(reason: ShareRefused, set_name: str = "") -> str:
    """Return the sentence for a share that was not taken. It names no word but those that all of a set share."""
    again = _("Nothing was changed; type it again.")
    return f"{_WHY[type(reason)](reason, set_name)} {again}"


def _misspelt(reason: ShareRefused, _set_name: str) -> str:
    assert isinstance(reason, ShareMisspelt)  # noqa: S101  (the table below says so)
    said = []
    if reason.count != WORDS_IN_A_SHARE:
        said.append(
            ngettext(
                "A share has 33 words; {n} was typed.", "A share has 33 words; {n} were typed.", reason.count
            ).format(n=reason.count)
        )
    if reason.positions:
        places = ", ".join(str(place) for place in reason.positions)
        said.append(
            ngettext(
                "Word number {places} is not on the list of words.",
                "The words number {places} are not on the list of words.",
                len(reason.positions),
            ).format(places=places)
        )
    return " ".join(said)


def _miscopied(_reason: ShareRefused, _set_name: str) -> str:
    return _(
        "Every word is on the list, but one of them is wrong, or two have changed places. Compare them with the card, "
        "one by one."
    )


def _foreign(_reason: ShareRefused, _set_name: str) -> str:
    return _("This is a share of something else, not of a desk's recovery key. Look whether it is the right card.")


def _of_another_set(_reason: ShareRefused, set_name: str) -> str:
    return _(
        "This share is not of the same set as those before it, whose cards begin with “{words}”. It may be of another "
        "desk, or of a set that has been renewed since: compare the groups on the cards with those above. If the ones "
        "before are wrong, press Ctrl-C and begin again."
    ).format(words=set_name)


def _twice(_reason: ShareRefused, _set_name: str) -> str:
    return _("This share was given already, and counts once. Another custodian's is needed.")


_WHY: dict[type[ShareRefused], Callable[[ShareRefused, str], str]] = {
    ShareMisspelt: _misspelt,
    ShareMiscopied: _miscopied,
    ShareForeign: _foreign,
    ShareOfAnotherSet: _of_another_set,
    ShareTwice: _twice,
}
