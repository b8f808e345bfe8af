"""Where a server of the source host may listen: what the site and the door have in common."""

import os
import socket
from pathlib import Path

import click

from serving.language import gettext as _
from serving.server import BindRefused, check_bind, check_bind_of_tor
from source_interface.drop_folder import DropFolder

bind_option = click.option("--bind", required=True, help="127.0.0.1:PORT, unix:/path or fd://N.")


def check_place(folder: Path, bind: str, wanted: Path, *, from_tor: bool | None) -> None:
    """Raise BindRefused unless a server may listen there. `from_tor`: None for the door, which is told of no circuits.

    Once there are onion services nothing of this host listens on a port: there Tor would not be asked. Nor on another
    socket than the one that Tor was told of: nobody would ever come there.
    """
    behind_tor = DropFolder(folder).tor.is_dir()
    if behind_tor:
        wanted.parent.mkdir(mode=0o700, exist_ok=True)
    if behind_tor and from_tor is False:
        raise BindRefused(
            _("This host has onion services, and Tor tells of each connection its circuit. Add --from-tor.")
        )
    if behind_tor or from_tor:
        check_bind_of_tor(bind)
    check_bind(bind)
    if behind_tor:
        _check_where_tor_brings(bind, wanted)


def _check_where_tor_brings(bind: str, wanted: Path) -> None:
    """Raise BindRefused unless a `bind` that `check_bind_of_tor` passed is the socket which Tor was told of."""
    path = Path(bind.removeprefix("unix:")) if bind.startswith("unix:") else _handed(bind)
    if path is None or path.parent.resolve() / path.name != wanted.parent.resolve() / wanted.name:
        raise BindRefused(
            _("Tor brings people to {wanted}, and to no other place. Use --bind unix:{wanted}").format(wanted=wanted)
        )


def _handed(bind: str) -> Path | None:
    """Return the path of the unix socket behind an inherited descriptor, if it has one."""
    with socket.socket(fileno=os.dup(int(bind.removeprefix("fd://")))) as inherited:
        name = inherited.getsockname()
    return Path(name) if isinstance(name, str) and name else None
