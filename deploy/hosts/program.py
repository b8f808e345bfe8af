"""The program's folder: what is in it, laying it down, and having another version built beside it take its place.

A Python environment holds absolute paths and cannot be moved. So the new one is built where it will be: in a mount
namespace of its own, in which the folder beside is seen in the old one's place, while the old version goes on working.
"""

import shutil
from pathlib import Path

from deploy.hosts.host import Host, InstallError
from deploy.hosts.steps import is_ours
from deploy.hosts.written import HEAD, line

PROGRAM = "/opt/candour"
NEW = "/opt/candour.new"  # being built, and not yet in use
BEFORE = "/opt/candour.before"  # what an upgrade that is going on goes back to
OLD = "/opt/candour.old"  # the version before this one: deploy/upgrade --roll-back
COPIED = (
    "keys",
    "store",
    "serving",
    "onion",
    "posture",
    "ceremony",
    "source_interface",
    "journalist_interface",
    "deploy",
    "requirements",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
_LOCK = "requirements/run.lock"
_LIST = "installed"  # as deploy.hosts.written has it of root's files; its paths begin at the program's folder
_IN_ITS_PLACE = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', NEW, PROGRAM)
_VERIFY = """
import sys
from posture.installed import installed_looks
from posture.machine import Machine
found = [look.see(Machine()) for look in installed_looks()]
wrong = [verdict.sentence for verdict in found if verdict.grade.value != "right"]
sys.exit(" ".join(wrong) or 0)
"""


def copy_program(host: Host, where: str) -> None:
    """Lay the program down at `where`, root's: what an administrator changes in a checkout must not run by itself."""
    host.path(where).mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source, there = host.source / name, host.path(f"{where}/{name}")
        host.remove(f"{where}/{name}")
        if source.is_dir():
            shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copyfile(source, there)
    _close(host, where)
    host.write(f"{where}/{_LIST}", _listed(host, where), 0o644)


def is_listed(host: Host, where: str) -> bool:
    """Tell whether the list that lies beside the program at `where` is that of its files, with their modes."""
    return host.is_file(f"{where}/{_LIST}", _listed(host, where), 0o644)


def copy_python(host: Host, where: str) -> None:
    """Lay down the folder deploy/ alone, which needs nothing but Python itself. Root runs it: it is root's to write."""
    shutil.copytree(host.source / "deploy", host.path(f"{where}/deploy"), ignore=shutil.ignore_patterns("__pycache__"))
    _close(host, where)


def is_same_program(host: Host, where: str) -> bool:
    """Tell whether what lies at `where` is the program in this folder, byte for byte."""
    return all(_same(host.source / name, host.path(f"{where}/{name}")) for name in COPIED)


def environment_line(call: str) -> tuple[str, ...]:
    """Return the command that calls one of the functions of deploy/setup.sh for the installed program."""
    return ("bash", "-c", f"set -euo pipefail; CHECKOUT={PROGRAM}; . $CHECKOUT/deploy/setup.sh; {call}")


def build_beside(host: Host) -> None:
    """Build the new program and its environment beside the one that is at work, and verify them. Raises InstallError.

    Where both versions pin the same packages, those that are there are copied, and no network is needed.
    """
    host.remove(NEW)
    copy_program(host, NEW)
    there = [each for each in (PROGRAM, OLD) if _has_packages_of(host, each, NEW)]
    for each in there[:1]:
        host.do("cp", "-a", "--reflink=auto", f"{each}/.venv", NEW, why="the Python packages were not copied")
    line = environment_line("set_up run")
    # Through Tor also where they were copied: of another Python, after an update of Debian, they are fetched anew.
    host.do(*_IN_ITS_PLACE, *through_tor(host), *line, why="the new Python packages are not there")
    found = host.try_run(*_IN_ITS_PLACE, f"{PROGRAM}/.venv/bin/python", "-c", _VERIFY)
    if found.returncode:
        raise InstallError(f"The new Python packages are not as they were locked. {found.stderr.strip()[-500:]}")


def swap(host: Host) -> None:
    """Put the new program in the old one's place; the old one is kept as BEFORE."""
    host.path(PROGRAM).rename(host.path(BEFORE))
    host.path(NEW).rename(host.path(PROGRAM))


def swap_back(host: Host) -> None:
    """Undo `swap`, from wherever it was broken off. The new program is removed: aside, so that whoever calls it
    meanwhile (deploy.hosts.commands) finds one that is whole.
    """
    if host.path(BEFORE).is_dir():
        if host.path(PROGRAM).is_dir():
            host.remove(NEW)
            host.path(PROGRAM).rename(host.path(NEW))
        host.path(BEFORE).rename(host.path(PROGRAM))
    host.remove(NEW)


def settle(host: Host) -> None:
    """Keep the version before, for going back to by hand, in the place of the one before that."""
    if host.path(BEFORE).is_dir():
        host.remove(OLD)
        host.path(BEFORE).rename(host.path(OLD))
    host.remove(NEW)


def _listed(host: Host, where: str) -> str:
    root = host.path(where)
    found = [
        path for name in COPIED for path in ((root / name).rglob("*") if (root / name).is_dir() else (root / name,))
    ]
    lines = [
        line(path.stat().st_mode & 0o7777, path.read_bytes(), path.relative_to(root).as_posix())
        for path in found
        if path.is_file() and _counts(path)
    ]
    return HEAD + "".join(sorted(lines))


def _close(host: Host, where: str) -> None:
    """Have all that is there be root's: on a stick from elsewhere everything may be for everybody to write."""
    host.run("chown", "-R", "root:root", where, why="the program could not be given to root")
    host.run("chmod", "-R", "u=rwX,go=rX", where, why="the program's modes could not be set")


def _has_packages_of(host: Host, where: str, other: str) -> bool:
    same = host.read(f"{where}/{_LOCK}") == host.read(f"{other}/{_LOCK}")
    return same and host.path(f"{where}/.venv").is_dir()


def through_tor(host: Host) -> tuple[str, ...]:
    """Return what takes pip through Debian's own Tor: behind our firewall root has no other way out."""
    behind = host.is_running and is_ours("/etc/nftables.conf", host)
    return ("torsocks",) if behind and not host.goes_by_proxy and host.has("torsocks") else ()


def _same(source: Path, there: Path) -> bool:
    if source.is_file():
        return there.is_file() and source.read_bytes() == there.read_bytes()
    ours = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and _counts(path)}
    theirs = {path.relative_to(there) for path in there.rglob("*") if path.is_file() and _counts(path)}
    return ours == theirs and all((source / name).read_bytes() == (there / name).read_bytes() for name in ours)


def _counts(path: Path) -> bool:
    return "__pycache__" not in path.parts and not any(part.endswith(".egg-info") for part in path.parts)
