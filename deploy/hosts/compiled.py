"""What Python runs in the place of the program's files: compiled by the installer, and listed as root's files are.

All are made at once, of files that were just compared with their hashes; `check` finds one more, and one that is other
(posture.written). Not by what it belongs to: a compiled file says what it was made of, and need not tell the truth.
They hold the hash of their source and not its time. Python compares that at each start: an old one is never run for a
new file, and one that fits is never written anew. Without them each command would compile the program again, for it
runs as a user who may not write here.
"""

import os
import re
import stat
from collections.abc import Iterator

from deploy.hosts.host import Host
from deploy.hosts.program import IN_ITS_PLACE, PROGRAM
from deploy.hosts.steps import Step
from deploy.hosts.written import HEAD, line

LIST = "compiled"  # beside the program; its paths begin at the program's folder
_CACHE = "__pycache__"
_COMPILED = re.compile(r"(.*/)?__pycache__/[^/]+\.pyc")
# Run by the installer alone, which makes everything anew after them.
_NOT_OURS_TO_RUN = r"/site-packages/(pip|setuptools)/"
# Without site (-S) nothing of the packages is run here, nor what anybody put beside them.
_COMPILE = (f"{PROGRAM}/.venv/bin/python", "-I", "-S", "-B", "-m", "compileall", "-q", "-x", _NOT_OURS_TO_RUN)
_BY_HASH = ("--invalidation-mode", "checked-hash")


def compiled() -> Step:
    """Return the step that makes them for the program at its place."""
    return Step(
        "Compiled files",
        "Python runs them in the program's place: each is listed, so that check finds one that was put there.",
        lambda host: is_listed(host, PROGRAM),
        lambda host: make(host, PROGRAM),
    )


def make(host: Host, where: str) -> None:
    """Compile the program that lies at `where` for its place, and list what was made of it. Raises InstallError."""
    for above, folders, _names in os.walk(host.path(where)):
        if _CACHE in folders:
            host.remove(f"{where}/{os.path.relpath(above, host.path(where))}/{_CACHE}")
            folders.remove(_CACHE)
    there = () if where == PROGRAM else IN_ITS_PLACE
    host.do(*there, *_COMPILE, *_BY_HASH, PROGRAM, why="the program could not be compiled")
    host.write(f"{where}/{LIST}", _list(host, where), 0o644)


def is_listed(host: Host, where: str) -> bool:
    """Tell whether what was compiled at `where` is there, as it was listed, and no more than that."""
    found = _list(host, where)
    return ".pyc\n" in found and host.is_file(f"{where}/{LIST}", found, 0o644)


def _list(host: Host, where: str) -> str:
    return HEAD + "".join(sorted(_lines(host, where)))


def _lines(host: Host, where: str) -> Iterator[str]:
    """Yield the line of each file that is found; of one that is not root's, or no file, one that is in no list."""
    root = host.path(where)
    for above, _folders, names in os.walk(root):
        for path in (os.path.join(above, name) for name in names):
            below = os.path.relpath(path, root)
            if _COMPILED.fullmatch(below):
                found = os.lstat(path)
                if (found.st_uid, stat.S_IFMT(found.st_mode)) == (host.owner, stat.S_IFREG):
                    with open(path, "rb") as file:
                        yield line(stat.S_IMODE(found.st_mode), file.read(), below)
                else:
                    yield f"not root's: {below}\n"
