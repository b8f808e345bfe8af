"""`candour-drop init` and `pairing`: a source host is made, or gets another token for its door."""

from pathlib import Path

import click

from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.drop_folder import make_drop
from source_interface.tor_plan import pair_anew as make_pairing


@click.command()
@data_option
@click.option(
    "--intake-key",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The intake public key, from the reviewer host.",
)
@click.option(
    "--pairing",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write the pairing file for the reviewer host.",
)
def init(data: Path, intake_key: Path, pairing: Path) -> None:
    """Make the data folder: pepper, store, the intake key, and a pairing file for the reviewer host."""
    with sentences():
        key = make_drop(data.resolve(), intake_key, pairing.resolve())
    click.echo(_("The source host is ready in {path}.").format(path=data))
    click.echo(_("Intake key: {print}").format(print=key.spoken_fingerprint()))
    click.echo(_("Compare this aloud with the reviewer host. Then carry {path} there.").format(path=pairing))


@click.command("pairing")
@data_option
@click.option(
    "--pairing",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write the new pairing file for the reviewer host.",
)
def pair_anew(data: Path, pairing: Path) -> None:
    """Make a new pairing file: the door's token before, on whatever host it is, opens nothing from now on."""
    with sentences():
        make_pairing(data.resolve(), pairing.resolve())
    click.echo(_("Carry {path} to the reviewer host: the pairing before is over.").format(path=pairing))
