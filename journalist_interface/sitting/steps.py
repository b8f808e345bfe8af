"""The desk's steps, in their order."""

from ceremony.asking import say
from ceremony.finishing import check_at_the_end, keep_signer, start_servers
from ceremony.plugged_in import say_take_out
from ceremony.steps import Step
from ceremony.stick import backups_on
from ceremony.words import DESK_BACKUPS, INTAKE_KEY_GROUPS, RECOVERY_GROUPS, TRAIL_SIGNER
from journalist_interface.backup import back_up
from journalist_interface.commands_checking import all_told
from journalist_interface.sitting.carrying import (
    erase_what_travelled,
    has_road,
    make_road,
    read_aloud,
    take_pairing,
    tell_answer,
)
from journalist_interface.sitting.host import DeskHost
from journalist_interface.sitting.making import make, settle
from journalist_interface.sitting.outward import STEP, write_stick
from journalist_interface.sitting.planning import plan
from serving.language import gettext as _
from store.backup.own_keys import signer_of
from store.backup.record import recorded

_SERVICES = ("systemctl restart candour-tor candour-desk candour-courier candour-notice",)


def _back_up(host: DeskHost) -> None:
    with recorded(host.folder):
        written, keys = back_up(host.folder, backups_on(host.stick))
    keep_signer(written.path, DESK_BACKUPS, keys.signer.spoken)
    say_take_out(host.stick)
    say(_("Carry it to the source host once more: its first backup comes onto it too. Then the stick leaves the room."))


def _check(host: DeskHost) -> None:
    facts = {
        INTAKE_KEY_GROUPS: host.intake_groups(),
        RECOVERY_GROUPS: host.recovery_groups(),
        DESK_BACKUPS: signer_of(host.folder).spoken,
        TRAIL_SIGNER: host.trail_signer(),
    }
    by_hand = (
        _("Each custodian holds exactly one card, typed it back, and says where it will lie. No two lie together."),
        _("No card, draft or photograph is left in this room. No telephone saw the screen but to scan its own square."),
        _("Both lists lay side by side: intake key and recovery key are the same on both, sign by sign."),
        _("The groups of both hosts' backups are on paper, with the custodians."),
        _("The pairing file is erased from the stick; backups on it are carried away from both hosts."),
        _("A day is agreed on which the cards are tried again (once a year)."),
    )
    done = [step.title for step in DESK_STEPS[:-1]]
    check_at_the_end(host.folder, all_told(host.folder), _("CANDOUR: THE SITTING AT THE DESK"), done, facts, by_hand)


DESK_STEPS: tuple[Step[DeskHost], ...] = (
    Step(
        "plan",
        _("Who is here, and how the recovery key is shared"),
        _(
            "All of you answer together; the administrator types. Nothing is made yet, and everything can be asked "
            "anew."
        ),
        plan,
        DeskHost.is_made,
    ),
    Step(
        "make",
        _("The desk is made, and each custodian gets one share"),
        _(
            "First each person who will work here chooses a password and takes down what their authenticator needs; "
            "then each custodian takes a share. The intake key, which opens what sources send, and the recovery key "
            "exist only from the end of this step on: stop before, and nothing was made."
        ),
        make,
        DeskHost.is_made,
        settle,
    ),
    Step(
        "road",
        _("The key that opens the source host's door"),
        _("The program makes it by itself. Without it nobody, not even this desk, finds the door of the source host."),
        make_road,
        has_road,
    ),
    Step(
        STEP,
        _("The stick is written, to go from the desk to the source host"),
        _("The administrator has plugged in the stick that travels. What comes onto it is public."),
        write_stick,
        DeskHost.is_paired,
    ),
    Step(
        "aloud",
        _("The stick goes out; you read aloud"),
        _(
            "Two of you go to the source host, the others stay here. If a key were exchanged on the way, sources would "
            "write to a stranger for years: that is why people compare, and not programs."
        ),
        read_aloud,
        DeskHost.is_paired,
    ),
    Step(
        "pair",
        _("The stick is back; the desk learns where its source host is"),
        _("First you type, and somebody at the source host reads aloud; then you read, and they type."),
        take_pairing,
        DeskHost.is_paired_as_brought,
        tell_answer,
        DeskHost.holds_another_pairing,
    ),
    Step(
        "erase",
        _("What must not lie about is erased"),
        _("The pairing file opens the door, so it does not stay on the stick."),
        erase_what_travelled,
        undone=DeskHost.holds_pairing,
    ),
    Step(
        "backup",
        _("The first backup of the desk"),
        _("It goes onto the stick, sealed: only the custodians' cards open it, and not this machine."),
        _back_up,
    ),
    Step(
        "servers",
        _("The desk, its Tor, its courier and its watch are started"),
        _("The administrator does it, as root."),
        lambda host: start_servers(_SERVICES, host.folder),
    ),
    Step(
        "check",
        _("The check, and the list that you all sign"),
        _("The program looks at everything it can see; what it cannot see, you tick by hand."),
        _check,
    ),
)
