"""`candour-desk serve`: the desk's pages."""

from pathlib import Path

import click

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import DeskPaths, only_desk, opened_desk
from journalist_interface.hosts import check_name
from journalist_interface.tor_paths import desk_socket
from keys.intake_secret import agent_running
from serving.language import gettext as _
from serving.server import serve as serve_app

THREADS = 8


@click.command()
@data_option
@click.option(
    "--bind",
    "binds",
    required=True,
    multiple=True,
    metavar="BIND",
    help=_("Where to listen: 127.0.0.1:PORT, unix:/path or fd://N; may be given several times."),
)
@click.option(
    "--host",
    "names",
    multiple=True,
    metavar="NAME",
    help=_("Answer under this host name too; may be given several times. Localhost and onion services need none."),
)
def serve(data: Path, binds: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Serve the desk's pages until SIGTERM.

    A request under another host name than the desk's own is refused: else a page elsewhere could pose as the desk.
    """
    folder = data.resolve()
    with sentences():
        checked = [check_name(name) for name in names]
        with opened_desk(folder):
            pass  # what is wrong is said here, before a server is started
        desk_socket(folder).parent.mkdir(mode=0o700, exist_ok=True)
        with only_desk(folder), agent_running(DeskPaths(folder).gnupg):
            serve_app(lambda: create_desk(folder, checked), *binds, threads=THREADS)
