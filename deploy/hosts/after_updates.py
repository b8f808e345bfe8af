"""What an update replaced on the disk runs on in memory: this starts again the services of which that is so.

dpkg runs it after each round (apt.conf.d/90-candour), as root, with the Python of Debian and nothing else. It ends with
0 whatever happens: an update must not fail for it, and `check` looks too.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_WHERE = ("/usr/", "/lib/", "/lib64/", "/opt/candour/")
_GONE = " (deleted)"
# Debian's own Tor too: its package starts it again for a new Tor, and not for a new OpenSSL.
_SERVICES = ("candour-*.service", "tor@default.service")


def is_outdated(maps: str, where: tuple[str, ...] = _WHERE) -> bool:
    """Tell from /proc/PID/maps (proc_pid_maps(5)) whether a process runs a program or a library that was replaced.

    `where`: how the paths of programs and libraries begin.
    """
    paths = (line.split(maxsplit=5)[5] for line in maps.splitlines() if len(line.split(maxsplit=5)) == 6)
    return any(path.startswith(where) and path.endswith(_GONE) for path in paths)


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that it started and that still run."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found = children.read_text("ascii").split()
        except OSError:
            continue  # it has ended
        for child in found:
            yield from family(int(child))


def outdated(services: dict[str, int], where: tuple[str, ...] = _WHERE) -> list[str]:
    """Return those services, by name, of which a process is outdated. `services` gives each one's main process."""
    return [name for name, pid in services.items() if pid and any(_is_outdated(each, where) for each in family(pid))]


def _is_outdated(pid: int, where: tuple[str, ...]) -> bool:
    try:
        return is_outdated(Path(f"/proc/{pid}/maps").read_text("utf-8", "replace"), where)
    except OSError:
        return False


def running() -> dict[str, int]:
    """Return the main process of each service that runs."""
    found: dict[str, int] = {}
    for block in _systemctl("show", "--property=Id,MainPID", *_SERVICES).split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if shown.get("MainPID", "0").isdigit() and "Id" in shown:
            found[shown["Id"]] = int(shown.get("MainPID", "0"))
    return found


def _systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False, timeout=300).stdout


def main() -> int:
    """Look, and start again what must be."""
    if Path("/run/systemd/system").is_dir() and (names := outdated(running())):
        print(f"Candour: started again, for what it runs was updated: {', '.join(names)}")
        _systemctl("try-restart", *names)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, subprocess.SubprocessError) as reason:
        print(f"Candour: nothing was started again after this update: {reason}", file=sys.stderr)
        sys.exit(0)
