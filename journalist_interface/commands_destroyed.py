"""`candour-desk destroy-again`: the end of a case that a restored backup brought back."""

from pathlib import Path

import click

from journalist_interface.check_destroyed import destroy_again
from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import only_desk, opened_desk
from serving.language import gettext as _


@click.command("destroy-again")
@data_option
@click.argument("references", metavar="REFERENCE…", nargs=-1, required=True)
def destroy_again_command(data: Path, references: tuple[str, ...]) -> None:
    """Destroy cases once more that were destroyed before, and came back with a restored backup.

    candour-desk check names them. A case that nobody destroyed at the desk is left as it is. The desk must be stopped.
    """
    folder = data.resolve()
    with sentences(), only_desk(folder), opened_desk(folder) as desk:
        for reference in (each.strip().upper() for each in references):
            destroy_again(desk, reference)
            click.echo(_("Destroyed again: {reference}").format(reference=reference))
