"""`candour-desk`: the reviewer host's commands. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage.

Each is loaded when it is asked for (serving/named_commands.py). They stand under occasions, in the order in which an
administrator meets these; docs/guide-administrator.md has each with its danger and its guide.
"""

import os

import click

from serving.language import gettext as _
from serving.named_commands import Named, NamedCommands


def _audit() -> click.Command:
    from journalist_interface.commands_audit import audit

    return audit


def _backup() -> click.Command:
    from journalist_interface.commands_backup import backup

    return backup


def _backup_code() -> click.Command:
    from journalist_interface.commands_backup import backup_code

    return backup_code


def _restore() -> click.Command:
    from journalist_interface.commands_backup import restore

    return restore


def _recovery_key() -> click.Command:
    from journalist_interface.commands_backup import recovery_key

    return recovery_key


def _ceremony() -> click.Command:
    from journalist_interface.commands_ceremony import ceremony

    return ceremony


def _check() -> click.Command:
    from journalist_interface.commands_checking import check

    return check


def _collect() -> click.Command:
    from journalist_interface.courier_commands import collect

    return collect


def _destroy_again() -> click.Command:
    from journalist_interface.commands_destroyed import destroy_again_command

    return destroy_again_command


def _export_intake_secret() -> click.Command:
    from journalist_interface.commands_accounts import export_intake_secret

    return export_intake_secret


def _init() -> click.Command:
    from journalist_interface.commands_set_up import init

    return init


def _intake_key() -> click.Command:
    from journalist_interface.commands_intake_key import intake_key

    return intake_key


def _metrics() -> click.Command:
    from journalist_interface.commands_metrics import metrics

    return metrics


def _notice() -> click.Command:
    from journalist_interface.commands_notice import notice

    return notice


def _onion() -> click.Command:
    from journalist_interface.commands_onion import onion

    return onion


def _pair() -> click.Command:
    from journalist_interface.courier_commands import pair

    return pair


def _recover() -> click.Command:
    from journalist_interface.commands_recovery import recover

    return recover


def _recover_intake() -> click.Command:
    from journalist_interface.commands_recover_intake import recover_intake

    return recover_intake


def _recovery_shares() -> click.Command:
    from journalist_interface.commands_recovery import recovery_shares

    return recovery_shares


def _reviewer() -> click.Command:
    from journalist_interface.commands_accounts import reviewer

    return reviewer


def _rehearse() -> click.Command:
    from journalist_interface.commands_rehearse import rehearse

    return rehearse


def _serve() -> click.Command:
    from journalist_interface.commands_serving import serve

    return serve


def _shut_inbox() -> click.Command:
    from journalist_interface.commands_shut_inbox import shut_inbox_command

    return shut_inbox_command


_OCCASIONS = {
    _("To set this host up"): {
        "rehearse": Named(_("Practise the sitting and a disaster, on scratch data"), _rehearse),
        "ceremony": Named(_("Begin here: make this desk in one sitting"), _ceremony),
        "init": Named(_("The same by hand: keys, shares, the first people"), _init),
        "onion": Named(_("The road to the source host; reviewers' way to here"), _onion),
        "pair": Named(_("Take the pairing file that the source host wrote"), _pair),
        "reviewer": Named(_("Add somebody who works here; list them all"), _reviewer),
        "notice": Named(_("The daily sealed notice: who gets it, when, and how"), _notice),
    },
    _("Run by the services, not by you"): {
        "serve": Named(_("Serve the pages of the desk"), _serve),
        "collect": Named(_("Bring letters, take answers: the courier does it too"), _collect),
    },
    _("To see whether all is well"): {
        "check": Named(_("Look at all this host keeps; say what is wrong"), _check),
        "audit": Named(_("The record of what reviewers did: verify it, read it"), _audit),
        "metrics": Named(_("Figures for a monitoring; nothing about sources"), _metrics),
    },
    _("Backup and restore"): {
        "recovery-key": Named(_("The public half that the source host seals backups to"), _recovery_key),
        "backup": Named(_("Write a sealed backup now; a timer does so by night"), _backup),
        "restore": Named(_("Bring this desk back from a backup, with custodians"), _restore),
        "destroy-again": Named(_("After a restore: DESTROY cases that came back with it"), _destroy_again),
        "backup-code": Named(_("Open one backup of the source host, with custodians"), _backup_code),
    },
    _("Keys, over time"): {
        "intake-key": Named(_("The key that opens letters: show, renew, put away"), _intake_key),
        "recovery-shares": Named(_("The custodians' cards: try them, or make new ones"), _recovery_shares),
        "export-intake-secret": Named(_("Write the key that opens EVERY letter into a file"), _export_intake_secret),
    },
    _("When something is wrong"): {
        "shut-inbox": Named(_("Somebody else has a source's codename: END it for all"), _shut_inbox),
        "recover-intake": Named(_("Nobody can unlock the post: with custodians"), _recover_intake),
        "recover": Named(_("Nobody can read a case: with custodians"), _recover),
    },
}


@click.group(
    cls=NamedCommands,
    occasions=_OCCASIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
def main() -> None:
    """The reviewers' desk of Candour: keys, reviewers, post and cases, on a host that nothing connects in to.

    Each command says more after --help. Which is dangerous, and which guide leads through it, stands in
    docs/guide-administrator.md.
    """
    os.umask(0o077)  # whatever is written here is for this user alone, by gpg and SQLite too
