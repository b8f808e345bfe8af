"""A source host for the tests of upgrades, on a machine that is a folder: what the machine would run is imitated here.

Files, folders and names are real.
"""

import json
import os
import socket
import sqlite3
import subprocess
import threading
from contextlib import closing, suppress
from pathlib import Path

from deploy.hosts.host import Host
from deploy.hosts.program import COPIED, NEW, PROGRAM
from deploy.hosts.steps import MARK
from deploy.hosts.units import BACKUPS, DATA
from deploy.hosts.upgrade_look import LOOKED_AT
from deploy.hosts.upgrade_state import LOOKING, NOTE

SYSTEMD = "/etc/systemd/system"
# The services that the version before had; the others come with the new one.
BEFORE_IT = ("candour-tor", "candour-site")
DAYS = f"{DATA}/backup-days"
# Where they listen: the version before had the site at another place.
_SITE_BEFORE = f"{DATA}/site.sock"
SOCKETS = (_SITE_BEFORE, f"{DATA}/sockets/site.sock", f"{DATA}/sockets/door.sock")
_ANSWERS = {b"/": b"HTTP/1.1 200 OK\r\n\r\n", b"/v1/waiting": b"HTTP/1.1 401 No\r\n\r\n"}


class CutHost(Host):
    """A machine that is a folder, whose commands are imitated. A service runs if it has a file in /run/active.

    One that failed has one in /run/failed.
    """

    @property
    def is_running(self) -> bool:
        """It counts as booted: what was installed must be taken up."""
        return True

    def sync(self) -> None:
        """Nothing is lost but by whom it is killed."""

    def active(self) -> set[str]:
        """The services that run."""
        return {path.name for path in self.path("/run/active").iterdir() if path.suffix != ".timer"}

    def start(self, name: str) -> None:
        """As the unit says: not while the note is there, but for the upgrade itself."""
        name = name.removesuffix(".service")
        if not self.path(NOTE).exists() or (self.path(LOOKING).exists() and name in LOOKED_AT):
            self.path(f"/run/active/{name}").touch()

    def try_run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """What the machine would do."""
        said, code = "", 0
        if command[0] == "systemctl":
            names = [name if "." in name else f"{name}.service" for name in command[2:] if not name.startswith("-")]
            code = max((self._systemctl(command[1], name) for name in names), default=0)
            failed = self.path(f"/run/failed/{names[0].removesuffix('.service')}").exists() if names else False
            said = "" if command[1] != "is-active" else "active" if code == 0 else "failed" if failed else "inactive"
        elif command[0] == "dpkg-query":
            said = "".join(f"{name} ii \n" for name in command)
        elif command[0] == "stat":
            of_candour = command[-1] == DATA or self.is_mounted(command[-1])
            said = "candour 700 directory" if of_candour else "root 755 directory"
        elif command[:5] == ("runuser", "-u", "candour", "--", "test"):
            code = 0 if os.access(self.path(command[-1]), os.W_OK) else 1
        elif command[0] == "runuser":
            said = self._program(command)
        elif "compileall" in command:
            place = self.path(NEW if NEW in command else PROGRAM) / "keys" / "__pycache__"
            place.mkdir()
            (place / "x.cpython-311.pyc").write_text("compiled")
        return subprocess.CompletedProcess(command, code, said, "")

    def _systemctl(self, verb: str, name: str) -> int:
        """One verb to one unit. As systemd it answers 5 for a unit of which there is no file."""
        unit = self.path(f"{SYSTEMD}/{name}")
        if not name.startswith("candour-"):
            return self._enable("sysinit", name) if verb == "enable" else 0  # the system's own are always there
        if verb == "is-active":
            return 0 if name.removesuffix(".service") in self.active() else 3
        if verb in ("start", "stop", "enable") and not unit.is_file():
            return 5
        if verb == "start":
            self.start(name)
        elif verb == "stop":
            self.path(f"/run/active/{name.removesuffix('.service')}").unlink(missing_ok=True)
        elif verb == "enable":
            self._enable("timers" if name.endswith(".timer") else "multi-user", name)
        elif verb == "disable":
            for link in self.path(SYSTEMD).glob(f"*.target.wants/{name}"):
                link.unlink()
        return 0

    def _enable(self, target: str, name: str) -> int:
        link = self.path(f"{SYSTEMD}/{target}.target.wants/{name}")
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(f"../{name}")
        return 0

    def _program(self, command: tuple[str, ...]) -> str:
        """The installed program: a backup; or a check, with which the new one brings the data up to date."""
        if "backup" in command:
            (self.path(command[-1]) / "candour-drop.backup").write_text("sealed")
            self.path(DAYS).write_text("just now")
            return ""
        version = self.read(f"{PROGRAM}/README.md")
        faults: list[dict[str, str]] = []
        if version != "old":
            with closing(sqlite3.connect(self.path(f"{DATA}/drop.sqlite"))) as connection, connection:
                connection.execute("CREATE TABLE of_the_next (id INTEGER)")
            self.path(f"{DATA}/of-the-next").write_text("made")
        if version == "bad":
            next(self.path(f"{DATA}/blobs/sealed").iterdir()).unlink()
        if version == "faulty":
            faults.append({"id": "files", "grade": "fault"})
        return json.dumps({"findings": faults})


