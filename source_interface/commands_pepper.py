"""`candour-drop pepper`: a new pepper, how far it has come, and the end of the one before."""

from pathlib import Path

import click

from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.drop_folder import DropFolder
from source_interface.pepper_changing import changing_pepper, finish, rotate, standing
from source_interface.peppers import read_peppers
from store.folder import check_private_folder


@click.group("pepper")
def pepper() -> None:
    """Change the pepper that codenames are mixed with: after a disk or a backup of this host was in wrong hands."""


@pepper.command("show", short_help=_("Say whether there is one pepper or two, and since when"))
@data_option
def show(data: Path) -> None:
    """Say whether there is one pepper or two, and since when. Of the peppers themselves nothing is shown."""
    with sentences():
        peppers = read_peppers(DropFolder(check_private_folder(data.resolve())).pepper)
    if not peppers.number:
        click.echo(_("There is one pepper, the first that this host had."))
    elif peppers.older is None:
        click.echo(_("There is one pepper. It came in {month}.").format(month=peppers.since))
    else:
        click.echo(_("There are two peppers: the new one came in {month}.").format(month=peppers.since))
        click.echo(_("Sources of the older one are carried over as they come back. End its time with: pepper finish"))


@pepper.command("rotate", short_help=_("Make a new one; nobody is locked out by it"))
@data_option
def rotate_pepper(data: Path) -> None:
    """Make a new pepper: for new sources, and for all others when they come back. Nobody has to do anything.

    Stop the site first.
    """
    with sentences(), changing_pepper(data.resolve()) as drop:
        peppers = rotate(drop)
    click.echo(_("There is a new pepper, since {month}. Nobody is locked out: every codename works as before.").format(
        month=peppers.since
    ))  # fmt: skip
    click.echo(
        _(
            "Next: start the site again, and make a backup: from older ones the pepper of before comes back. Some "
            "months from now end the time of the older pepper: candour-drop pepper finish."
        )
    )
    click.echo(
        _(
            "Whoever has a copy of the old disk or of an old backup can go on guessing with that. This protects who "
            "writes from now on, not what was copied."
        )
    )


@pepper.command("finish", short_help=_("DESTROY the older one: codenames not seen since open nothing"))
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def finish_pepper(data: Path, *, yes: bool) -> None:
    """End the time of the older pepper: it is destroyed, and codenames that have not come back since open nothing.

    Stop the site first. Broken off at any point, it goes on where it was when it is run again.
    """
    with sentences(), changing_pepper(data.resolve()) as drop:
        stands = standing(drop)
        if stands.peppers.older is None:
            click.echo(_("There is one pepper. Nothing of an older one is left."))
            return
        click.echo(
            _("Since the new pepper came in {month}, these have not come back: {left}.").format(
                month=stands.peppers.since, left=stands.left
            )
        )
        click.echo(
            _(
                "Their codenames will open nothing any more, and replies that they have not read are erased here. What "
                "they sent is untouched: the charity has it, or collects it as ever. This cannot be undone."
            )
        )
        if not yes and not click.confirm(_("End the time of the older pepper?")):
            raise click.ClickException(_("Nothing was changed. There are two peppers as before."))
        finish(drop)
    click.echo(
        _("The older pepper is destroyed. Start the site again, and make a backup; then destroy the older ones.")
    )
