"""`candour-drop serve`: the public site."""

from pathlib import Path

import click

from serving.pace import Pace
from serving.server import serve
from source_interface.commands_shared import data_option, sentences
from source_interface.drop_folder import DropFolder, check_drop, only_site
from source_interface.listening import bind_option, check_place
from source_interface.settings import check_shares, read_settings
from source_interface.site_address import read_site_address
from source_interface.site_app import create_site
from source_interface.tor_plan import check_same_address


@click.command("serve")
@data_option
@bind_option
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
        check_place(folder, bind, DropFolder(folder).site_socket, from_tor=from_tor)
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
