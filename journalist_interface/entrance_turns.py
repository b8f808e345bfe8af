"""The file of a key to the desk, and the record of who gave it or took it away: both as before, or both anew.

A file and a database have no commit in common. So the key that was there is laid aside first, under the number of the
record that is being written; then the file is changed; then the record is committed. Whoever comes next looks: if that
record is in the trail, what was laid aside goes; if not, it comes back, whatever was in the way, and however the act
ended (a full disk, a broken transaction, SIGKILL). Coming back is a rename, which needs no room on a full disk.

What is laid aside is no key to Tor: it lies beside the folder that Tor reads.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from sqlalchemy import Connection

from onion import clients
from onion.client_key import check_name
from onion.own_files import sync_folder
from store.desk.audit import Act, has_record

LAID_ASIDE = "laid-aside"  # a folder of the desk's onion service
_ACTS = (Act.ENTRANCE, Act.ENTRANCE_BACK)


def lay_aside(service: Path, name: str, number: int) -> None:
    """Lay the key of a person aside, or that there is none, before its file is changed. Raises OSError, ClientRefused.

    `number` is that of the record which the writing transaction of the caller holds.
    """
    folder = _folder(service)
    folder.mkdir(mode=0o700, exist_ok=True)
    aside = folder / f"{number}-{check_name(name)}"
    aside.unlink(missing_ok=True)  # of a record of that number which came to nothing
    try:
        os.link(clients.path_of(service, name), aside, follow_symlinks=False)
    except FileNotFoundError:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    sync_folder(folder)


def settle(connection: Connection, service: Path, may_come: Collection[str]) -> None:
    """Finish or undo every change that was cut short. `connection` must be a writing one. Raises OSError.

    A key comes back for those alone who may still come.
    """
    for aside, number, name in _laid_aside(service):
        if not any(has_record(connection, number, act, name) for act in _ACTS):
            _bring_back(service, aside, name, name in may_come)
        aside.unlink(missing_ok=True)
    if _folder(service).is_dir():
        sync_folder(_folder(service))


def are_unsettled(service: Path) -> tuple[str, ...]:
    """Return the names of those whose key is being changed just now, or whose change was cut short."""
    return tuple(sorted({name for _aside, _number, name in _laid_aside(service)}))


def forget(service: Path, name: str) -> None:
    """Have no key of somebody come back who is let in no more. Raises OSError."""
    for aside, _number, whose in _laid_aside(service):
        if whose == name:
            aside.unlink(missing_ok=True)


def _bring_back(service: Path, aside: Path, name: str, may_come: bool) -> None:
    path = clients.path_of(service, name)
    if may_come and aside.stat().st_size:
        # If both are one file still, this leaves both names: the caller takes the one aside away.
        aside.replace(path)
    else:
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _laid_aside(service: Path) -> Iterator[tuple[Path, int, str]]:
    folder = _folder(service)
    for aside in sorted(folder.iterdir()) if folder.is_dir() else ():
        number, _dash, name = aside.name.partition("-")
        if number.isascii() and number.isdigit() and len(number) < 19 and name:
            yield aside, int(number), name


def _folder(service: Path) -> Path:
    return service / LAID_ASIDE
