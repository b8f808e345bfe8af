"""`candour-desk onion`: the reviewer host's Tor."""

from pathlib import Path

import click

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.pairing import move_door
from journalist_interface.tor_plan import plan_of, set_up_road
from onion.running import run_tor
from serving.language import gettext as _

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def onion() -> None:
    """The reviewer host's Tor: the courier's road to the source host."""


@onion.command("set-up")
@data_option
@click.option(
    "--courier-key",
    type=_FILE,
    required=True,
    metavar="FILE",
    help=_("Where to write the key to carry to the source host. Its name is this host's name there."),
)
def set_up(data: Path, courier_key: Path) -> None:
    """Make the key that opens the source host's door to this host's courier. Safe to run again: the key stays."""
    with sentences():
        set_up_road(data.resolve(), courier_key)
    click.echo(_("Carry {path} to the source host, for candour-drop onion set-up.").format(path=courier_key))


@onion.command("door")
@data_option
@click.argument("url")
def door(data: Path, url: str) -> None:
    """Follow the source host's door to the new address URL. Everything else of the pairing stays."""
    with sentences():
        moved = move_door(data.resolve(), url)
    click.echo(_("The courier goes to {url} from now on.").format(url=moved))


@onion.command("run")
@data_option
@click.option("--beside", type=_FILE, metavar="FILE", help=_("Lines for Tor of your own: bridges, a test network."))
def run(data: Path, beside: Path | None) -> None:
    """Run Tor until SIGTERM, and look after it."""
    with sentences():
        run_tor(plan_of(data.resolve(), beside))
