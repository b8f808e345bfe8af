"""`candour-drop landing`: what the charity puts on its ordinary website."""

from pathlib import Path

import click

from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.drop_folder import DropFolder
from source_interface.landing.facts import read_facts
from source_interface.landing.folder import write_kit
from source_interface.landing.kit import OF_A_PLACE, make_kit


@click.command()
@data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write: a new one, an empty one, or one that this command made.",
)
@click.option(
    "--clearnet-url",
    help="Where the page will be on your ordinary website, https://… Without it nothing is written for web servers.",
)
def landing(data: Path, out: Path, clearnet_url: str | None) -> None:
    """Write the page for the charity's ordinary website, and a poster, that lead people here through Tor Browser."""
    folder = DropFolder(data.resolve())
    with sentences():
        facts = read_facts(folder, clearnet_url)
        write_kit(out, make_kit(facts), folder.root, OF_A_PLACE)
    click.echo(_("The landing page is in {path}. Read README.txt there.").format(path=out))
    click.echo(_("It names {name}.").format(name=facts.name))
    if facts.clearnet_url is None:
        click.echo(
            _(
                "There is nothing in it for your web server: add --clearnet-url https://… with the page's address on "
                "your website. Without it whoever opens the page is logged there."
            )
        )
    elif facts.clearnet_path == "/":
        click.echo(_("It takes the place of the home page of {host}.").format(host=facts.clearnet_host))
    click.echo(_("It leads to {address}: compare it aloud before you put it up.").format(address=facts.address))
