"""What listens at this machine: /proc/net/tcp, tcp6, udp, udp6 (proc_pid_net(5)), as the kernel has it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine
from serving.language import gettext as _

_LISTENS = "0A"
_UNCONNECTED = "07"
_SSH = 22
OWN_PORTS = "/etc/candour/ports"
_PORT = re.compile(r"([0-9]{1,5})(?!\d)")
_DULL = frozenset({"debian", "localhost", "host", "linux", "pc"})
# 9050: Debian's own Tor, for the machine's errands. 8081: the desk's page, for a reviewer's browser over a tunnel.
EXPECTED = {"drop": frozenset({9050}), "desk": frozenset({9050, 8081})}
# An address from the network is asked for here (RFC 2131, RFC 8415); the firewall lets nothing else in.
_ASKS_FOR_AN_ADDRESS = frozenset({68, 546})


@dataclass(frozen=True)
class Listener:
    """An address and a port at which something waits."""

    address: IPv4Address | IPv6Address
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


def listening_looks(plan: str) -> Iterator[Look]:
    """Yield what is looked at, in its order. `plan`: "drop" or "desk"."""
    group = _("Network")
    why = _("Whatever answers on the network can be found, attacked, and tied to this host's place.")
    how = _("ss -lntup says which program it is; stop it: systemctl disable --now NAME")
    yield Look("network.tcp", group, why, how, lambda machine: judge_tcp(_tcp(machine)))
    yield Look("network.udp", group, why, how, lambda machine: judge_udp(_udp(machine)))
    yield Look(
        "network.loopback", group, _("Every program on this machine can speak to what listens there."),
        _("ss -lntup says which program it is; stop it, or, if it is yours, write its port into /etc/candour/ports."),
        lambda machine: judge_loopback([*_tcp(machine), *_udp(machine)], EXPECTED[plan] | _own_ports(machine)),
    )  # fmt: skip
    yield Look(
        "network.hostname", group, _("Where the network gives this host its address (DHCP), it is told its name."),
        _("hostnamectl set-hostname debian; then start the machine again."),
        lambda machine: judge_hostname(machine.read("/proc/sys/kernel/hostname")),
    )  # fmt: skip
    yield Look(
        "network.ssh", group, _("A way in from afar is one for others too, and the hosts are looked after on site."),
        _("systemctl disable --now ssh.service ssh.socket"), lambda machine: judge_ssh(_tcp(machine)),
    )  # fmt: skip


def read_listeners(table: str, state: str) -> list[Listener]:
    """Return who listens by a table of the kernel's: addresses are hexadecimal, in words of the machine's order."""
    found = []
    for line in table.splitlines()[1:]:
        columns = line.split()
        if len(columns) > 3 and columns[3] == state:
            address, port = columns[1].split(":")
            found.append(Listener(_address(address), int(port, 16)))
    return found


def judge_tcp(listeners: Iterable[Listener]) -> Verdict:
    """Judge whether anything listens for connections from elsewhere."""
    return _judge_outside([each for each in listeners if not each.address.is_loopback], "TCP")


def judge_udp(listeners: Iterable[Listener]) -> Verdict:
    """Judge whether anything takes datagrams from elsewhere, but what asks for this machine's address."""
    outside = [each for each in listeners if not each.address.is_loopback]
    return _judge_outside([each for each in outside if each.port not in _ASKS_FOR_AN_ADDRESS], "UDP")


def judge_loopback(listeners: Iterable[Listener], expected: frozenset[int]) -> Verdict:
    """Judge what listens on this machine for this machine; port 22 has a line of its own."""
    known = expected | {_SSH}
    strange = [each for each in listeners if each.address.is_loopback and each.port not in known]
    if not strange:
        return right(_("Nothing unexpected listens on this machine itself."))
    return warning(_("Unexpected on this machine itself: {names}.").format(names=_names(strange)))


def judge_hostname(name: str) -> Verdict:
    """Judge the machine's name: one that thousands have tells nothing."""
    found = name.strip()
    if found.lower() in _DULL:
        return right(_("This machine has a name that tells nothing ({name}).").format(name=found))
    return warning(_("This machine's name, {name}, may tell the network what it is.").format(name=found))


def judge_ssh(listeners: Iterable[Listener]) -> Verdict:
    """Judge whether somebody may log in from afar; on this machine alone, an onion service may lead there."""
    found = [each for each in listeners if each.port == _SSH]
    if any(not each.address.is_loopback for each in found):
        return fault(_("Something listens for logins from afar (port 22)."))
    if found:
        return warning(_("Logins are waited for on this machine itself (port 22): whoever leads there is let in."))
    return right(_("Nobody can log in from afar by port 22."))


def read_own_ports(text: str) -> frozenset[int]:
    """Return the ports that the administrator named: one a line, what it is for behind it."""
    return frozenset(int(found[1]) for line in text.splitlines() if (found := _PORT.match(line)))


def _own_ports(machine: Machine) -> frozenset[int]:
    if not machine.exists(OWN_PORTS):
        return frozenset()
    entry = machine.entry(OWN_PORTS)
    # What others than root can write says nothing.
    return read_own_ports(machine.read(OWN_PORTS)) if entry.owner == "root" and not entry.mode & 0o022 else frozenset()


def _judge_outside(found: list[Listener], kind: str) -> Verdict:
    if not found:
        return right(_("Nothing listens on the network ({kind}).").format(kind=kind))
    return fault(_("Listening on the network ({kind}): {names}.").format(kind=kind, names=_names(found)))


def _names(listeners: Iterable[Listener]) -> str:
    return ", ".join(sorted({str(each) for each in listeners}))


def _tcp(machine: Machine) -> list[Listener]:
    return _both(machine, "tcp", _LISTENS)


def _udp(machine: Machine) -> list[Listener]:
    return _both(machine, "udp", _UNCONNECTED)


def _both(machine: Machine, kind: str, state: str) -> list[Listener]:
    found = read_listeners(machine.read(f"/proc/net/{kind}"), state)
    # A kernel without IPv6 has no such table, and nothing that listens there.
    if machine.exists(f"/proc/net/{kind}6"):
        found += read_listeners(machine.read(f"/proc/net/{kind}6"), state)
    return found


def _address(spelt: str) -> IPv4Address | IPv6Address:
    # Debian runs on machines whose words have their low byte first.
    words = bytes.fromhex(spelt)
    turned = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
    if len(turned) == 4:
        return IPv4Address(turned)
    address = IPv6Address(turned)
    return address.ipv4_mapped or address
