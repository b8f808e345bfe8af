"""The configuration of one host's Tor, as text: written whole, compared whole, never merged with what somebody wrote.

Rules:
- Sockets, not ports: nothing listens on an address, and every onion service ends at a unix socket.
- Never single-hop: an onion service of ours hides where its host is.
- Tor counts and logs nothing of who came: no heartbeat (it tells how many came in six hours), warnings alone.
- Proof of work is on for what is open to all, with the queue rates Tor has by default: lower ones shut honest people
  out.

Options: tor(1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from onion.errors import ConfigurationRefused
from onion.layout import TorFolder
from serving.language import gettext as _

HTTP_PORT = 80
# Tor Browser opens six connections to one site; an upload with its progress page needs three.
_STREAMS_OF_A_STRANGER = 32
# The courier has a few roads at once, each with circuits of its own; a reviewer's browser six connections.
_STREAMS_OF_A_CLIENT = 32
# What an administrator's own lines may say: how this Tor reaches the network, and which network. All else is refused,
# by exact names: Tor also takes the beginnings of names.
_MAY_STAND_BESIDE = frozenset(
    {
        "bridge",
        "usebridges",
        "fascistfirewall",
        "firewallports",
        "reachableaddresses",
        "reachableoraddresses",
        "httpsproxy",
        "httpsproxyauthenticator",
        "socks5proxy",
        "socks5proxyusername",
        "socks5proxypassword",
        "bandwidthrate",
        "bandwidthburst",
        "clientuseipv4",
        "clientuseipv6",
        "excludenodes",
        "strictnodes",
        "numcpus",
        # A Tor network of one's own, as the tests have it.
        "testingtornetwork",
        "dirauthority",
        "address",
        "outboundbindaddress",
        "pathsneededtobuildcircuits",
        "shutdownwaitlength",
        "testingenablecellstatsevent",
    }
)


@dataclass(frozen=True)
class Service:
    """One onion service. `open_to_all`: strangers come, each circuit with its number; else known clients alone."""

    name: str
    target: Path
    open_to_all: bool


def write_torrc(folder: TorFolder, services: Sequence[Service], *, for_the_courier: bool) -> str:
    """Return the torrc of a host. `for_the_courier`: a SOCKS socket, for onion services alone."""
    lines = [
        "# Written by Candour, and compared with what it would write. Lines of your own belong into a file beside it:",
        "# see “onion run --beside”.",
        f"DataDirectory {_plain(folder.state)}",
        f"ControlSocket {_plain(folder.control_socket)}",
        "CookieAuthentication 1",
        "ClientOnly 1",
        "Sandbox 1",
        "AvoidDiskWrites 1",
        "SafeLogging 1",
        "HeartbeatPeriod 0",
        # Else it keeps a count of all circuits on the disk: one for each visitor, for hours (TotalBuildTimes).
        "LearnCircuitBuildTimeout 0",
        # Told to stop, it stops: who was revoked must not go on for half a minute over a circuit that is open.
        "ShutdownWaitLength 0",
        "Log warn stdout",
    ]
    if for_the_courier:
        lines += [
            # Each connection with a name and a password of its own has circuits of its own.
            f"SocksPort unix:{_plain(folder.socks)} OnionTrafficOnly IsolateSOCKSAuth ExtendedErrors",
            f"ClientOnionAuthDir {_plain(folder.entrances)}",
            # Cells that say nothing, so that a quiet line does not tell when it was used.
            "ConnectionPadding 1",
        ]
    else:
        lines.append("SocksPort 0")
    for service in services:
        lines += ["", *_service_lines(folder, service)]
    return "\n".join(lines) + "\n"


def check_beside(text: str) -> str:
    """Return lines of an administrator's own (bridges, a firewall, a test network) if they may stand beside ours.

    Raises ConfigurationRefused.
    """
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0].lower() not in _MAY_STAND_BESIDE or line.endswith("\\"):
            raise ConfigurationRefused(
                _(
                    "“{line}” may not stand beside Candour's own lines: only how this Tor reaches its network may."
                ).format(line=line.strip()[:80])
            )
    return text


def _service_lines(folder: TorFolder, service: Service) -> list[str]:
    lines = [
        f"HiddenServiceDir {_plain(folder.service(service.name))}",
        "HiddenServiceVersion 3",
        f"HiddenServicePort {HTTP_PORT} unix:{_plain(service.target)}",
        # At the introduction points, before anything reaches this host: 25 a second each and 200 at once, unless said.
        "HiddenServiceEnableIntroDoSDefense 1",
    ]
    if service.open_to_all:
        return [
            *lines,
            # Three points let more through than the queue below takes (250 a second, 2,500 at once): else it would
            # never fill, no work would ever be asked, and a cheap flood would use up what the points let through.
            "HiddenServiceEnableIntroDoSRatePerSec 200",
            "HiddenServiceEnableIntroDoSBurstPerSec 1500",
            "HiddenServicePoWDefensesEnabled 1",
            "HiddenServiceExportCircuitID haproxy",
            f"HiddenServiceMaxStreams {_STREAMS_OF_A_STRANGER}",
        ]
    return [*lines, f"HiddenServiceMaxStreams {_STREAMS_OF_A_CLIENT}", "HiddenServiceMaxStreamsCloseCircuit 1"]


def _plain(path: Path) -> str:
    spelt = str(path)
    # Tor has C's escapes in quoted values, and splits a socket's path at a space; no folder of ours needs either.
    if any(sign in spelt for sign in ' "\\\n\r#') or not spelt.isprintable():
        raise ConfigurationRefused(_("Tor cannot be told of the path {path}: choose a plainer one.").format(path=path))
    return spelt
