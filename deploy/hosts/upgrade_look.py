"""Do the programs really answer? Asked as Tor would ask them: over the sockets in the data folder, one request each.

Where a program listens its unit says, as that is now: it may be the version before that is asked.
"""

import re
import socket
import time
from functools import partial
from pathlib import Path

from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError
from deploy.hosts.units import DATA

# What is asked, and what a program that is well says to it. The door knows nobody without its token.
_ASKED = {
    "candour-site": ("/", 200),
    "candour-door": ("/v1/waiting", 401),
    "candour-desk": ("/sign-in", 200),
}
LOOKED_AT = tuple(_ASKED)
_OF_TOR = b"PROXY TCP6 fc00:dead:beef:4dad::0:1 ::1 1 80\r\n"
_PATIENCE_SECONDS = 60
_ONE_SECONDS = 15
_BOUND = re.compile(r"^ExecStart=.* --bind unix:(\S+)", re.MULTILINE)
_LONGEST_LINE = 4096  # bytes


def look(host: Host, service: str, patience: float = _PATIENCE_SECONDS) -> None:
    """Return when the service answers as it should. Raises InstallError if it does not in time, with what it said."""
    path, wanted = _ASKED[service]
    bound = _BOUND.search(host.read(f"/etc/systemd/system/{service}.service"))
    if bound is None:
        raise InstallError(f"the unit of {service} does not say where it listens")
    listens, data = host.path(bound[1]), host.path(DATA)
    said = "nothing"
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            said = as_owner(data, partial(_asked, data, listens, path))
        except InstallError as reason:
            said = str(reason)
        if said.split()[1:2] == [str(wanted)]:
            return
        time.sleep(0.2)
    raise InstallError(f"{service} does not answer as it should: it says “{said}”")


def _asked(data: Path, listens: Path, path: str) -> str:
    """Return the first line of the answer. Raises OSError."""
    of_site = listens.name == "site.sock"
    address = data / "site-address"
    host_name = address.read_text("ascii").strip() if of_site and address.is_file() else "localhost"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ONE_SECONDS)
        connection.connect(str(listens))
        request = f"GET {path} HTTP/1.1\r\nHost: {host_name}\r\nConnection: close\r\n\r\n".encode("ascii")
        connection.sendall((_OF_TOR if of_site else b"") + request)
        with connection.makefile("rb") as answer:
            return answer.readline(_LONGEST_LINE).decode("ascii", "replace").strip()
