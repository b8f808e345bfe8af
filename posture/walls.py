"""The walls around a service, as systemd has them in force: nothing of what the installer shut may have been opened.

A drop-in (`systemctl edit`) can take any wall away while the unit file still looks whole, so it is the unit as systemd
runs it that is asked (`systemctl show`). The lists repeat what the installer writes: tests/test_posture_walls.py holds
the two together, for were they one, a wall that somebody took out of the installer would no longer be missed.

Rules:
- A wall that is higher than the installer's is right: a path more that is hidden, a call less that is let through.
- What is let through is spelt out, for whoever has to mend it.
"""

import re
from collections.abc import Callable, Mapping

from posture.line import Verdict, fault, right
from serving.language import gettext as _

DATA = "/var/lib/candour"
BACKUPS = "/srv/candour-backups"
TOR, BACKUP = "candour-tor", "candour-backup"
# systemd.exec(5).
SANDBOX = {
    "User": "candour",
    "Group": "candour",
    "SupplementaryGroups": "",
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateDevices": "yes",
    "DevicePolicy": "closed",
    "PrivateIPC": "yes",
    "PrivateUsers": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "RemoveIPC": "yes",
    "KeyringMode": "private",
    "NotifyAccess": "none",
    "LimitCORE": "0",
    "LimitMEMLOCK": "infinity",
    "StandardOutput": "null",
    "SystemCallArchitectures": "native",
    "TemporaryFileSystem": "/tmp:mode=1777 /var/tmp:mode=1777 /dev/shm:mode=1777",  # noqa: S108 - only asked about
}
# What a drop-in could put beside the program, or below it; of these the installer writes none.
NOTHING_OF = (
    "BindReadOnlyPaths",
    "RootDirectory",
    "RootImage",
    "JoinsNamespaceOf",
    "IPAddressAllow",
    "ExecStartPre",
    "ExecStartPost",
    "ExecStop",
    "ExecStopPost",
    "ExecReload",
    "ExecCondition",
)
WITHOUT_A_NETWORK = {"PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_UNIX", "IPAddressDeny": "0.0.0.0/0 ::/0"}
OF_TOR = {"RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6"}
# What Tor is shown of the data folder: an empty one in its place, and in that two folders.
_SHOWN_TO_TOR = (f"{DATA}/tor", f"{DATA}/sockets")
BOUND_FOR_TOR = frozenset({(f"/run/{TOR}", DATA), *((path, path) for path in _SHOWN_TO_TOR)})
_TORS_OWN = ("tor/state", "tor/laid-aside")
_OF_THE_COURIER = (*_TORS_OWN, "tor/entrances", "tor/courier-key", "tor/desk", "tor/desk-off")
# Below the data folder, what commands Tor, and the keys of its services: the programs run as one user.
HIDDEN = {
    "candour-site": (*_TORS_OWN, "tor/entrances", "tor/door", "tor/site/hs_ed25519_secret_key"),
    "candour-door": (*_TORS_OWN, "tor/entrances", "tor/door/hs_ed25519_secret_key", "tor/site"),
    "candour-courier": _OF_THE_COURIER,
    "candour-notice": _OF_THE_COURIER,
    "candour-desk": (*_TORS_OWN, "tor/courier-key", "tor/desk/hs_ed25519_secret_key", "tor/desk-off"),
    BACKUP: ("tor/state",),
}
# In this order: given, taken away again, given.
CALLS = ("@system-service", "~@privileged @resources @obsolete @debug", "@chown")
CALLS_OF_TOR = (*CALLS, "seccomp capset")
# With ProtectClock systemd adds the clock, to be read.
_DEVICES = frozenset({"", "char-rtc r"})
_MOST_NAMED = 5
PROPERTIES = (
    *SANDBOX,
    *NOTHING_OF,
    *WITHOUT_A_NETWORK,
    "BindPaths",
    "InaccessiblePaths",
    "NoExecPaths",
    "ReadWritePaths",
    "DeviceAllow",
    "SystemCallFilter",
)


