"""Looking over a data folder: everything in it is its user's alone, and nothing in it leads elsewhere."""

import os
import stat
from collections.abc import Iterable, Iterator
from functools import partial
from gettext import gettext as _
from pathlib import Path

from store.findings import Finding

_OTHERS = 0o077
_OWN = 0o700


def check_places(root: Path, folders: Iterable[Path]) -> Iterator[Finding]:
    """Yield a finding for each thing under `root` that others can reach; `folders` must be there."""
    faults = 0
    for folder in folders:
        if not folder.is_dir():
            faults += 1
            yield Finding(
                _("The folder {path} is missing, and with it all that was in it. Restore it from the backup.").format(
                    path=folder
                ),
                sound=False,
            )
    for path in _everything(root):
        for finding in _reachable(path):
            faults += 1
            yield finding
    if not faults:
        yield Finding(_("Nobody else can read anything in {path}.").format(path=root), sound=True)


def _everything(root: Path) -> Iterator[Path]:
    yield root
    for above, folders, files in os.walk(root):
        for name in (*folders, *files):
            yield Path(above) / name


def _reachable(path: Path) -> Iterator[Finding]:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return  # erased while we looked: the host is at work
    if stat.S_ISLNK(found.st_mode):
        yield Finding(
            _("{path} leads to another place. Candour makes no such thing: find out who did.").format(path=path),
            sound=False,
        )
    elif found.st_uid != os.geteuid():
        yield Finding(
            _("{path} belongs to another user. Give it back with chown, as root.").format(path=path), sound=False
        )
    elif found.st_mode & _OTHERS:
        own = stat.S_IMODE(found.st_mode) & _OWN
        yield Finding(
            _("Others can read {path}. Nothing is lost, but who has an account on this host may have read it.").format(
                path=path
            ),
            sound=False,
            mend=partial(path.chmod, own),
        )
