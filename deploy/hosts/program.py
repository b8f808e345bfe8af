"""The program's folder: what is in it, laying it down, and having another version built beside it take its place.

A Python environment holds absolute paths and cannot be moved. So the new one is built where it will be: in a mount
namespace of its own, in which the folder beside is seen in the old one's place, while the old version goes on working.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from deploy.hosts.host import Host, InstallError, Refused
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
_STAGED = ".laid-down"  # there while the program is copied
_LIST = "installed"  # as deploy.hosts.written has it of root's files; its paths begin at the program's folder
# Has a command see the new program at the place that it will have.
IN_ITS_PLACE = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', NEW, PROGRAM)
_VERIFY = """
import sys
from posture.installed import installed_looks
from posture.machine import Machine
found = [look.see(Machine()) for look in installed_looks()]
wrong = [verdict.sentence for verdict in found if verdict.grade.value != "right"]
sys.exit(" ".join(wrong) or 0)
"""


def refuse_own_folder(host: Host, verb: str) -> None:
    """Refuse to install from a folder that installing empties first. Raises Refused.

    OLD may be installed from: going back is an upgrade to it, and each step is done before OLD is given away.
    """
    if host.source.resolve() in [host.path(each).resolve() for each in (PROGRAM, NEW, BEFORE)]:
        raise Refused(
            f"This folder, {host.source}, is the place of the installed program itself, which cannot be laid down "
            f"from there: it would be erased first. Nothing was changed. Run deploy/{verb} {host.plan} from the folder "
            "that you brought, such as /root/candour; if it was brought here, copy it there first"
        )


def copy_program(host: Host, where: str) -> None:
    """Lay the program down at `where`, root's: what an administrator changes in a checkout must not run by itself.

    It is laid down in a folder that is shut, each file with its own mode, and put in its place from there: at no moment
    can anybody else write to it, whatever the folder allows that it comes from.
    """
    root, staged = host.path(where), f"{where}/{_STAGED}"
    root.mkdir(parents=True, exist_ok=True)
    _own(host, root)
    # First this: a run that is cut short leaves no list, and is seen not to be done.
    host.remove(f"{where}/{_LIST}")
    host.remove(staged)
    host.path(staged).mkdir(mode=0o700)
    for name in COPIED:
        _copy(host.source / name, host.path(f"{staged}/{name}"))
    for name in COPIED:
        host.remove(f"{where}/{name}")
        host.path(f"{staged}/{name}").rename(root / name)
    host.path(staged).rmdir()
    _close(host, where)
    host.write(f"{where}/{_LIST}", _list(host), 0o644)


def is_listed(host: Host, where: str) -> bool:
    """Tell whether the list that lies beside the program at `where` is that of its files, and each is as it says."""
    return host.is_file(f"{where}/{_LIST}", _list(host), 0o644) and all(
        _is_own(host, host.path(f"{where}/{path}"), _mode(content)) for path, content in _files(host)
    )


def copy_python(host: Host, where: str) -> None:
    """Lay down the folder deploy/ alone, which needs nothing but Python itself. Root runs it: it is root's to write."""
    host.path(where).mkdir(parents=True, exist_ok=True)
    _own(host, host.path(where))
    _copy(host.source / "deploy", host.path(f"{where}/deploy"))
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
    host.do(*IN_ITS_PLACE, *through_tor(host), *line, why="the new Python packages are not there")
    found = host.try_run(*IN_ITS_PLACE, f"{PROGRAM}/.venv/bin/python", "-c", _VERIFY)
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


def _list(host: Host) -> str:
    """Return the list of what is to be laid down: of the folder that it comes from, not of what is found."""
    return HEAD + "".join(sorted(line(_mode(content), content, path) for path, content in _files(host)))


def _files(host: Host) -> Iterator[tuple[str, bytes]]:
    """Yield each file of the program that is to be laid down, by its path there, and what is in it."""
    for name in COPIED:
        source = host.source / name
        for path in source.rglob("*") if source.is_dir() else (source,):
            if path.is_file() and _counts(path.relative_to(host.source)):
                yield path.relative_to(host.source).as_posix(), path.read_bytes()


def _mode(content: bytes) -> int:
    """Return the mode of a file by what is in it: a stick knows none, and says that everything may be run."""
    return 0o755 if content.startswith(b"#!") else 0o644


def _copy(source: Path, there: Path) -> None:
    """Copy a file, or a folder with all that counts in it, each with its mode."""
    if source.is_dir():
        there.mkdir(mode=0o700)
        for path in source.iterdir():
            if _counts(Path(path.name)):
                _copy(path, there / path.name)
        there.chmod(0o755)
    else:
        content = source.read_bytes()
        there.write_bytes(content)
        there.chmod(_mode(content))


def _own(host: Host, folder: Path) -> None:
    """Have a folder be root's alone to write, before anything is put there: it may have been somebody's."""
    os.chown(folder, host.owner, -1)
    folder.chmod(0o755)


def _is_own(host: Host, path: Path, mode: int) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return (found.st_uid, found.st_mode) == (host.owner, stat.S_IFREG | mode)


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
