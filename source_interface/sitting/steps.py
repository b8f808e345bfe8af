"""The source host's steps, in their order."""

from ceremony.finishing import check_at_the_end, start_servers
from ceremony.steps import Step
from ceremony.words import DROP_BACKUPS, INTAKE_KEY_GROUPS, RECOVERY_GROUPS
from keys.intake_key import load_intake_key
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from source_interface.commands_checking import all_told
from source_interface.sitting.arriving import compare_keys, is_named, name_charity, take_stick
from source_interface.sitting.host import DropHost
from source_interface.sitting.making import first_backup, hand_back, make, make_onions, pair_again_if_asked, settle
from source_interface.tor_plan import SITE, plan_of
from store.backup.own_keys import RECOVERY_KEY, read_recovery_key, signer_of

_SERVICES = ("systemctl restart candour-tor candour-site candour-door",)


_CHECKED = "checked"


def _check(host: DropHost) -> None:
    if host.sitting.facts.get(_CHECKED):
        pair_again_if_asked(host)
    host.sitting.note(**{_CHECKED: "1"})
    facts = {
        INTAKE_KEY_GROUPS: load_intake_key(host.folder.intake_key).spoken_fingerprint(),
        RECOVERY_GROUPS: spoken_fingerprint(read_recovery_key(host.root / RECOVERY_KEY)),
        DROP_BACKUPS: signer_of(host.root).spoken,
        _("address of the site"): plan_of(host.root).addresses()[SITE],
    }
    by_hand = (
        _("The intake key's groups were read aloud from the desk's screen, and every one was the same."),
        _("The recovery key's groups were read aloud too, and stand on every custodian's card."),
        _("Both lists lay side by side: intake key and recovery key are the same on both, sign by sign."),
        _("No card was ever put into, or typed at, this machine."),
        _("The groups of both hosts' backups are on paper, with the custodians."),
        _("The site was opened in Tor Browser on another machine, under the address above."),
    )
    done = [step.title for step in DROP_STEPS[:-1]]
    title = _("CANDOUR: THE SITTING AT THE SOURCE HOST")
    check_at_the_end(host.root, all_told(host.root), title, done, facts, by_hand)


DROP_STEPS: tuple[Step[DropHost], ...] = (
    Step(
        "stick",
        _("The stick has come from the desk"),
        _("It brings three public files. The program looks whether they are whole and of one sitting."),
        take_stick,
    ),
    Step(
        "aloud",
        _("Both keys are compared, aloud"),
        _(
            "Everything that sources send is sealed to the intake key, and every backup to the recovery key. If one "
            "were a stranger's, the stranger would read it, and you nothing: now is the moment to compare."
        ),
        compare_keys,
    ),
    Step(
        "charity",
        _("The name of the charity"),
        _("It stands on every page, so that sources know whom they write to."),
        name_charity,
        is_named,
    ),
    Step(
        "make",
        _("The source host is made"),
        _("The program does it by itself: the store, and a secret by which codenames are found again."),
        make,
        DropHost.is_made,
        settle,
    ),
    Step(
        "onions",
        _("The addresses: the site for sources, the door for the desk"),
        _("The program makes both, and lets in at the door nobody but the desk whose key came on the stick."),
        make_onions,
        DropHost.has_onions,
    ),
    Step(
        "return",
        _("The stick goes back to the desk, and the desk answers"),
        _(
            "One file tells the desk where the door is and what opens it. First you here read aloud and they at the "
            "desk type; then they read and you type. So each host learns whether the other has the same keys."
        ),
        hand_back,
    ),
    Step(
        "backup",
        _("The first backup of the source host"),
        _("It goes onto the stick, sealed for the recovery key, so that not even this machine can open it."),
        first_backup,
    ),
    Step(
        "servers",
        _("The site, the door and Tor are started"),
        _("The administrator does it, as root."),
        lambda host: start_servers(_SERVICES, host.root),
    ),
    Step(
        "check",
        _("The check, and the list that you all sign"),
        _("The program looks at everything it can see; what it cannot see, you tick by hand."),
        _check,
    ),
)
