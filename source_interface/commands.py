"""`candour-drop`: the source host's commands. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage."""

import os
import sys
from pathlib import Path

import click

from serving.language import gettext as _
from serving.pace import Pace
from serving.server import BindRefused, check_bind, check_bind_of_tor, serve
from source_interface.commands_onion import onion
from source_interface.commands_shared import data_option, sentences
from source_interface.door_app import create_door
from source_interface.drop_folder import DropFolder, check_drop, make_drop, only_site
from source_interface.host_check import check_host
from source_interface.landing.facts import read_facts
from source_interface.landing.folder import write_kit
from source_interface.landing.kit import OF_A_PLACE, make_kit
from source_interface.settings import check_shares, read_settings
from source_interface.site_address import read_site_address
from source_interface.site_app import create_site
from source_interface.tor_plan import check_same_address
from source_interface.tor_plan import pair_anew as make_pairing
from source_interface.tor_sockets import check_where_tor_brings
from store.findings import tell_findings

_DOOR_THREADS = 8
_bind = click.option("--bind", required=True, help="127.0.0.1:PORT, unix:/path or fd://N.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="candour")
def main() -> None:
    """Run the source host: the public site and the door.

    This host can read nothing it keeps: it holds the intake PUBLIC key, ciphertext and days.
    """
    os.umask(0o077)  # whatever is written here is for this user alone


@main.command()
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


@main.command("pairing")
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


@main.command("serve")
@data_option
@_bind
@click.option(
    "--from-tor",
    is_flag=True,
    help="Connections come from Tor, with HiddenServiceExportCircuitID haproxy, and from nowhere else: limit what one "
    "circuit may do. Needs unix:/path or fd://N.",
)
def serve_site(data: Path, bind: str, *, from_tor: bool) -> None:
    """Serve the public site until SIGTERM."""
    folder = data.resolve()
    with sentences():
        _check_place(folder, bind, DropFolder(folder).site_socket, from_tor=from_tor)
        check_drop(folder)
        address = read_site_address(DropFolder(folder))
        if DropFolder(folder).tor.is_dir():
            check_same_address(folder, address)
        path = DropFolder(folder).settings
        settings = read_settings(path)
        if from_tor:
            check_shares(path, settings)
        with only_site(folder):
            pace = Pace(settings.least_bytes_per_second, settings.pace_window_seconds)
            serve(lambda: create_site(folder), bind, threads=settings.threads, pace=pace, from_tor=from_tor)


@main.command("door")
@data_option
@_bind
def serve_door(data: Path, bind: str) -> None:
    """Serve the door, through which the courier collects, until SIGTERM."""
    folder = data.resolve()
    with sentences():
        _check_place(folder, bind, DropFolder(folder).door_socket, from_tor=None)
        check_drop(folder)
        serve(lambda: create_door(folder), bind, threads=_DOOR_THREADS)


@main.command()
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


def _check_place(folder: Path, bind: str, socket: Path, *, from_tor: bool | None) -> None:
    """Raise BindRefused unless a server may listen there. `from_tor`: None for the door, which is told of no circuits.

    Once there are onion services nothing of this host listens on a port: there Tor would not be asked. Nor on another
    socket than the one that Tor was told of: nobody would ever come there.
    """
    behind_tor = DropFolder(folder).tor.is_dir()
    if behind_tor and from_tor is False:
        raise BindRefused(
            _("This host has onion services, and Tor tells of each connection its circuit. Add --from-tor.")
        )
    if behind_tor or from_tor:
        check_bind_of_tor(bind)
    check_bind(bind)
    if behind_tor:
        check_where_tor_brings(bind, socket)


@main.command("check")
@data_option
@click.option("--repair", is_flag=True, help="Mend what can be mended without loss.")
def check(data: Path, repair: bool) -> None:
    """Check everything this host keeps; say in a sentence what is wrong. Exit code 1 if anything still is.

    Mending needs the site to be stopped.
    """
    faults = 0
    with sentences():
        for told in tell_findings(check_host(data.resolve(), repair=repair), repair=repair):
            faults += told.wrong
            click.echo(told.line)
    if faults:
        sys.exit(1)
    click.echo(_("Everything this host keeps is whole."))


main.add_command(onion)
