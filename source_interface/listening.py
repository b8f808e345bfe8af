"""Where a server of the source host may listen: what the site and the door have in common."""

from pathlib import Path

import click

from serving.language import gettext as _
from serving.server import BindRefused, check_bind, check_bind_of_tor
from source_interface.drop_folder import DropFolder
from source_interface.tor_sockets import check_where_tor_brings

bind_option = click.option("--bind", required=True, help="127.0.0.1:PORT, unix:/path or fd://N.")


def check_place(folder: Path, bind: str, socket: Path, *, from_tor: bool | None) -> None:
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
