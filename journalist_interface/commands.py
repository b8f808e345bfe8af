"""`candour-desk`: the reviewer host's commands. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage.

Each is loaded when it is asked for (serving/named_commands.py).
"""

import os

import click

from serving.named_commands import NamedCommands


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


_BY_NAME = {
    "audit": _audit,
    "backup": _backup,
    "backup-code": _backup_code,
    "ceremony": _ceremony,
    "check": _check,
    "collect": _collect,
    "destroy-again": _destroy_again,
    "export-intake-secret": _export_intake_secret,
    "init": _init,
    "intake-key": _intake_key,
    "metrics": _metrics,
    "notice": _notice,
    "onion": _onion,
    "pair": _pair,
    "recover": _recover,
    "recover-intake": _recover_intake,
    "recovery-key": _recovery_key,
    "recovery-shares": _recovery_shares,
    "rehearse": _rehearse,
    "restore": _restore,
    "reviewer": _reviewer,
    "serve": _serve,
    "shut-inbox": _shut_inbox,
}


@click.group(
    cls=NamedCommands,
    by_name=_BY_NAME,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
def main() -> None:
    """The reviewers' desk of Candour: keys, reviewers, post and cases, on a host that nothing connects in to.

    Begin with init. Then pair the desk with its source host, collect the post, and serve the pages.
    """
    os.umask(0o077)  # whatever is written here is for this user alone, by gpg and SQLite too
