"""Do the programs really answer? Asked as Tor would ask them: over the sockets in the data folder, one request each."""

import socket
import time
from functools import partial
from pathlib import Path

from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError
from deploy.hosts.units import DATA

# What is asked, and what a program that is well says to it. The door knows nobody without its token.
_ASKED = {
    "candour-site": ("site.sock", "/", 200),
    "candour-door": ("door.sock", "/v1/waiting", 401),
    "candour-desk": ("desk.sock", "/sign-in", 200),
}
LOOKED_AT = tuple(_ASKED)
_OF_TOR = b"PROXY TCP6 fc00:dead:beef:4dad::0:1 ::1 1 80\r\n"
_PATIENCE_SECONDS = 60
_ONE_SECONDS = 15
_LONGEST_LINE = 4096  # bytes


def look(host: Host, service: str, patience: float = _PATIENCE_SECONDS) -> None:
    """Return when the service answers as it should. Raises InstallError if it does not in time, with what it said."""
    name, path, wanted = _ASKED[service]
    said = "nothing"
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            said = as_owner(host.path(DATA), partial(_asked, host.path(DATA), name, path))
        except InstallError as reason:
            said = str(reason)
        if said.split()[1:2] == [str(wanted)]:
            return
        time.sleep(0.2)
    raise InstallError(f"{service} does not answer as it should: it says “{said}”")


def _asked(data: Path, name: str, path: str) -> str:
    """Return the first line of the answer. Raises OSError."""
    of_site = name == "site.sock"
    address = data / "site-address"
    host_name = address.read_text("ascii").strip() if of_site and address.is_file() else "localhost"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ONE_SECONDS)
        connection.connect(str(data / name))
        request = f"GET {path} HTTP/1.1\r\nHost: {host_name}\r\nConnection: close\r\n\r\n".encode("ascii")
        connection.sendall((_OF_TOR if of_site else b"") + request)
        with connection.makefile("rb") as answer:
            return answer.readline(_LONGEST_LINE).decode("ascii", "replace").strip()
