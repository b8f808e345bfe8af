"""What `systemctl show` prints of a unit, from its file and the files that add to it: systemd.exec(5), systemd.unit(5).

Held against a real systemd of Debian 12 and 13 in tests/test_deploy_booted.py.
"""

import re
import subprocess
from functools import cache

from posture.walls import NOTHING_OF, permitted, read_groups

# In a list each line adds to those before, and an empty one takes all of them away.
_LISTS = frozenset(
    {
        "SystemCallFilter", "ReadWritePaths", "InaccessiblePaths", "NoExecPaths", "BindPaths", "TemporaryFileSystem",
        "IPAddressDeny", "IPAddressAllow", "DeviceAllow", "RestrictAddressFamilies", "SupplementaryGroups",
        "CapabilityBoundingSet", "AmbientCapabilities", "SystemCallArchitectures", *NOTHING_OF,
    }
)  # fmt: skip
_SPELT = {"any": "0.0.0.0/0 ::/0", "localhost": "127.0.0.0/8 ::1/128"}
_EMPTY = ("SupplementaryGroups", "IPAddressAllow", "IPAddressDeny", "InaccessiblePaths", "BindPaths", "ReadWritePaths")


def shown(*texts: str) -> dict[str, str]:
    """Return the properties of a unit file and of what was added to it, in their order."""
    found: dict[str, list[str]] = {name: [] for name in _EMPTY}
    for name, value in re.findall(r"^(\w+)=(.*)$", "\n".join(texts), re.MULTILINE):
        keeps = name in _LISTS and value
        found[name] = [*(found.get(name, []) if keeps else []), *([value] if value else [])]
    spelt = {name: " ".join(_SPELT.get(value, value) for value in values) for name, values in found.items()}
    return spelt | {
        "BindPaths": " ".join(map(_bound, spelt["BindPaths"].split())),
        "SystemCallFilter": _calls(found.get("SystemCallFilter", [])),
    }


def _bound(path: str) -> str:
    """As systemd prints it: SOURCE:PLACE:OPTIONS, whatever was left out."""
    source, _colon, place = path.partition(":")
    return f"{source}:{place or source}:rbind"


@cache
def printed_groups() -> str:
    """Return what this machine's systemd-analyze prints of system calls."""
    return subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout


def _calls(lines: list[str]) -> str:
    groups = read_groups(printed_groups())
    if lines and lines[0].startswith("~"):
        return "~" + " ".join(sorted(permitted((lines[0].lstrip("~"),), groups)))
    return " ".join(sorted(permitted(tuple(lines), groups))) if lines else ""
