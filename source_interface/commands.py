"""`candour-drop`: the source host's commands. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage.

Each is loaded when it is asked for (serving/named_commands.py). They stand under occasions, in the order in which an
administrator meets these; docs/guide-administrator.md has each with its danger and its guide.
"""

import os

import click

from serving.language import gettext as _
from serving.named_commands import Named, NamedCommands


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


_OCCASIONS = {
    _("To set this host up"): {
        "ceremony": Named(_("Begin here: make this host in one sitting with the desk"), _ceremony),
        "init": Named(_("The same by hand: data folder, pepper, pairing file"), _init),
        "onion": Named(_("The addresses of site and door; who is let in at the door"), _onion),
        "landing": Named(_("Write the page and the poster that lead sources here"), _landing),
    },
    _("Run by the services, not by you"): {
        "serve": Named(_("Serve the site that sources see"), _serve),
        "door": Named(_("Serve the door, through which the desk collects"), _door),
    },
    _("To see whether all is well"): {
        "check": Named(_("Look at all this host keeps; say what is wrong, and the cure"), _check),
        "metrics": Named(_("Figures for a monitoring of yours; nothing about sources"), _metrics),
    },
    _("Backup and restore"): {
        "backup": Named(_("Write a sealed backup now; a timer does so every night"), _backup),
        "restore": Named(_("Bring this host back from a backup, on a bare machine"), _restore),
    },
    _("Keys, over time"): {
        "pairing": Named(_("A new token for the door, in a new pairing file: yearly"), _pairing),
        "intake-key": Named(_("Show the key that letters are sealed to; take the next one"), _intake_key),
        "pepper": Named(_("A new pepper, once a disk or backup was in wrong hands"), _pepper),
    },
    _("When something is wrong"): {
        "silence": Named(_("DESTROY this host's keys: it is about to be taken, running"), _silence),
        "revoke-desk": Named(_("Shut out a desk that was stolen or taken: type it at once"), _revoke_desk),
        "after-revoking": Named(_("Later: answers held back, the closed site, the notice"), _after_revoking),
        "host-taken": Named(_("Tell sources that the old machine is in other hands"), _host_taken),
    },
}


@click.group(cls=NamedCommands, occasions=_OCCASIONS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="candour")
def main() -> None:
    """Run the source host: the public site and the door.

    This host can read nothing it keeps: it holds the intake PUBLIC key, ciphertext and days.

    Each command says more after --help. Which is dangerous, and which guide leads through it, stands in
    docs/guide-administrator.md.
    """
    os.umask(0o077)  # whatever is written here is for this user alone
