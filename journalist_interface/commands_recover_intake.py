"""`candour-desk recover-intake`: what custodians run together when nobody can unlock the post any more."""

from pathlib import Path

import click

from journalist_interface.commands_recovery import ask_reason, custodians, key_file_option, key_of
from journalist_interface.commands_shared import data_option
from journalist_interface.intake_homes import intake_key_alone
from journalist_interface.recovering_intake import check_officers
from journalist_interface.recovering_intake import recover_intake as hand_intake_key
from serving.language import gettext as _
from serving.language import ngettext


@click.command("recover-intake")
@data_option
@click.option(
    "--officer",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help=_("The intake officer who shall hold the intake key; may be repeated."),
)
@key_file_option
def recover_intake(data: Path, names: tuple[str, ...], key_file: Path | None) -> None:
    """Hand the intake key to the intake officer NAME, with the shares of the custodians. No case is opened.

    For when those who could unlock the post are lost. Where two officers unlock together, halves are made anew for
    everybody who has one and for those named: name two, if nobody is left.
    """
    with custodians(data) as desk, intake_key_alone(desk.paths.folder):
        others = check_officers(desk, names)
        told = ", ".join(sorted(set(names)))
        click.echo(
            _(
                "The intake key will be handed to {names}. Ctrl-C stops; nothing is changed before the last share."
            ).format(names=told)
        )
        if others:
            click.echo(
                ngettext(
                    "Two officers unlock it together. {names} keeps holding a half, which is made anew.",
                    "Two officers unlock it together. {names} keep holding halves, which are made anew.",
                    len(others),
                ).format(names=", ".join(others))
            )
        reason = ask_reason()
        hand_intake_key(desk, key_of(key_file), names, reason)
    click.echo(
        ngettext("{names} holds the intake key now.", "{names} hold the intake key now.", len(set(names))).format(
            names=told
        )
    )
