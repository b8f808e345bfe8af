"""A desk that was shut out while an upgrade went on is shut out again before anybody is let in.

`candour-drop revoke-desk` notes in the data folder that it was typed (source_interface.revoking_again), under a name
that the copy of the data leaves alone. Going back
puts the thief's token and keys in force again, and nobody would notice.
"""

import json
import re
from functools import partial
from pathlib import Path

from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError
from deploy.hosts.silenced_meanwhile import is_silenced
from deploy.hosts.units import DATA, PROGRAMS, USER

NOTE = "revoke-again"
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_LARGEST = 1024  # bytes


def shut_out_again(host: Host) -> None:
    """Do it with the installed program, if it was done meanwhile; again it changes nothing. Raises InstallError."""
    data = host.path(DATA)
    if host.plan != "drop" or not data.is_dir():
        return
    options = as_owner(data, partial(_options, data))
    if options is None:
        return
    if is_silenced(host):
        # There is no door any more, and the command would wait for a Tor that nobody starts.
        forget_shutting_out(host)
        return
    command = (f"{PROGRAMS}/candour-drop", "revoke-desk", "--data", DATA, *options)
    host.do(
        "runuser", "-u", USER, "--", *command, why="the reviewer host that was shut out could not be shut out again"
    )
    forget_shutting_out(host)


def forget_shutting_out(host: Host) -> None:
    """Take the note away: whatever was shut out is shut out in the data that is here."""
    data = host.path(DATA)
    if data.is_dir():
        as_owner(data, partial((data / NOTE).unlink, missing_ok=True))


def _options(data: Path) -> list[str] | None:
    """Return what the command is to be given; None if nothing was shut out. Raises InstallError."""
    note = data / NOTE
    if not note.is_file() or note.is_symlink():
        return None
    try:
        with note.open("rb") as file:
            found = json.loads(file.read(_LARGEST))
        since, close, remove = str(found["since"]), found["close"] is True, found["remove"] is True
    except (ValueError, KeyError, TypeError):
        since, close, remove = "", True, False
    if not _DAY.fullmatch(since):
        raise InstallError(
            f"{note} is damaged. A reviewer host was shut out while the upgrade went on: erase that file, type "
            "“candour-drop revoke-desk” again, and run this again"
        )
    return ["--since", since, *(["--close"] if close else []), *(["--answers", "remove"] if remove else [])]
