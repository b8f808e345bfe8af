"""Shares onto paper, in the sitting: printed or copied, counted, typed back by each custodian, and no file left.

Rules:
- Before the first word is written or shown, the sitting keeps that it happened: whoever comes back after a power cut is
  told that there are words on paper which open nothing, and must be burnt.
- The desk is made only when each custodian has typed back what stands on their own card, and the files are erased.
"""

from pathlib import Path

import click

from ceremony.asking import ask, ask_word, say
from ceremony.stick import erase_files
from ceremony.words import BURNT
from journalist_interface.handing_out import chosen_hand_out, is_copied_rightly
from journalist_interface.recovery_cards import NewShares, card_names, write_cards
from journalist_interface.sitting.host import DeskHost
from journalist_interface.sitting.planning import check_cards_apart
from serving.language import gettext as _

_BEGUN = "cards-begun"


def hand_out_in_sitting(host: DeskHost, new: NewShares) -> None:
    """Hand the shares out as it was planned. Raises SharesRefused; EOFError if somebody stops."""
    where = host.sitting.facts["cards"]
    by_hand = chosen_hand_out(None, beside=host.folder) if not where else None
    if where:
        check_cards_apart(host, Path(where))
    host.sitting.note(**{_BEGUN: new.fingerprint})
    if by_hand is not None:
        by_hand(new)
        return
    write_cards(new, Path(where), beside=None, practice=host.rehearsal)
    _print_cards(new, Path(where))
    for number in range(1, len(new.shares) + 1):
        _type_back(new, number)
    erase_cards(Path(where), len(new.shares))
    say(_("The card files are erased. A stick can keep what was erased: destroy this one today, all of you watching."))


def begun(host: DeskHost) -> str:
    """Return the groups on the cards of a handing out that had begun, "" if none had."""
    return host.sitting.facts.get(_BEGUN, "")


def have_burnt(host: DeskHost, groups: str) -> None:
    """Have the cards burnt of a handing out that came to nothing, and their files erased."""
    if where := host.sitting.facts.get("cards"):
        erase_cards(Path(where), int(host.sitting.facts["shares"]))
    say(
        _(
            "A recovery key had been handed out when this stopped, and it came to nothing: every card on which "
            "{groups} stands, printed or half copied, opens nothing. Look in the printer too. Burn them now, so that "
            "nobody keeps a wrong card for years. Then new shares are made."
        ).format(groups=groups)
    )
    ask_word(_("When the last of them is burnt, or if there was none yet, type “burnt”."), BURNT)
    host.sitting.note(**{_BEGUN: ""})


def erase_cards(folder: Path, shares: int) -> None:
    """Erase the files of the cards that are there. Raises CeremonyRefused."""
    erase_files([path for path in card_names(folder, shares) if path.exists()])


def _print_cards(new: NewShares, folder: Path) -> None:
    say(
        _(
            "The cards are in {folder}, one file each: {n} sheets. Print each once. The printer has no network, and "
            "its tray is empty when you begin. Take the sheets out face down, and count them."
        ).format(folder=folder, n=len(new.shares))
    )
    while ask(_("sheets in your hand")) != str(len(new.shares)):
        say(
            _(
                "There must be {n}, no more and no fewer. Look in the printer, behind it and under the table. A sheet "
                "too many is burnt; one that is missing lies where somebody will find it."
            ).format(n=len(new.shares))
        )
    say(_("Turn the printer off at its plug now: what it remembers goes with that. Each custodian takes one card."))


def _type_back(new: NewShares, number: int) -> None:
    say(
        _("Custodian {number} of {shares}, alone at the screen: prove that your card can be read.").format(
            number=number, shares=len(new.shares)
        )
    )
    while not is_copied_rightly(new, number):
        click.echo(_("Look whether it is your own card: its first line says which share it is."))
