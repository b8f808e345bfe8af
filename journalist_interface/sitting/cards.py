"""Shares onto paper, in the sitting: each custodian copies one by hand, and types it back. No file ever holds one.

Rules:
- Before the first word is shown, the sitting keeps that it happened: whoever comes back after a power cut is told that
  there are words on paper which open nothing, and must be burnt.
- Nothing is printed here. A file of all shares on a stick, in a printer or in a spool is the whole key in one place, in
  the hands of people who do this once (docs/adr/0072). Whoever knows how prints with the single command, beforehand.
"""

from ceremony.asking import ask_word, say
from ceremony.words import BURNT
from journalist_interface.handing_out import chosen_hand_out, show_to_practise
from journalist_interface.recovery_cards import NewShares
from journalist_interface.sitting.host import DeskHost
from serving.language import gettext as _

_BEGUN = "cards-begun"


def hand_out_in_sitting(host: DeskHost, new: NewShares) -> None:
    """Hand the shares out, one custodian after another. Raises SharesRefused; EOFError if somebody stops."""
    hand_out = show_to_practise if host.rehearsal else chosen_hand_out(None, beside=host.folder)
    host.sitting.note(**{_BEGUN: new.fingerprint})
    hand_out(new)


def begun(host: DeskHost) -> str:
    """Return the groups on the cards of a handing out that had begun, "" if none had."""
    return host.sitting.facts.get(_BEGUN, "")


def have_burnt(host: DeskHost, groups: str) -> None:
    """Have the cards burnt of a handing out that came to nothing."""
    say(
        _(
            "A recovery key had been handed out when this stopped, and it came to nothing: every card on which "
            "{groups} stands, whole or half copied, opens nothing. Burn them now, so that nobody keeps a wrong card "
            "for years. Then new shares are made."
        ).format(groups=groups)
    )
    ask_word(_("When the last of them is burnt, or if there was none yet, type “burnt”."), BURNT)
    host.sitting.note(**{_BEGUN: ""})
