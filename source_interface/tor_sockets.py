"""The two sockets to which Tor brings people: `check` knocks at them.

Tor publishes a service whether or not somebody answers at its end: then visitors get a broken connection, and all of
Tor's own figures are well.
"""

import socket
from pathlib import Path

from serving.language import gettext as _
from source_interface.door_keys import DOOR
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import SITE
from store.findings import Finding

_PATIENCE_SECONDS = 5


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
