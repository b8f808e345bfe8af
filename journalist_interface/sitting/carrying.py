"""What is read aloud at the desk while its stick is away, and what the stick brings back: one pairing file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from ceremony.asking import LEAVE, ask_word, compare, say, show
from ceremony.errors import CeremonyRefused, ClosedForNow
from ceremony.plugged_in import is_rehearsal, say_take_out
from ceremony.stick import COURIER_KEY, PAIRING, Way, erase_files, erase_parcel, read_parcel
from ceremony.words import (
    AGAIN,
    ANSWER_GROUPS,
    BACK,
    DESTROYED,
    HERE,
    INTAKE_KEY_GROUPS,
    PAIRING_GROUPS,
    RECOVERY_GROUPS,
    REFUSED,
    TAKEN,
)
from journalist_interface.door_entrance import has_courier_key
from journalist_interface.pairing import pair, read_pairing
from journalist_interface.sitting.host import DeskHost
from journalist_interface.sitting.outward import is_own, write_stick
from journalist_interface.tor_plan import set_up_road
from serving.language import gettext as _
from store.folder import write_private_file

_ARRIVED = "pairing-arrived.json"


def make_road(host: DeskHost) -> None:
    """Make the key that opens the source host's door to this host."""
    set_up_road(host.folder, host.folder / COURIER_KEY)


def has_road(host: DeskHost) -> bool:
    """Tell whether the key is there, and its public half beside it, to be carried."""
    return has_courier_key(host.folder) and (host.folder / COURIER_KEY).is_file()


def read_aloud(host: DeskHost) -> None:
    """Show what is read aloud, until the stick comes back."""
    if is_rehearsal(host.folder):
        say(_("On the day the stick is carried to the source host now. Here this machine plays that one next."))
    else:
        say_take_out(host.stick)
        say(_("Carry it to the source host. There somebody mounts it as it was here, and types:"))
        click.echo("    candour-drop ceremony --data /var/lib/candour --stick /mnt/stick")
    show(INTAKE_KEY_GROUPS, host.intake_groups())
    show(RECOVERY_GROUPS, host.recovery_groups())
    say(
        _(
            "Stay here, and read both lines aloud from this screen when they call for them. For the second line the "
            "custodians follow on their cards: say so at once if a card has something else."
        )
    )
    question = _(
        "When the source host says that the stick goes back, plug it in here and type “back”. If it says that the "
        "stick must be written again, plug it in, or a new one, and type “again”. To close this until then, type "
        "“leave”."
    )
    while (typed := ask_word(question, BACK, AGAIN, LEAVE)) != BACK:
        if typed == LEAVE:
            raise ClosedForNow
        write_stick(host)
        say_take_out(host.stick)


def take_pairing(host: DeskHost) -> None:
    """Compare what came back, and pair. Raises CeremonyRefused, PairingRefused, and then nothing was changed."""
    untrusted = read_parcel(host.stick, Way.BACK, host.sitting.number).untrusted_files[PAIRING]
    groups = host.agreement().groups(untrusted)
    refusal = _(
        "This desk was not paired: either what lies on the stick is not what the source host wrote, or the source host "
        "has other keys than this desk. Have the source host write it again (“again”), and type the same line here. If "
        "it does not fit a second time, somebody exchanged a key on its way: stop. Nothing is lost but this afternoon: "
        "begin the source host anew, with a stick that nobody else held."
    )
    compare(PAIRING_GROUPS, groups, _("the source host's screen"), refusal)
    arrived = host.folder / _ARRIVED
    try:
        # A stick's files have no modes: what is read as the pairing is this very content, not what lies there now.
        write_private_file(arrived, untrusted)
        pair(host.folder, arrived)
    finally:
        erase_files([path for path in (arrived,) if path.exists()])
    tell_answer(host)


def tell_answer(host: DeskHost) -> None:
    """Show this desk's answer, until the source host has taken it. Raises CeremonyRefused, ClosedForNow."""
    say(_("Paired with the source host at {url}.").format(url=read_pairing(host.folder).door_url))
    show(ANSWER_GROUPS, host.answer())
    say(
        _(
            "Call to the source host: “paired”. Somebody types that word there, and then three of these groups as you "
            "read them aloud. So the source host learns that it has this desk's keys."
        )
    )
    question = _(
        "When the source host says that it is the answer of its own desk, type “taken”. If it says anything else, type "
        "“refused”. To close this until then, type “leave”."
    )
    answered = ask_word(question, TAKEN, REFUSED, LEAVE)
    if answered == LEAVE:
        raise ClosedForNow
    if answered == REFUSED:
        raise CeremonyRefused(
            _(
                "Then this desk is paired with something else than that source host, or their keys are not the same. "
                "Have the source host type “again”, bring the stick back here, and type the same line: what it brings "
                "is compared anew."
            )
        )


def erase_what_travelled(host: DeskHost) -> None:
    """Erase the pairing file from the stick, and what a killed step left here."""
    erase_files([path for path in (host.folder / _ARRIVED,) if path.exists()])
    if _is_plugged_in(host.stick, _("the stick that travelled"), partial(is_own, host)):
        erase_parcel(host.stick, Way.BACK)
        say(_("The pairing file is erased. It opened the door; what the desk needs of it is in its data folder."))


def _is_plugged_in(stick: Path, which: str, is_there: Callable[[], bool]) -> bool:
    """Have a stick plugged in; tell whether it is, or False if it was destroyed."""
    while not is_there():
        question = _(
            "{which} is not there ({path}). Plug it in and type “here”, or destroy it and type “destroyed”."
        ).format(which=which, path=stick)
        if ask_word(question, HERE, DESTROYED) == DESTROYED:
            return False
    return True
