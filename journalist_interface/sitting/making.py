"""The desk is made, in the sitting: intake key, first people, recovery shares. Killed at any moment, it is made once.

Rules:
- People take down what their authenticator needs, and prove it, before anything is made: there never is an account that
  nobody can sign in to.
- What a killed attempt left is taken away only if this sitting began without a desk, and none came to its
  end.
"""

import getpass
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from ceremony.asking import ATTEMPTS, ask, ask_word, say, show
from ceremony.words import TRAIL_SIGNER, WRITTEN
from journalist_interface.accounts import check_password
from journalist_interface.commands_audit import signer_to_write_down
from journalist_interface.enrolment_screens import PRACTICE_ISSUER, show_enrolment
from journalist_interface.errors import SetUpRefused
from journalist_interface.recovery_cards import NewShares
from journalist_interface.setting_up import Beginner, Enrolment, clear_half_made, refuse_if_there, set_up_desk
from journalist_interface.sitting.cards import begun, hand_out_in_sitting, have_burnt
from journalist_interface.sitting.host import DeskHost
from journalist_interface.sitting.planning import people_of, scheme_of
from keys.errors import SignInRefused
from keys.totp import ISSUER, check_code
from serving.language import gettext as _
from serving.private_screen import is_at_terminal

_MAKING = "making"
_YES = "yes"


def make(host: DeskHost) -> None:
    """Make the desk. Raises what `set_up_desk` and `hand_out_in_sitting` raise."""
    if host.sitting.facts.get(_MAKING) == _YES:
        clear_half_made(host.folder)
    else:
        refuse_if_there(host.folder)
        host.sitting.note(**{_MAKING: _YES})
    if groups := begun(host):
        have_burnt(host, groups)
    facts = host.sitting.facts
    people = [Beginner(name, _password(name), roles) for name, roles in people_of(facts)]
    new = NewShares.draw(scheme_of(facts))
    made = set_up_desk(host.folder, people, new, partial(hand_out_in_sitting, host), partial(_enrol, host))
    host.sitting.note(**{_MAKING: ""})
    say(_("The desk is made. The cards hold from now on: {groups}").format(groups=new.fingerprint))
    say(signer_to_write_down(made.trail))
    show(TRAIL_SIGNER, host.trail_signer())
    ask_word(_("It stands on the list for signing too. Write it down all the same, then type “written”."), WRITTEN)


def settle(host: DeskHost) -> None:
    """Say of a desk that is there whether the cards of this sitting are its own; if not, have them burnt."""
    groups = begun(host)
    if groups and groups != host.recovery_groups():
        have_burnt(host, groups)
    elif groups:
        say(
            _("It was made to its end before this stopped: the cards on which {groups} stands hold.").format(
                groups=groups
            )
        )
    host.sitting.note(**{_MAKING: ""})


def _password(name: str) -> str:
    say(
        _(
            "{name} thinks of a password that is used nowhere else, and types it twice. Nobody looks; nobody is told."
        ).format(name=name)
    )
    label = _("password of {name}").format(name=name)
    while True:
        typed = _unseen(label)
        try:
            check_password(typed, name)
        except SetUpRefused as reason:
            say(str(reason))
            continue
        if _unseen(_("{label}, once more").format(label=label)) == typed:
            return typed
        say(_("The two were not the same. Type it again, twice."))


def _unseen(label: str) -> str:
    """Return what is typed; at a terminal nobody sees it."""
    return getpass.getpass(f"{label}> ") if is_at_terminal() else ask(label)


def _enrol(host: DeskHost, people: Sequence[Enrolment]) -> None:
    issuer = PRACTICE_ISSUER if host.rehearsal else ISSUER
    for each in people:
        name, proved = each.account.reviewer.username, False
        while not proved:
            stopped = _("Stopped. No account was made, and no desk.")
            show_enrolment(each.account, each.codes, stopped=stopped, issuer=issuer)
            proved = any(_are_right(each) for _attempt in range(ATTEMPTS))
            if not proved:
                say(
                    _(
                        "It is shown once more, to be taken down anew. Take what was scanned before out of the "
                        "authenticator first."
                    )
                )
        say(_("The authenticator of {name} is right.").format(name=name))


def _are_right(person: Enrolment) -> bool:
    """Ask for the digits; tell whether they are right."""
    name, secret = person.account.reviewer.username, person.account.secret.totp_secret
    typed = ask(_("six digits that the authenticator of {name} shows now").format(name=name))
    try:
        check_code(secret, typed, time.time(), 0)
    except SignInRefused:
        say(
            _(
                "Those are not the digits of this account. Wait until the telephone shows new ones, and type those. If "
                "they do not fit either, one of two clocks is wrong: the telephone's, or this machine's, where it is "
                "{now} UTC now. How it is set: docs/guide-install.md, “The clock”."
            ).format(now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))
        )
        return False
    return True
