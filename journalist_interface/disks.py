"""On which disks a path lies, as far as the kernel tells: a partition, an encrypted volume and a subvolume are no disk.

What cannot be told (a network's file system, memory, layers) is no disk here: whoever asks must compare devices too.
"""

import os
from pathlib import Path

_BLOCK_DEVICES = Path("/sys/class/block")
_MOUNTS = Path("/proc/self/mountinfo")
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_ESCAPED = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


def disks_of(path: Path) -> frozenset[str]:
    """Return the names of the disks that hold a path that is there, such as {"sda"}."""
    source = source_of(path.resolve(), _MOUNTS.read_text("utf-8", "surrogateescape"))
    if not source.startswith("/dev/"):
        return frozenset()
    # /dev/mapper/root is a link to the block device that the kernel knows.
    return whole_disks(Path(os.path.realpath(source)).name, _BLOCK_DEVICES)


def lies_in_memory(path: Path) -> bool:
    """Tell whether what is written to a path that is there is gone when the machine is turned off."""
    return mount_of(path.resolve(), _MOUNTS.read_text("utf-8", "surrogateescape"))[0] in _IN_MEMORY


def source_of(path: Path, mounts: str) -> str:
    """Return what is mounted where an absolute path lies, from the text of mountinfo (proc(5))."""
    return mount_of(path, mounts)[1]


def mount_of(path: Path, mounts: str) -> tuple[str, str]:
    """Return the kind of file system where an absolute path lies, and what is mounted there; empty if unknown."""
    found, mount = Path("/"), ("", "")
    for line in mounts.splitlines():
        before, _dash, after = line.partition(" - ")
        point = Path(_unescaped(before.split()[4]))
        # A later line covers an earlier one of the same place.
        if path.is_relative_to(point) and point.is_relative_to(found):
            kind, source = after.split()[:2]
            found, mount = point, (kind, _unescaped(source))
    return mount


def whole_disks(name: str, devices: Path) -> frozenset[str]:
    """Return the disks beneath a block device, from a folder such as /sys/class/block."""
    device = devices / name
    if not device.exists():
        return frozenset()
    if (device / "partition").exists():
        return whole_disks(device.resolve().parent.name, devices)
    # What an encrypted volume, a RAID or a logical volume is made of.
    beneath = sorted((device / "slaves").glob("*"))
    if not beneath:
        return frozenset({name})
    return frozenset().union(*(whole_disks(each.name, devices) for each in beneath))


def _unescaped(text: str) -> str:
    for escaped, char in _ESCAPED.items():
        text = text.replace(escaped, char)
    return text
