"""`candour-drop`: the source host's commands. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage.

Each is loaded when it is asked for (serving/named_commands.py).
"""

import os

import click

from serving.named_commands import NamedCommands


def _backup() -> click.Command:
    from source_interface.commands_backup import backup

    return backup


def _restore() -> click.Command:
    from source_interface.commands_backup import restore

    return restore


def _ceremony() -> click.Command:
    from source_interface.commands_ceremony import ceremony

    return ceremony


def _init() -> click.Command:
    from source_interface.commands_making import init

    return init


def _pairing() -> click.Command:
    from source_interface.commands_making import pair_anew

    return pair_anew


def _revoke_desk() -> click.Command:
    from source_interface.commands_revoking import revoke

    return revoke


def _after_revoking() -> click.Command:
    from source_interface.commands_revoking import after_revoking

    return after_revoking


def _intake_key() -> click.Command:
    from source_interface.commands_intake_key import intake_key

    return intake_key


def _pepper() -> click.Command:
    from source_interface.commands_pepper import pepper

    return pepper


def _serve() -> click.Command:
    from source_interface.commands_serving import serve_site

    return serve_site


def _door() -> click.Command:
    from source_interface.commands_door import serve_door

    return serve_door


def _landing() -> click.Command:
    from source_interface.commands_landing import landing

    return landing


def _check() -> click.Command:
    from source_interface.commands_checking import check

    return check


def _metrics() -> click.Command:
    from source_interface.commands_metrics import metrics

    return metrics


def _onion() -> click.Command:
    from source_interface.commands_onion import onion

    return onion


def _host_taken() -> click.Command:
    from source_interface.commands_host_taken import host_taken

    return host_taken


def _silence() -> click.Command:
    from source_interface.commands_silencing import silence_command

    return silence_command


_BY_NAME = {
    "after-revoking": _after_revoking,
    "backup": _backup,
    "ceremony": _ceremony,
    "check": _check,
    "door": _door,
    "host-taken": _host_taken,
    "init": _init,
    "intake-key": _intake_key,
    "landing": _landing,
    "metrics": _metrics,
    "onion": _onion,
    "pairing": _pairing,
    "pepper": _pepper,
    "restore": _restore,
    "revoke-desk": _revoke_desk,
    "serve": _serve,
    "silence": _silence,
}


@click.group(cls=NamedCommands, by_name=_BY_NAME, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="candour")
def main() -> None:
    """Run the source host: the public site and the door.

    This host can read nothing it keeps: it holds the intake PUBLIC key, ciphertext and days.
    """
    os.umask(0o077)  # whatever is written here is for this user alone
