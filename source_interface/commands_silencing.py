"""`candour-drop silence`: the whole site must go silent at once, and stay so."""

from pathlib import Path

import click

from serving.language import gettext as _
from source_interface.commands_shared import data_option, refuse_if_no_host, sentences
from source_interface.drop_folder import DropFolder
from source_interface.silenced import is_silenced
from source_interface.silencing import silence
from store.backup.record import last_backup

_WORD = "silence"


@click.command("silence")
@data_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def silence_command(data: Path, *, yes: bool) -> None:
    """Destroy the keys of this host: addresses, pepper, token. The site is gone at once, and nothing starts here again.

    For when somebody is about to take this machine, running. Letters that nobody has collected stay, sealed. The way
    back is a backup, on another machine. Safe to run again: exit code 1 if something could not be done.
    """
    root = data.resolve()
    with sentences():
        # Whoever else may come into the folder, or owns it: there is no time to mend that, and no need.
        folder = DropFolder(root)
        if not is_silenced(root):
            refuse_if_no_host(root)
    if not yes and not is_silenced(root):
        _ask(root)
    whole = True
    for step in silence(folder):
        whole &= step.done
        click.echo(step.sentence, err=not step.done)
    click.echo()
    click.echo(
        _(
            "What nobody has collected lies here still, sealed: nothing on this host opens it. Now switch the machine "
            "off (hold the power button): until then its memory holds what the site was doing."
        )
    )
    if not whole:
        raise click.ClickException(_("Not everything could be done. What was done holds. Type the same line again."))


def _ask(root: Path) -> None:
    made = last_backup(root)
    click.echo(_("This destroys the keys of this host. Nobody can undo it here."))
    if made:
        click.echo(
            _(
                "With the backup of {day} the site comes back on another machine, under its address, with its sources. "
                "Who wrote first after that day cannot come back."
            ).format(day=made)
        )
    else:
        click.echo(
            _("NO BACKUP of this host is known: the address is lost, and no source of today ever comes back to it.")
        )
    if click.prompt(_("To do it, type the word {word}").format(word=_WORD)).strip().lower() != _WORD:
        raise click.ClickException(_("Nothing was changed."))
