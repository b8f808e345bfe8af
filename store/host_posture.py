"""What the host itself would keep of a process's memory: swap, cores, memory that cannot be locked. For both `check`s.

Nothing of it is a fault of what is kept, so each finding warns and says what to do. The judges take texts; only
`look_at_host` reads them.
"""

import re
from collections.abc import Callable, Iterator
from gettext import gettext as _
from pathlib import Path

from store.findings import Finding

_SWAPS = Path("/proc/swaps")
_CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
_BLOCK_DEVICES = Path("/sys/class/block")
# The usual way to have no cores at all.
_COLLECTS_NOTHING = frozenset({"/bin/false", "/usr/bin/false", "/bin/true", "/usr/bin/true"})
_ZRAM = re.compile(r"/dev/zram[0-9]+\Z")
_MAPPED = re.compile(r"/dev/(dm-[0-9]+|mapper/[^/]+)\Z")


def look_at_host(*, may_lock: bool) -> Iterator[Finding]:
    """Yield what is to be said of this host. `may_lock`: a serving process may lock its memory."""
    yield judge_swap(_read(_SWAPS), _kind_of_device)
    yield judge_cores(_read(_CORE_PATTERN))
    yield judge_locking(may_lock=may_lock)


def judge_swap(swaps: str, kind_of_device: Callable[[str], str]) -> Finding:
    """Judge the text of /proc/swaps (proc(5)). `kind_of_device` gives what is told of a path: the device mapper's UUID,
    what zram writes to, or ""."""
    paths = [line.split()[0] for line in swaps.splitlines()[1:] if line.strip()]
    in_clear = [path for path in paths if not _is_unreadable(path, kind_of_device)]
    if not in_clear:
        said = _("No memory is swapped out in clear.")
        return Finding(said, sound=True)
    return Finding(
        _(
            "Memory may be swapped out in clear to {names}: what sources write could come to lie on the disk. Switch "
            "it off (swapoff -a, and its line in /etc/fstab), or encrypt it."
        ).format(names=", ".join(in_clear)),
        sound=True,
        warns=True,
    )


def judge_cores(pattern: str) -> Finding:
    """Judge the text of /proc/sys/kernel/core_pattern (core(5))."""
    program = pattern.strip().removeprefix("|").split()[:1]
    if pattern.strip().startswith("|") and program and program[0] not in _COLLECTS_NOTHING:
        return Finding(
            _(
                "A program of this host collects the memory of processes that crash ({program}). Ours give it nothing, "
                "but others may: set kernel.core_pattern to a plain name."
            ).format(program=program[0]),
            sound=True,
            warns=True,
        )
    return Finding(_("Nothing collects the memory of processes that crash."), sound=True)


def judge_locking(*, may_lock: bool) -> Finding:
    """Judge whether memory can be kept from being swapped out at all."""
    if may_lock:
        return Finding(_("Memory can be locked, and is while this host serves."), sound=True)
    return Finding(
        _(
            "Memory cannot be locked: there is a limit to it. Set LimitMEMLOCK=infinity for the service, or ulimit -l "
            "unlimited."
        ),
        sound=True,
        warns=True,
    )


def _is_unreadable(path: str, kind_of_device: Callable[[str], str]) -> bool:
    # zram is memory itself, unless it is given a device to write to; a plain device, a file or a mapped device without
    # encryption can be read from the disk.
    if _ZRAM.match(path):
        return kind_of_device(path) in ("", "none")
    return _MAPPED.match(path) is not None and kind_of_device(path).startswith("CRYPT-")


def _kind_of_device(path: str) -> str:
    device = _BLOCK_DEVICES / Path(path).resolve().name
    return _read(device / "backing_dev" if _ZRAM.match(path) else device / "dm" / "uuid").strip()


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""
