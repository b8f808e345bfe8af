"""A host that was silenced while an upgrade went on is silent once that has gone back.

`candour-drop silence` destroys the keys in the data and in the copy of it. Going back may have read a key in the copy
just before, and put it in its place just after. The mark (source_interface.silenced) stands under a name that the copy
of the data leaves alone.
"""

from functools import partial
from pathlib import Path

from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host
from deploy.hosts.units import DATA, PROGRAMS, USER

MARK = "silenced"


def is_silenced(host: Host) -> bool:
    """Tell whether the host was silenced. A mark that cannot be looked at is one."""
    data = host.path(DATA)
    return host.plan == "drop" and data.is_dir() and bool(as_owner(data, partial(_is_marked, data)))


def silence_again(host: Host) -> None:
    """Do it with the installed program, if it was done; again it changes nothing. Raises InstallError."""
    if is_silenced(host):
        command = (f"{PROGRAMS}/candour-drop", "silence", "--yes", "--data", DATA)
        host.do("runuser", "-u", USER, "--", *command, why="this host was silenced, and could not be silenced again")


def _is_marked(data: Path) -> bool:
    try:
        (data / MARK).lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
