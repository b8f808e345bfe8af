"""When an upgrade is not begun: what is found out while the old version still works, and nothing has been changed."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError
from deploy.hosts.program import PROGRAM
from deploy.hosts.units import DATA, PROGRAMS, UPGRADE_BACKUPS, USER

DATABASES = {"drop": "drop.sqlite", "desk": "desk.sqlite"}
# Tor and the servers are stopped while the new version looks: what it finds of them is no fault of its own. Nor is a
# relay that did not answer, somebody's key that has expired, or a disk for backups that nobody brought.
_NOT_OF_WHAT_IS_KEPT = frozenset({"tor", "sockets", "road", "notice", "backup"})
_SPARE = 200 * 1024 * 1024  # bytes that are to be left
_QUIET_SECONDS = 600


def is_set_up(host: Host) -> bool:
    """Tell whether there is data to be brought along."""
    return host.path(f"{DATA}/{DATABASES[host.plan]}").is_file()


def refuse_older(host: Host) -> None:
    """Raise InstallError if the database is of a newer version than the program in this folder."""
    found = as_owner(host.path(DATA), partial(_revision, host.path(f"{DATA}/{DATABASES[host.plan]}")))
    scripts = host.source / "store" / host.plan / "migrations" / "versions"
    known = sorted(path.stem.removeprefix("rev_") for path in scripts.glob("rev_*.py"))
    if found is not None and found not in known:
        raise InstallError(
            "What this host keeps was brought up to date by a later version of Candour than the one in this folder, "
            "and this one would not understand it. Nothing was changed. The way back to an older version is the "
            "backup from before the upgrade: docs/guide-upgrade.md, “Back to an older version”."
        )


def refuse_without_backups(host: Host) -> None:
    """Raise InstallError if the source host does not know yet for whom its backups are sealed."""
    if host.plan == "drop" and not host.path(f"{DATA}/recovery-key.pub").is_file():
        raise InstallError(
            "This host has never made a backup, and an upgrade begins with one. Nothing was changed. Make the first: "
            "docs/guide-backup.md, “Once”."
        )


def refuse_unwritable(host: Host, backups: str) -> None:
    """Raise InstallError unless Candour's user can write backups there; the usual place is made when it is needed."""
    if backups == UPGRADE_BACKUPS and not host.path(backups).exists():
        return
    if host.try_run("runuser", "-u", USER, "--", "test", "-d", backups, "-a", "-w", backups).returncode:
        raise InstallError(
            f"The backup cannot be written into {backups}: it is not there, or Candour's user may not write to it. "
            f"Nothing was changed. Mount it, or: mkdir -p {backups} && chown {USER}: {backups}"
        )


def refuse_without_room(host: Host, backups: str) -> None:
    """Raise InstallError unless there is room for a second program, the copy of the data, its growth, and a backup."""
    data = as_owner(host.path(DATA), partial(_sizes, host.path(DATA)))
    wanted = (
        (host.path(PROGRAM).parent, 2 * _size(host.path(PROGRAM))),
        # The copy, the database's log, and a table that is made anew beside the old one.
        (host.path(DATA), 4 * data["copied"]),
        (host.path(backups), data["copied"] + data["linked"] + data["linked"] // 8),
    )
    for device in {_device(path) for path, _bytes in wanted}:
        on_it = [(path, size) for path, size in wanted if _device(path) == device]
        need = sum(size for _path, size in on_it) + _SPARE
        free = shutil.disk_usage(on_it[0][0]).free
        if free < need:
            raise InstallError(
                f"There is not enough room on the disk of {on_it[0][0]}: {_mib(need)} are needed, {_mib(free)} are "
                f"free. Nothing was changed. Make room (old backups, {PROGRAM}.old), and run this again."
            )


def is_beside_data(host: Host, folder: str) -> bool:
    """Tell whether a folder, which need not be there yet, lies on the data's own disk."""
    return _device(host.path(folder)) == _device(host.path(DATA))


def wait_for_quiet(host: Host, wait: Callable[[float], None] = time.sleep, seconds: float = _QUIET_SECONDS) -> None:
    """Return when no source is sending a file. Raises InstallError if none such moment comes.

    A file that is on its way lies among the drafts until its form is whole.
    """
    for _second in range(int(seconds)):
        if not as_owner(host.path(DATA), partial(_drafts, host.path(DATA))):
            return
        wait(1)
    raise InstallError(
        "Somebody has been sending files all the time, and stopping the site would cut them off. Nothing was changed. "
        "Run this again later; or with --cut-uploads, if it cannot wait: who is sending then has to send once more."
    )


def faults(host: Host) -> set[str]:
    """Have the installed program check what this host keeps; return the names of what is wrong. Raises InstallError.

    Opening a database brings it up to date: with a new program this is the migration, and the look after it.
    """
    command = (f"{PROGRAMS}/candour-{host.plan}", "check", "--json", "--data", DATA)
    done = host.try_run("runuser", "-u", USER, "--", *command)
    try:
        findings = json.loads(done.stdout)["findings"]
        # Of the machine, whose names have a point, an upgrade changes nothing that a fault there should stop.
        return {
            each["id"]
            for each in findings
            if each["grade"] == "fault" and "." not in each["id"] and each["id"] not in _NOT_OF_WHAT_IS_KEPT
        }
    except (ValueError, KeyError, TypeError) as reason:
        said = " ".join(done.stderr.strip().splitlines()[-2:]) or f"it ended with {done.returncode}"
        raise InstallError(f"the check of what is kept did not come to its end ({said})") from reason


def refuse_faults(found: set[str]) -> None:
    """Raise InstallError if what is kept is not whole before an upgrade."""
    if found:
        raise InstallError(
            f"What this host keeps is not as it should be ({', '.join(sorted(found))}): the check of the installed "
            "version says so, and says how to mend it. Nothing was changed. Mend that first."
        )


def _revision(database: Path) -> str | None:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _sizes(data: Path) -> dict[str, int]:
    found = {"copied": 0, "linked": 0}
    for above, _folders, files in os.walk(data):
        for name in files:
            with suppress(FileNotFoundError):  # the old version is at work: a draft may be whole by now
                found["linked" if Path(above).name == "sealed" else "copied"] += (Path(above) / name).lstat().st_size
    return found


def _drafts(data: Path) -> int:
    return sum(1 for folder in data.glob("*/incoming") for _draft in folder.iterdir())


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def _device(path: Path) -> int:
    return next(each for each in (path, *path.parents) if each.exists()).stat().st_dev


def _mib(size: int) -> str:
    return f"{size // (1024 * 1024) + 1} MiB"
