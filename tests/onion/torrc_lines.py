"""What stands in the `torrc` of each kind of Tor in the private network. Text alone: nothing is started here.

The numbers are those with which a network of six is up in some twenty seconds, and stays so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FIRST_PORT = 20_000  # nobody else is in the namespace


@dataclass(frozen=True)
class Authority:
    """One directory authority: both fingerprints are 40 hexadecimal digits."""

    name: str
    number: int
    v3_identity: str
    fingerprint: str


def or_port(number: int) -> int:
    """Return the port on which relay `number` takes circuits."""
    return _FIRST_PORT + 2 * number


def dir_port(number: int) -> int:
    """Return the port on which authority `number` hands out documents."""
    return _FIRST_PORT + 2 * number + 1


def which_network(authorities: Sequence[Authority]) -> list[str]:
    """Return what a Tor must be told to be in this network at all, and nothing else."""
    return [
        "TestingTorNetwork 1",
        "Address 127.0.0.1",
        "OutboundBindAddress 127.0.0.1",
        "NumCPUs 1",
        "ShutdownWaitLength 0",
        "PathsNeededToBuildCircuits 0.67",
        *(
            f"DirAuthority {each.name} orport={or_port(each.number)} no-v2 v3ident={each.v3_identity} "
            f"127.0.0.1:{dir_port(each.number)} {each.fingerprint}"
            for each in authorities
        ),
    ]


def common(authorities: Sequence[Authority]) -> list[str]:
    """Return what every Tor of the network has: who its authorities are, and that only loopback is there."""
    return [
        *which_network(authorities),
        # Loopback teaches Tor to expect circuits within some 50 ms, and to give up those for which a busy machine needs
        # longer: every tenth visit would wait for seconds, and one in hundreds fail.
        "LearnCircuitBuildTimeout 0",
        "CircuitBuildTimeout 60",
    ]


def at_home(folder: Path) -> list[str]:
    """Return where a Tor of ours keeps its things, and how the tests speak with it."""
    return [
        f"DataDirectory {folder}",
        f"ControlSocket {folder}/control",
        "CookieAuthentication 1",
        f"Log notice file {folder}/notices.log",
        "SafeLogging 0",
    ]


def relay(name: str, number: int) -> list[str]:
    """Return what makes a Tor a relay that carries circuits and lets none out."""
    return [
        f"Nickname {name}",
        f"ORPort 127.0.0.1:{or_port(number)} IPv4Only",
        "AssumeReachable 1",
        "ContactInfo none@test.invalid",
        "SocksPort 0",
        "ExitRelay 0",
        "ExitPolicy reject *:*",
    ]


def authority(number: int) -> list[str]:
    """Return what makes a relay a directory authority, too: a first vote after 5 seconds, then one every 10."""
    return [
        "AuthoritativeDirectory 1",
        "V3AuthoritativeDirectory 1",
        f"DirPort 127.0.0.1:{dir_port(number)} IPv4Only",
        "TestingV3AuthInitialVotingInterval 5",
        "TestingV3AuthInitialVoteDelay 2",
        "TestingV3AuthInitialDistDelay 2",
        "V3AuthVotingInterval 10",
        "V3AuthVoteDelay 2",
        "V3AuthDistDelay 2",
        "V3AuthNIntervalsValid 6",
        "TestingDirAuthVoteExit *",
        "TestingDirAuthVoteHSDir *",
        "TestingDirAuthVoteGuard *",
        "TestingMinExitFlagThreshold 0",
        "AuthDirMaxServersPerAddr 0",
        "MinUptimeHidServDirectoryV2 0",
        "AuthDirTestReachability 0",
    ]


def client(socks: Path) -> list[str]:
    """Return what makes a Tor a client, whose SOCKS port is a unix socket: another SOCKS name is another circuit."""
    return ["ClientOnly 1", f"SocksPort unix:{socks}"]


def onion_service(folder: Path, target: Path) -> list[str]:
    """Return what makes a Tor offer the unix socket `target` as port 80 of an onion service."""
    return [
        "ClientOnly 1",
        "SocksPort 0",
        f"HiddenServiceDir {folder}",
        f"HiddenServicePort 80 unix:{target}",
    ]
