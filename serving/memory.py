"""Keeping a serving process's memory off every disk, and short-lived while it is in use (docs/adr/0012).

Rules:
- What Python, OpenSSL or SQLite frees is overwritten at once. Python has no word for that, glibc has: the process runs
  with `PYTHONMALLOC=malloc`, so that nothing is kept back by an allocator of Python's own, with glibc filling what is
  freed, and without glibc's per-thread cache, which would be passed over. All three are read when a process begins, so
  it begins again, once, under the same number; the installed commands do so before they load anything else.
- No core is written, and none that is piped to a program holds anything: a limit of zero stops files alone, so the
  filter of what a core holds is emptied too. Both pass on to gpg; being undumpable, which also keeps other programs of
  the same user out, does not survive the start of another program.
- What waits for Python's collector of cycles (a template's macros hold the form they showed, an exception the frames it
  passed) is collected every few seconds, not when enough has gathered; the code itself is not looked through each time.
- Memory is locked only where there is no limit to it: under a limit a later allocation would fail instead.
"""

import ctypes
import gc
import os
import re
import resource
import sys
import threading
import urllib.parse
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

COLLECT_SECONDS = 5

_FILL = 165  # any byte but zero, which would mean "do not"
_PYTHON_MALLOC = "PYTHONMALLOC"
_TUNABLES = "GLIBC_TUNABLES"
_WIPING = f"glibc.malloc.perturb={_FILL}:glibc.malloc.tcache_count=0"
_PR_SET_DUMPABLE = 4  # sys/prctl.h
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4  # sys/mman.h
_CAP_IPC_LOCK = 14  # linux/capability.h
_EVERY_USER = ["0", "0", "4294967295"]
_CORE_FILTER = Path("/proc/self/coredump_filter")


def wiping_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment under which freed memory is overwritten; what else is set in it stays."""
    tunables = environment.get(_TUNABLES, "")
    if not tunables.endswith(_WIPING):
        # Of a setting that stands twice glibc takes the last.
        tunables = f"{tunables}:{_WIPING}" if tunables else _WIPING
    return {**environment, _PYTHON_MALLOC: "malloc", _TUNABLES: tunables}


def begin_again_wiping() -> None:
    """Start this very command again, in this process, unless it already overwrites what is freed.

    Inherited descriptors, ignored signals and the process's number stay as they are; locks on files are let go.
    """
    wanted = wiping_environment(os.environ)
    if wanted != dict(os.environ):
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)  # noqa: S606  (no shell is wanted)


def begin_again_before_loading(*servers: str) -> None:
    """As `begin_again_wiping`, if the command that was typed is one of these.

    Call it before anything large is imported: all that is loaded before it begins again is loaded twice.
    """
    if sys.argv[1:2] and sys.argv[1] in servers:
        begin_again_wiping()


def refuse_dumps() -> None:
    """Leave nothing of this process, nor of the gpg it starts, on a disk when one of them crashes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Before the next step, after which these files are root's. A kernel built without core dumps has no such file.
    with suppress(FileNotFoundError):
        _CORE_FILTER.write_text("0")
    refuse_debuggers()


def refuse_debuggers() -> None:
    """Keep other programs of the same user out of this process's memory."""
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_DUMPABLE) is refused")


def lock_memory() -> bool:
    """Lock all memory, now and later, so that none is ever swapped out; tell whether that was permitted.

    A page is locked when it is first used: a hundred stacks of threads would otherwise be filled at once.
    """
    if not may_lock_memory():
        return False
    return bool(ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0)


def may_lock_memory() -> bool:
    """Tell whether this process may lock as much as it likes. Its limit is lifted, if it may be."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    process = Path("/proc/self")
    return locking_is_unlimited(
        resource.getrlimit(resource.RLIMIT_MEMLOCK)[0],
        (process / "status").read_text(),
        (process / "uid_map").read_text(),
    )


def locking_is_unlimited(limit: int, status: str, uid_map: str) -> bool:
    """Tell whether locking has no limit, from RLIMIT_MEMLOCK and the texts of /proc/self/status and uid_map.

    The right to lock (CAP_IPC_LOCK) counts for nothing inside a user namespace, though it is shown there.
    """
    if limit == resource.RLIM_INFINITY:
        return True
    rights = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return rights is not None and bool(int(rights[1], 16) >> _CAP_IPC_LOCK & 1) and uid_map.split() == _EVERY_USER


def collect_for_ever() -> None:
    """Let go of what nobody uses any more, every few seconds, in a daemon thread. For when everything is loaded."""

    def work() -> None:
        while not pause.wait(COLLECT_SECONDS):
            # It remembers the last addresses it took apart, so the pages that were asked for.
            urllib.parse.clear_cache()  # type: ignore[attr-defined]  # undocumented, and there since Python 2
            gc.collect()

    pause = threading.Event()
    gc.collect()
    gc.freeze()
    threading.Thread(target=work, name="collector", daemon=True).start()