def judge_sandbox(unit: str, state: Mapping[str, str], groups: Callable[[], str]) -> Verdict:
    """Judge the properties of a unit. `groups` gives what `systemd-analyze syscall-filter` prints; may raise Unseen."""
    # First what needs nobody else: a wall that is down must be told even where the calls cannot be looked up.
    open_ = open_walls(unit, state)
    if not open_:
        open_ = open_calls(unit, state.get("SystemCallFilter", ""), read_groups(groups()))
    if not open_:
        return right(_("{unit}: all its walls are in force.").format(unit=unit))
    return fault(_("{unit}: not in force: {names}.").format(unit=unit, names=", ".join(open_)))


def open_walls(unit: str, state: Mapping[str, str]) -> list[str]:
    """Return the names of the properties that let through what the installer's unit does not, but for system calls."""
    wanted = SANDBOX | (OF_TOR if unit == TOR else WITHOUT_A_NETWORK)
    found = [name for name, value in wanted.items() if not _same(state.get(name), value)]
    found += [name for name in NOTHING_OF if state.get(name)]
    if not _paths(state, "ReadWritePaths") <= _writes(unit):
        found.append("ReadWritePaths")
    if not _paths(state, "InaccessiblePaths") >= {f"{DATA}/{name}" for name in HIDDEN.get(unit, ())}:
        found.append("InaccessiblePaths")
    if not _paths(state, "NoExecPaths") >= {DATA, *(_SHOWN_TO_TOR if unit == TOR else ())}:
        found.append("NoExecPaths")
    if _bound(state) != (BOUND_FOR_TOR if unit == TOR else frozenset()):
        found.append("BindPaths")
    if state.get("DeviceAllow", "") not in _DEVICES:
        found.append("DeviceAllow")
    return sorted(found)


def open_calls(unit: str, filter_: str, groups: Mapping[str, frozenset[str]]) -> list[str]:
    """Return what is wrong with a filter of system calls, as systemd has it: every call that it lets through."""
    words = filter_.split()
    # Without one every call is let through; one that begins with ~ names what is refused, and lets through the rest.
    if not words or words[0].startswith("~"):
        return ["SystemCallFilter"]
    more = sorted({word.split(":")[0] for word in words} - permitted(CALLS_OF_TOR if unit == TOR else CALLS, groups))
    if not more:
        return []
    rest = " …" if len(more) > _MOST_NAMED else ""
    return [f"SystemCallFilter ({' '.join(more[:_MOST_NAMED])}{rest})"]


def permitted(lines: tuple[str, ...], groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the calls that lines of SystemCallFilter= let through, one after the other (systemd.exec(5))."""
    # A list of what is let through always has the calls that no program can do without.
    found = _calls("@default", groups)
    for line in lines:
        named = frozenset[str]().union(*(_calls(word, groups) for word in line.lstrip("~").split()))
        found = found - named if line.startswith("~") else found | named
    return found


def read_groups(printed: str) -> dict[str, frozenset[str]]:
    """Return what stands in each group, calls and other groups, of what `systemd-analyze syscall-filter` prints."""
    found: dict[str, frozenset[str]] = {}
    group = ""
    for line in printed.splitlines():
        if line.startswith(("@", "#")):
            group = line.strip()
        elif group.startswith("@") and re.fullmatch(r"@?[\w-]+", line.strip()):
            found[group] = found.get(group, frozenset()) | {line.strip()}
    return found


def _calls(word: str, groups: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if not word.startswith("@"):
        return frozenset({word})
    return frozenset[str]().union(*(_calls(each, groups) for each in groups.get(word, ())))


def _writes(unit: str) -> set[str]:
    return {TOR: set[str](), BACKUP: {DATA, BACKUPS}}.get(unit, {DATA})


def _paths(state: Mapping[str, str], name: str) -> set[str]:
    """Return the paths of a list; a "-" before one says that it need not be there."""
    return {word.lstrip("-") for word in state.get(name, "").split()}


def _bound(state: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """Return what is shown where: systemd prints SOURCE:PLACE:OPTIONS, and a unit may name the source alone."""
    pairs = [word.lstrip("-").split(":") for word in state.get("BindPaths", "").split()]
    return frozenset((pair[0], pair[1] if len(pair) > 1 else pair[0]) for pair in pairs)


def _same(found: str | None, wanted: str) -> bool:
    # systemd prints what is a list in an order of its own.
    return found is not None and sorted(found.split()) == sorted(wanted.split())
