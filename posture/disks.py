"""The disks: is what lies on them encrypted, is there room, and does /tmp lie in memory?

Room is told in steps alone: exactly, it would tell whoever keeps what a check says of each letter that came, and its
size.
"""

from collections.abc import Callable, Iterator

from posture.line import Look, Verdict, fault, right, warning
from posture.machine import Machine, Room, Unseen
from serving.language import gettext as _

_LEAST_ROOM = 2 * 1024**3  # bytes: a large report, with its copies while it is sealed
_LEAST_FILES = 10_000
_TMP = "/tmp"  # noqa: S108 - only asked about
_MOST_DEEP = 8  # devices on devices: a disk, its partitions, RAID, encryption, LVM


def disk_looks(data: str) -> Iterator[Look]:
    """Yield what is looked at of the file system that holds the folder `data`."""
    group = _("Disks")
    full = _("With no room left nobody can write, and nothing more can be collected.")
    room = _("Find what fills it: du -xsh /var/* | sort -h. The desk's own figures say what Candour keeps.")
    yield Look(
        "disk.encrypted", group, _("Whoever takes the disk could read when this host was used, and what was erased."),
        _("Install Debian anew with an encrypted disk (guided, LVM, encrypted), then restore the backup."),
        lambda machine: judge_encryption(mounted_at(machine.read("/proc/mounts"), data)[0], _device(machine)),
    )  # fmt: skip
    yield Look(
        "disk.tmp", group, _("What a program leaves in /tmp lies on the disk after the machine is off."),
        _("systemctl enable --now tmp.mount (Debian 12: copy it first from /usr/share/systemd)."),
        lambda machine: judge_tmp(mounted_at(machine.read("/proc/mounts"), _TMP)),
    )  # fmt: skip
    yield Look("disk.room", group, full, room, lambda machine: judge_room(machine.room(data)))
    yield Look("disk.files", group, full, room, lambda machine: judge_files(machine.room(data)))


def mounted_at(mounts: str, path: str) -> tuple[str, str, str]:
    """Return what is mounted where `path` lies: device, mount point, kind (/proc/mounts, fstab(5)). Raises Unseen."""
    rows = [line.split() for line in mounts.splitlines()]
    holding = [row for row in rows if len(row) > 3 and _is_below(path, _spelt(row[1]))]
    if not holding:
        raise Unseen(_("Where {path} lies is not told.").format(path=path))
    # Of two at one place the later hides the earlier.
    device, place, kind = max(enumerate(holding), key=lambda each: (len(each[1][1]), each[0]))[1][:3]
    return _spelt(device), _spelt(place), kind


def judge_encryption(device: str, is_encrypted: Callable[[str], bool]) -> Verdict:
    """Judge a device by its path. `is_encrypted` tells it of /dev/NAME, and raises Unseen."""
    if not device.startswith("/dev/"):
        raise Unseen(_("What Candour keeps lies on {device}, which is no disk.").format(device=device))
    if is_encrypted(device.removeprefix("/dev/")):
        return right(_("What Candour keeps lies on an encrypted disk ({device}).").format(device=device))
    return warning(_("What Candour keeps lies on a disk in clear ({device}).").format(device=device))


def judge_tmp(mount: tuple[str, str, str]) -> Verdict:
    """Judge what is mounted where /tmp is."""
    if mount[1:] == (_TMP, "tmpfs"):
        return right(_("{path} lies in memory.").format(path=_TMP))
    return warning(_("{path} lies on a disk.").format(path=_TMP))


def judge_room(room: Room) -> Verdict:
    """Judge the bytes that are left."""
    if room.free < _LEAST_ROOM // 8:
        return fault(_("Less than 256 MiB are free."))
    if room.free < _LEAST_ROOM:
        return warning(_("Less than 2 GiB are free."))
    return right(_("2 GiB are free, or more."))


def judge_files(room: Room) -> Verdict:
    """Judge how many more files the file system can name; some count none."""
    if room.files == 0:
        return right(_("The file system sets no number of files."))
    if room.free_files < _LEAST_FILES:
        return warning(_("The file system can name fewer than {n} more files.").format(n=f"{_LEAST_FILES:,}"))
    return right(_("The file system can name {n} more files, or more.").format(n=f"{_LEAST_FILES:,}"))


def _device(machine: Machine) -> Callable[[str], bool]:
    return lambda name: _is_encrypted(machine, _block_name(machine, name), _MOST_DEEP)


def _block_name(machine: Machine, name: str) -> str:
    """Return the kernel's name of a device: mapper/vault-root is dm-1."""
    if not name.startswith("mapper/"):
        return name
    for block in machine.names("/sys/class/block"):
        path = f"/sys/class/block/{block}/dm/name"
        if machine.exists(path) and machine.read(path).strip() == name.removeprefix("mapper/"):
            return block
    raise Unseen(_("The kernel does not tell of {device}.").format(device=f"/dev/{name}"))


def _is_encrypted(machine: Machine, block: str, deep: int) -> bool:
    """Tell whether every way from a device down to a disk goes through encryption."""
    here = f"/sys/class/block/{block}"
    if not machine.exists(here) or deep == 0:
        raise Unseen(_("The kernel does not tell of {device}.").format(device=f"/dev/{block}"))
    if machine.exists(f"{here}/dm/uuid") and machine.read(f"{here}/dm/uuid").startswith("CRYPT-"):
        return True
    below = machine.names(f"{here}/slaves") if machine.exists(f"{here}/slaves") else []
    return bool(below) and all(_is_encrypted(machine, each, deep - 1) for each in below)


def _is_below(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")


def _spelt(field: str) -> str:
    # proc_pid_mounts(5): a space is \040, a backslash \134.
    return field.replace("\\040", " ").replace("\\134", "\\")
