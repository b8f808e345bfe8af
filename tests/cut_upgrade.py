"""An upgrade that is cut short at one call after another (SIGKILL), on a machine that is a folder; then a restart.

The commands that the machine would run are imitated (tests/cut_host.py); the death is real. As a program of its own,
for it forks: `python -m tests.cut_upgrade FOLDER VERSION EVERY` prints a line for each cut.
"""

import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from deploy.hosts.main import parse, run
from deploy.hosts.program import BEFORE, NEW, OLD, PROGRAM
from deploy.hosts.units import DATA
from deploy.hosts.upgrade_look import LOOKED_AT
from deploy.hosts.upgrade_state import FOLDER, LOOKING, NOTE, UNIT
from tests.cut_host import SOCKETS, SYSTEMD, CutHost, make, serve, state

_CHANGING = frozenset(
    ("os.rename", "os.remove", "os.mkdir", "os.link", "os.symlink", "os.rmdir", "os.utime", "os.chmod", "shutil.rmtree")
)


def dies_at(number: int, work: Callable[[], object]) -> int:
    """Do the work in a process that is killed at its `number`th change to a file; return how many it made, or -1."""
    counted, writing = os.pipe()
    child = os.fork()
    if child == 0:
        done = [0]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if event in _CHANGING or writes:
                done[0] += 1
                if done[0] == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()
        os.write(writing, str(done[0]).encode())
        os._exit(0)
    os.close(writing)
    with open(counted, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return int(said) if said else -1


def restart(host: CutHost) -> None:
    """The machine comes up: what was in memory is gone; what is enabled starts as it may."""
    for name in (LOOKING, "/run/candour-install"):
        host.remove(name)
    for name in host.active():
        host.path(f"/run/active/{name}").unlink()
    for link in host.path(SYSTEMD).glob("*.target.wants/*"):
        if link.name.startswith("candour-") and link.name != f"{UNIT}.service":
            host.start(link.name)


def boot_unit(host: CutHost) -> None:
    """What the upgrade's own unit does when the machine comes up, by the same entry, from the same copy."""
    if host.path(f"{SYSTEMD}/multi-user.target.wants/{UNIT}.service").is_symlink() and host.path(FOLDER).exists():
        typed(CutHost(host.root, host.path(FOLDER), host.plan, owner=host.owner), "--unfinished")


def typed(host: CutHost, *options: str) -> None:
    """`deploy/upgrade drop` with these options."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        run(host, parse(["upgrade", host.plan, *options]))


def one(folder: Path, version: str, cut: int, again: int = 0) -> dict[str, object]:
    """One cut, a restart, perhaps a second cut in the undoing, and the end; say what became of it."""
    shutil.rmtree(folder, ignore_errors=True)
    host = make(folder / "root", version)
    before = state(host)
    server = os.fork()
    if server == 0:
        serve(host)
        signal.pause()
    try:
        while not all(host.path(name).exists() for name in SOCKETS):
            pass
        changes = dies_at(cut, lambda: typed(host))
        up = set[str]()
        if changes < 0:
            restart(host)
            up = host.active()
            noted = host.path(NOTE).exists()
            if again:
                dies_at(again, lambda: boot_unit(host))
                restart(host)
            dies_at(0, lambda: boot_unit(host))
            if not host.path(NOTE).exists():
                typed(host, "--unfinished")  # before there was a unit for it, or after: the next upgrade clears up
        else:
            noted = host.path(NOTE).exists()
        after = state(host)
        return {
            "cut": cut,
            "changes": changes,
            "as": "before" if after == before else host.read(f"{PROGRAM}/README.md"),
            "let in": sorted(up) if noted else [],
            "running": sorted(host.active()),
            "left": [place for place in (NOTE, FOLDER, LOOKING, NEW, BEFORE) if host.path(place).exists()]
            + [path.name for path in host.path(DATA).glob("before-upgrade*")]
            + [str(path) for path in host.path("/etc").rglob("*upgrade*")],
            "sealed": len(list(host.path(f"{DATA}/blobs/sealed").iterdir())),
            "held": len(list(host.path(f"{DATA}/blobs/held").iterdir())),
            "migrated": host.path(f"{DATA}/of-the-next").exists(),
            "old kept": host.path(OLD).exists(),
        }
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def main(folder: Path, version: str, every: int) -> None:
    """Cut at every so many-th change; and then at as many of the undoing."""
    whole = one(folder, version, 0)
    print(json.dumps(whole))
    total = int(str(whole["changes"]))
    for cut in range(1, total + 1, every):
        print(json.dumps(one(folder, version, cut, again=cut // 2 if cut % 2 else 0)))


if __name__ == "__main__":
    assert set(LOOKED_AT) >= {"candour-site", "candour-door"}
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
