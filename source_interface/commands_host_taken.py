"""`candour-drop host-taken`: an earlier machine of this site was in somebody else's hands, and sources must know."""

from datetime import datetime
from pathlib import Path

import click

from serving.language import gettext as _
from source_interface.commands_shared import data_option, first_day, refuse_if_no_host, sentences
from source_interface.taken_host import note_taken_host, tell_no_longer
from store.folder import check_private_folder


@click.command("host-taken")
@data_option
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The first day on which somebody else may have had the old machine, as 2026-11-25.",
)
@click.option("--end", is_flag=True, help="Tell sources no longer. After half a year that ends by itself.")
def host_taken(data: Path, since: datetime | None, *, end: bool) -> None:
    """Tell every source in the inbox that the old machine is in other hands: a codename typed there may be known.

    For the new machine, after a restore. Nothing else is changed.
    """
    if (since is None) is not end:
        raise click.UsageError(_("Say since which day: --since DAY. Or --end."))
    day = first_day(since)
    with sentences():
        root = check_private_folder(data.resolve())
        refuse_if_no_host(root)
        if day is None:
            told = tell_no_longer(root)
            click.echo(_("Sources are told no longer.") if told else _("Sources were not told. Nothing was changed."))
            return
        note_taken_host(root, day)
    click.echo(_("Every source who comes back is told. The site needs no restart."))
