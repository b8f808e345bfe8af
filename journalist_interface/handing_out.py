"""Handing new shares to their custodians: one by one at the terminal, on cards, or to a script.

Rules:
- Nobody sees two shares: each is shown on a screen of its own, which is cleared before the next is called.
- Each custodian types the share back from the card before the next is shown. Who copied it wrongly learns it now.
- All of this comes before anything is made or changed with the key: who stops in the middle has changed nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from journalist_interface.asking_shares import ask_for_words, refusal
from journalist_interface.disks import lies_in_memory
from journalist_interface.errors import SharesRefused
from journalist_interface.recovery_cards import NewShares, check_card_folder, numbered_words, write_cards
from keys.errors import ShareRefused
from keys.recovery_shares import read_words, word_for
from serving.language import gettext as _
from serving.private_screen import ask_line, is_at_terminal, private_screen

_FEW = 3  # words

HandOut = Callable[[NewShares], None]


def chosen_hand_out(shares_to: Path | None, *, beside: Path | None, to_a_script: bool = False) -> HandOut:
    """Return how shares are handed out: on cards in a folder (see `write_cards`), or to a script, or at the terminal.

    Raises SharesRefused at once if that will not do: before a password is asked for or a custodian called.
    """
    if shares_to is not None:
        check_card_folder(shares_to, beside=beside)
        return partial(_write_cards, shares_to, beside)
    if to_a_script:
        return _leave_to_script
    if not is_at_terminal():
        raise SharesRefused(
            _(
                "The shares are shown at a terminal, one by one, and there is none. Nothing was made. Run this at the "
                "desk's own keyboard, or have cards written to a stick with --shares-to."
            )
        )
    return show_all


@contextmanager
def worthless_if_this_fails() -> Iterator[None]:
    """Say of shares that were handed out, if what follows fails, that they open nothing."""
    try:
        yield
    except BaseException:
        click.echo(_("The shares that were just handed out open nothing. Destroy their cards."), err=True)
        raise


def _write_cards(folder: Path, beside: Path | None, new: NewShares) -> None:
    write_cards(new, folder, beside=beside)
    if lies_in_memory(folder):
        click.echo(
            _(
                "{path} is in this machine's memory: the cards are gone when it is turned off, and with them the "
                "recovery key. Print them now, or copy each to a stick of its custodian's."
            ).format(path=folder),
            err=True,
        )


def _leave_to_script(_new: NewShares) -> None:
    """Hand nothing out: the command prints the shares as JSON when all is done."""


def show_all(new: NewShares, *, practice: bool = False) -> None:
    """Show each share to its custodian alone, and have it typed back. `practice`: it opens nothing, and says so."""
    click.echo(
        _(
            "The recovery key opens every case. It is handed out now as {shares} shares, of which any {needed} "
            "together give it back. Each custodian needs paper and a pen. It is written nowhere else: until the last "
            "share has been typed back, nothing is made or changed."
        ).format(shares=len(new.shares), needed=new.needed)
    )
    click.echo(_("Write on every card: {fingerprint}").format(fingerprint=new.fingerprint))
    if practice:
        click.echo(_("And first of all, in large letters: PRACTICE"))
    for number in range(1, len(new.shares) + 1):
        ask_line(
            _(
                "Share {number} of {shares}. Call its custodian; everybody else looks away. Then the custodian "
                "presses Enter> "
            ).format(number=number, shares=len(new.shares))
        )
        _show_one(new, number, practice=practice)


def show_to_practise(new: NewShares) -> None:
    """As `show_all`, in a rehearsal; also where nobody sits."""
    show_all(new, practice=True)


def _show_one(new: NewShares, number: int, *, practice: bool) -> None:
    """Show a share and ask for it back, until it comes back as it is."""
    while True:
        with private_screen():
            click.echo(_card_to_copy(new, number, practice=practice))
            ask_line(_("Copy all words with their numbers. Then press Enter: the screen is cleared.") + "> ")
        if is_copied_rightly(new, number):
            return
        click.echo(_("The share is shown once more, so that the card can be put right."))


def is_copied_rightly(new: NewShares, number: int) -> bool:
    """Have a custodian type a share from the card; tell whether it is the one that was handed out, and what is not."""
    typed = ask_for_words(
        _("Share {number}: now type the 33 words from the card; the first four letters are enough.").format(
            number=number
        )
    )
    try:
        wrong = _differing(read_words(typed), new.shares[number - 1])
    except ShareRefused as reason:
        click.echo(refusal(reason))
        return False
    if wrong and not _is_a_slip(new.shares[number - 1].split(), wrong):
        places = ", ".join(str(place) for place in wrong)
        click.echo(_("Not the same as was shown, at number {places}.").format(places=places))
        return False
    click.echo(_("Share {number} is copied rightly.").format(number=number))
    return True


def _is_a_slip(shown: list[str], wrong: list[int]) -> bool:
    """Ask for a few words once more, from the card: tell whether only the typing was wrong, and the card is right."""
    if len(wrong) > _FEW:
        return False
    with private_screen():
        click.echo(_("These do not fit. Look at the card, and type what stands there: this word alone."))
        return all(word_for(ask_line(f"{place:>2}> ").strip().casefold()) == shown[place - 1] for place in wrong)


def _card_to_copy(new: NewShares, number: int, *, practice: bool) -> str:
    head = _("Share {number} of {shares}, any {needed} are needed. Recovery key {fingerprint}").format(
        number=number, shares=len(new.shares), needed=new.needed, fingerprint=new.fingerprint
    )
    mark = _("PRACTICE: this share opens nothing. Write PRACTICE on the card, and burn it afterwards.")
    return "\n\n".join([*([mark] if practice else []), head, numbered_words(new.shares[number - 1])]) + "\n"


def _differing(words: tuple[str, ...], share: str) -> list[int]:
    shown = share.split()
    return [place for place, (typed, word) in enumerate(zip(words, shown, strict=True), start=1) if typed != word]
