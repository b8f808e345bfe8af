"""What travels, at the desk: three public files outward, one pairing file back."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ceremony.asking import ask_or_leave, ask_word, compare, say, show
from ceremony.errors import CeremonyRefused
from ceremony.stick import (
    COURIER_KEY,
    INTAKE_KEY,
    PAIRING,
    RECOVERY_KEY,
    Way,
    erase_files,
    erase_parcel,
    read_parcel,
    write_parcel,
)
from ceremony.words import BACK, DESTROYED, HERE, INTAKE_KEY_GROUPS, PAIRING_GROUPS, RECOVERY_GROUPS
from journalist_interface.backup import recovery_public
from journalist_interface.door_entrance import has_courier_key
from journalist_interface.pairing import pair
from journalist_interface.sitting.cards import erase_cards
from journalist_interface.sitting.host import DeskHost
from journalist_interface.tor_plan import set_up_road
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from store.backup.own_keys import spell_recovery_key
from store.folder import write_private_file

_ARRIVED = "pairing-arrived.json"


def make_road(host: DeskHost) -> None:
    """Make the key that opens the source host's door to this host."""
    set_up_road(host.folder, host.folder / COURIER_KEY)


def has_road(host: DeskHost) -> bool:
    """Tell whether the key is there, and its public half beside it, to be carried."""
    return has_courier_key(host.folder) and (host.folder / COURIER_KEY).is_file()


def write_stick(host: DeskHost) -> None:
    """Write what the source host needs."""
    host.sitting.begin()
    files = {
        INTAKE_KEY: (host.folder / INTAKE_KEY).read_bytes(),
        RECOVERY_KEY: spell_recovery_key(recovery_public(host.folder)).encode("ascii"),
        COURIER_KEY: (host.folder / COURIER_KEY).read_bytes(),
    }
    write_parcel(host.stick, Way.OUTWARD, host.sitting.number, files)
    say(
        _(
            "The stick holds the folder “candour-ceremony” with {n} files. None is a secret: nobody who finds it can "
            "read a letter. But who changes one could have letters sealed to himself, so they are compared aloud."
        ).format(n=len(files))
    )


def read_aloud(host: DeskHost) -> None:
    """Show what is read aloud, until the stick comes back."""
    show(INTAKE_KEY_GROUPS, host.intake_groups())
    show(RECOVERY_GROUPS, host.recovery_groups())
    say(
        _(
            "Take the stick out by its menu, and carry it to the source host. There somebody types: candour-drop "
            "ceremony. Stay here, and read groups aloud when they call for them. For the second line a custodian at "
            "the source host reads from the card in hand."
        )
    )
    ask_or_leave(
        _(
            "When the source host says that the stick goes back, plug it in here and type “back”. To close this until "
            "then, type “leave”."
        ),
        BACK,
    )


def take_pairing(host: DeskHost) -> None:
    """Compare what came back, and pair. Raises CeremonyRefused, PairingRefused, and then nothing was changed."""
    untrusted = read_parcel(host.stick, Way.BACK, host.sitting.number).untrusted_files[PAIRING]
    groups = spoken_fingerprint(untrusted + (host.folder / COURIER_KEY).read_bytes())
    refusal = _(
        "This desk was not paired: what lies on the stick is not what the source host wrote. Have the source host "
        "write it again (its same line, then “again”). If it does not fit a second time, somebody changes the stick "
        "on its way: stop, and take another stick that nobody else held."
    )
    compare(PAIRING_GROUPS, groups, _("the source host's screen"), refusal)
    arrived = host.folder / _ARRIVED
    try:
        # A stick's files have no modes: what is read as the pairing is this very content, not what lies there now.
        write_private_file(arrived, untrusted)
        url, _fingerprint = pair(host.folder, arrived)
    finally:
        erase_files([path for path in (arrived,) if path.exists()])
    say(_("Paired with the source host at {url}.").format(url=url))
    say(_("Call to the source host: “paired”. Somebody types that word there."))


def erase_what_travelled(host: DeskHost) -> None:
    """Erase the pairing file from the stick, what a killed step left here, and every card's file."""
    erase_files([path for path in (host.folder / _ARRIVED,) if path.exists()])
    where = host.sitting.facts.get("cards")
    if where and _is_plugged_in(Path(where), _("the stick of the cards"), Path(where).is_dir):
        erase_cards(Path(where), int(host.sitting.facts["shares"]))
    if _is_plugged_in(host.stick, _("the stick that travelled"), partial(_is_own, host)):
        erase_parcel(host.stick, Way.BACK)
        say(_("The pairing file is erased. It opened the door; what the desk needs of it is in its data folder."))


def _is_own(host: DeskHost) -> bool:
    """Tell whether the stick is the one that this desk wrote: another, or an empty folder, holds nothing to erase."""
    try:
        read_parcel(host.stick, Way.OUTWARD, host.sitting.number)
    except CeremonyRefused:
        return False
    return True


def _is_plugged_in(stick: Path, which: str, is_there: Callable[[], bool]) -> bool:
    """Have a stick plugged in; tell whether it is, or False if it was destroyed."""
    while not is_there():
        question = _(
            "{which} is not there ({path}). Plug it in and type “here”, or destroy it and type “destroyed”."
        ).format(which=which, path=stick)
        if ask_word(question, HERE, DESTROYED) == DESTROYED:
            return False
    return True
