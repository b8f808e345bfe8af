"""What an upgrade writes down before it changes anything, so that it can be undone after a power cut at any moment.

Rules:
- The note is there, durably, before the first service is stopped, and goes when everything is as it should be.
- While it is there no service of Candour starts, and no command of the administrator's; but for those services that the
  upgrade itself looks at (a line in each unit, undone by nobody but the upgrade): a machine that comes up in the middle
  must not let letters in that going back would lose.
- At the next start of the machine the upgrade is undone, or brought to its end, by a unit of its own; so it is by the
  next `deploy/upgrade`.
- The program that does so is a copy: the folders of both versions may be on their way to another name.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from deploy.hosts.daily_look import NAME as DAILY_LOOK
from deploy.hosts.host import Host, InstallError, draft_of, sync_folder
from deploy.hosts.program import copy_python
from deploy.hosts.services import of_other_versions
from deploy.hosts.taken_up import forget_change
from deploy.hosts.units import UNITS, UPGRADE_NOTE
from deploy.hosts.upgrade_look import LOOKED_AT

FOLDER = UPGRADE_NOTE.rpartition("/")[0]
NOTE = UPGRADE_NOTE
LOOKING = "/run/candour-upgrade"  # there while the upgrade itself starts services; gone when the machine restarts
UNIT = "candour-upgrade"
_UNIT_FILE = f"/etc/systemd/system/{UNIT}.service"
_LOCK = "/run/candour-upgrade.lock"

_HELD = f"""# Written by deploy/upgrade, which takes it away again.
[Unit]
ConditionPathExists=!{NOTE}
"""
_HELD_BUT_LOOKED_AT = f"""# Written by deploy/upgrade, which takes it away again.
[Unit]
ConditionPathExists=|!{NOTE}
ConditionPathExists=|{LOOKING}
"""
# Reviewers could sign in at the machine's port, and write what going back would lose: not before all is well.
_HELD_SOCKET = f"""# Written by deploy/upgrade, which takes it away again.
[Socket]
ListenStream=
ListenStream={LOOKING}/{{name}}.sock
SocketMode=0600
"""


@dataclass(frozen=True)
class Note:
    """What is to be known for going back: services that ran, root's files as they were (None: there was none).

    `trying`: services that had failed, or were about to be started again: they are started as those that ran are, but
    nothing is expected of them. `days`: what the host knew of its backups, where the upgrade's own is not to count;
    else empty. `good`: the new version was looked at and found well; from then on there is no going back by itself.
    """

    plan: str
    running: tuple[str, ...]
    files: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    good: bool = False
    trying: tuple[str, ...] = ()
    days: tuple[str | None, ...] = ()


def read_note(host: Host) -> Note | None:
    """Return what an upgrade that has not come to its end wrote down. Raises InstallError if it cannot be read."""
    text = host.read(NOTE)
    if not text:
        return None
    try:
        found: dict[str, Any] = json.loads(text)
        files = {path: None if kept is None else (str(kept[0]), int(kept[1])) for path, kept in found["files"].items()}
        # Of these two an earlier version wrote nothing down.
        trying, days = tuple(found.get("trying", ())), tuple(found.get("days", ()))
        return Note(str(found["plan"]), tuple(found["running"]), files, bool(found["good"]), trying, days)
    except (ValueError, KeyError, TypeError, IndexError) as reason:
        raise InstallError(f"{NOTE} is damaged: the disk may be failing") from reason


def begin(host: Host, note: Note) -> None:
    """Write the note down, have services wait for it, and have the machine undo all at its next start."""
    host.remove(FOLDER)
    copy_python(host, FOLDER)
    host.write(_UNIT_FILE, _unit(note.plan), 0o644)
    host.do("systemctl", "enable", UNIT, why="the machine would not undo the upgrade after a power cut")
    for path, text in _guards(note.plan, of_other_versions(host)).items():
        host.write(path, text, 0o644)
    host.do("systemctl", "daemon-reload", why="systemd did not take the upgrade up")
    # From the note on nothing starts but this unit: it must be there first, and on the disk, like the program it runs.
    host.sync()
    _write(host, note)


def call_good(host: Host, note: Note) -> Note:
    """Note that there is no going back by itself from now on: the new program must be on the disk by then."""
    host.sync()
    good = replace(note, good=True)
    _write(host, good)
    return good


def end(host: Host, plan: str) -> None:
    """Take the note away, and all that watched over it; services may start again."""
    # Root's files and the program may lie on another disk than the note.
    host.sync()
    # First the sockets' places; then the note: with it, and without the guards, a machine that comes up would wait.
    for path in {*_sockets(plan), *_additions(host, "socket")}:
        _remove_addition(host, path)
    host.remove(NOTE)
    sync_folder(host.path(FOLDER))
    # The unit last: what a power cut leaves of the guards holds nothing back, and is taken away by it.
    for path in {*_guards(plan, []), *_additions(host, "service")}:
        _remove_addition(host, path)
    forget_change(host)
    host.try_run("systemctl", "disable", UNIT)
    host.remove(draft_of(_UNIT_FILE))
    host.remove(_UNIT_FILE)
    host.remove(LOOKING)
    host.remove(FOLDER)
    host.do("systemctl", "daemon-reload", why="systemd did not take the services up")


def open_for_looking(host: Host) -> None:
    """Let services start though the note is there, at places where nobody comes."""
    host.path(LOOKING).mkdir(mode=0o755, exist_ok=True)
    for path, name in _sockets(host.plan).items():
        host.write(path, _HELD_SOCKET.format(name=name), 0o644)
    host.do("systemctl", "daemon-reload", why="systemd did not take the services up")


def sweep(host: Host) -> None:
    """Take away what an upgrade left that was cut short before its note was there, or after it was gone."""
    if host.path(FOLDER).exists():
        end(host, host.plan)


@contextmanager
def only_upgrade(host: Host) -> Iterator[None]:
    """Be the one upgrade, or installation, for as long as the context lasts. Raises InstallError."""
    path = host.path(_LOCK)
    path.parent.mkdir(exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise InstallError("Another installation or upgrade is going on here. Wait for its end.") from reason
        yield


def _write(host: Host, note: Note) -> None:
    host.write(NOTE, json.dumps(asdict(note)), 0o600)
    sync_folder(host.path(FOLDER))


def _guards(plan: str, others: Iterable[str]) -> dict[str, str]:
    """Return the text of each file that holds a service back while the note is there, by its path.

    Backup and daily look too: their timers know nothing of an upgrade. `others`: services that only the version before
    knows.
    """
    return {
        f"/etc/systemd/system/{name}.service.d/upgrade.conf": _HELD_BUT_LOOKED_AT if name in LOOKED_AT else _HELD
        for name in (*(unit.name for unit in UNITS[plan]), DAILY_LOOK, *others)
    }


def _additions(host: Host, kind: str) -> set[str]:
    """Return the paths of all that an upgrade, of whichever version, added to units of a kind."""
    found = host.path("/etc/systemd/system").glob(f"candour-*.{kind}.d/upgrade.conf")
    return {f"/etc/systemd/system/{path.parent.name}/{path.name}" for path in found}


def _unit(plan: str) -> str:
    """Return the text of the unit that puts an upgrade right at the machine's next start."""
    return f"""# Written by deploy/upgrade, which takes it away again.
[Unit]
Description=Candour: an upgrade that was cut short is undone, or brought to its end
ConditionPathExists={FOLDER}
ConditionPathExists=!{LOOKING}
After=local-fs.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 {FOLDER}/deploy/hosts/main.py upgrade {plan} --unfinished
StandardOutput=null

[Install]
WantedBy=multi-user.target
"""


def _sockets(plan: str) -> dict[str, str]:
    """Return the file that has a socket listen elsewhere, and the socket's name, for each unit that has one."""
    return {f"/etc/systemd/system/{unit.name}.socket.d/upgrade.conf": unit.name for unit in UNITS[plan] if unit.socket}


def _remove_addition(host: Host, path: str) -> None:
    """Remove a file, its draft, and, if it stood in a folder for additions alone, that."""
    host.remove(path)
    folder = host.path(path).parent
    if folder.name.endswith(".d") and folder.is_dir():
        host.remove(draft_of(path))
        if not any(folder.iterdir()):
            folder.rmdir()
