"""The two sockets at which Tor brings people: the servers listen there and nowhere else, and `check` knocks at them.

Tor publishes a service whether or not somebody answers at its end: then visitors get a broken connection, and all of
Tor's own figures are well.
"""

import os
import socket
from pathlib import Path

from serving.language import gettext as _
from serving.server import BindRefused
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import DOOR, SITE
from store.findings import Finding

_PATIENCE_SECONDS = 5


def check_where_tor_brings(bind: str, wanted: Path) -> None:
    """Raise BindRefused unless a `bind` that `check_bind_of_tor` passed is the socket which Tor was told of."""
    path = Path(bind.removeprefix("unix:")) if bind.startswith("unix:") else _handed(bind)
    if path is None or path.parent.resolve() / path.name != wanted.parent.resolve() / wanted.name:
        raise BindRefused(
            _("Tor brings people to {wanted}, and to no other place. Use --bind unix:{wanted}").format(wanted=wanted)
        )


def knock(folder: DropFolder) -> list[Finding]:
    """Return whether somebody answers at each of the two. Nothing is sent."""
    return [
        _knock(SITE, folder.site_socket, "candour-drop serve"),
        _knock(DOOR, folder.door_socket, "candour-drop door"),
    ]


def _knock(name: str, path: Path, command: str) -> Finding:
    with socket.socket(socket.AF_UNIX) as knocking:
        knocking.settimeout(_PATIENCE_SECONDS)
        try:
            knocking.connect(str(path))
        except OSError:
            said = _("Nobody answers for “{name}” at {path}: visitors get a broken connection. Start {command}.")
            return Finding(said.format(name=name, path=path, command=command), sound=False)
    return Finding(_("Somebody answers for “{name}” where Tor brings visitors.").format(name=name), sound=True)


def _handed(bind: str) -> Path | None:
    """Return the path of the unix socket behind an inherited descriptor, if it has one."""
    with socket.socket(fileno=os.dup(int(bind.removeprefix("fd://")))) as inherited:
        name = inherited.getsockname()
    return Path(name) if isinstance(name, str) and name else None