def make(root: Path, version: str) -> CutHost:
    """A source host at work, and another version of Candour beside it."""
    source = root.parent / "source"
    for where, said in ((root / PROGRAM.lstrip("/"), "old"), (source, version)):
        for name in COPIED:
            if "." in name or name == "LICENSE":
                where.mkdir(parents=True, exist_ok=True)
                (where / name).write_text(said)
            else:
                (where / name).mkdir(parents=True)
        versions = where / "store" / "drop" / "migrations" / "versions"
        versions.mkdir(parents=True)
        (versions / "rev_0001.py").touch()
        (where / "deploy" / "upgrade").write_text(said)
    host = CutHost(root, source, "drop", owner=os.geteuid())
    for name in ("/run/active", SYSTEMD, "/var/backups/candour", BACKUPS, f"{DATA}/tor/site", f"{DATA}/sockets"):
        host.path(name).mkdir(parents=True)
    for name in ("sealed", "held", "incoming"):
        host.path(f"{DATA}/blobs/{name}").mkdir(parents=True)
    for name in ("a" * 32, "b" * 32):
        host.path(f"{DATA}/blobs/sealed/{name}").write_text(f"a sealed letter {name}")
    host.path(f"{DATA}/blobs/held/{'c' * 32}").write_text("held for a form")
    host.path(f"{DATA}/pepper").write_text("pepper")
    host.path(DAYS).write_text("long ago")
    host.path(f"{DATA}/recovery-key.pub").write_text("key")
    host.path(f"{DATA}/tor/site/hostname").write_text("address")
    with closing(sqlite3.connect(host.path(f"{DATA}/drop.sqlite"))) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    host.path(f"{SYSTEMD}/nftables.service").write_text("Debian's")
    for name in BEFORE_IT:
        text = f"# {MARK}, of the version before.\nExecStart=serve --bind unix:{_SITE_BEFORE}\n"
        host.path(f"{SYSTEMD}/{name}.service").write_text(text)
        host.do("systemctl", "enable", name, why="")
        host.start(name)
    return host


def serve(host: CutHost) -> None:
    """Answer as the site and the door do, for as long as this process lives."""
    for name in SOCKETS:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(host.path(name)))
        listener.listen()
        threading.Thread(target=_answer, args=(listener,), daemon=True).start()


def _answer(listener: socket.socket) -> None:
    while True:
        connection, _name = listener.accept()
        with connection:
            asked = connection.recv(4096)
            line = next(part for part in asked.split(b"\r\n") if part.startswith(b"GET "))
            with suppress(OSError):
                connection.sendall(_ANSWERS[line.split()[1]])


def state(host: CutHost) -> dict[str, str]:
    """Everything that must be as it was, or as it is to be: program, data, root's files and links."""
    places = [path for name in (DATA, PROGRAM, "/etc") for path in host.path(name).rglob("*")]
    return {
        str(path.relative_to(host.root)): str(path.readlink()) if path.is_symlink() else path.read_bytes().hex()
        for path in places
        if path.is_file() or path.is_symlink()
    }
