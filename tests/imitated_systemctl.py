#!/usr/bin/env python3
"""An imitation of systemctl(1) for a root folder without an init: it starts what units start, and stops it.

The system's own units are there and well. Of one of ours it heeds ExecStart, User, ConditionPathExists, LimitMEMLOCK
and, of its socket, ListenStream, with their drop-ins. Every call is noted in /run/asked. It needs Python alone.
"""

import os
import pwd
import resource
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

UNITS, RUN = Path("/etc/systemd/system"), Path("/run/services")


def lines(unit: str) -> list[tuple[str, str]]:
    """The lines of a unit and of its drop-ins; an empty one takes away those before it."""
    found: list[tuple[str, str]] = []
    for path in (UNITS / unit, *sorted((UNITS / f"{unit}.d").glob("*.conf"))):
        for line in path.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not value:
                found = [each for each in found if each[0] != name]
            elif equals and not line.startswith("#"):
                found.append((name, value))
    return found


def values(unit: str, name: str) -> list[str]:
    """All values of one setting."""
    return [value for each, value in lines(unit) if each == name]


def may_start(unit: str) -> bool:
    """systemd.unit(5): every condition must hold, and of those with a bar at least one."""

    def holds(condition: str) -> bool:
        spelt = condition.lstrip("|")
        return Path(spelt.lstrip("!")).exists() is not spelt.startswith("!")

    conditions = values(unit, "ConditionPathExists")
    triggers = [condition for condition in conditions if condition.startswith("|")]
    others = [condition for condition in conditions if not condition.startswith("|")]
    return all(map(holds, others)) and (not triggers or any(map(holds, triggers)))


def pid_of(name: str) -> int | None:
    """The process of a service that runs."""
    try:
        pid = int((RUN / name).read_text())
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else pid


def listener_of(name: str) -> socket.socket | None:
    """The socket that is handed over, if the unit has one."""
    if not (UNITS / f"{name}.socket").exists():
        return None
    place = values(f"{name}.socket", "ListenStream")[-1]
    with open("/run/listened", "a") as listened:
        listened.write(f"{place}\n")
    if place.startswith("/"):
        Path(place).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(place)
        os.chmod(place, 0o600)
    else:
        host, port = place.rsplit(":", 1)
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, int(port)))
    listener.listen()
    return listener


def start(name: str) -> None:
    """Start a service that does not run."""
    if pid_of(name) or not may_start(f"{name}.service"):
        return
    user = pwd.getpwnam(values(f"{name}.service", "User")[0])
    listener = listener_of(name)
    pid = os.fork()
    if pid:
        (RUN / name).write_text(str(pid))
        return
    os.setsid()
    out = os.open(RUN / f"{name}.said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if listener:
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)  # dup2 leaves it as it was if it has this number already
    with suppress(ValueError):  # in a container root itself may not; programs then say that memory is not locked
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    command = values(f"{name}.service", "ExecStart")[-1].split()
    os.execve(command[0], command, {"PATH": "/usr/bin:/bin", "HOME": user.pw_dir})  # noqa: S606


def stop(name: str) -> None:
    """SIGTERM, and a minute."""
    pid = pid_of(name)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    for _wait in range(6000):
        if pid_of(name) is None:
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)


def link(target: str, unit: str) -> None:
    """Have a unit start with a target."""
    wants = UNITS / f"{target}.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / unit).unlink(missing_ok=True)
    (wants / unit).symlink_to(UNITS / unit)


def main(verb: str, names: list[str]) -> int:
    """One call."""
    RUN.mkdir(exist_ok=True)
    with open("/run/asked", "a") as asked:
        asked.write(" ".join([verb, *names]) + "\n")
    services = [name.removesuffix(".service") for name in names if not name.startswith("-")]
    ours = [name for name in services if name.startswith("candour-")]
    if verb == "is-active":
        print("\n".join("active" if pid_of(name) else "inactive" for name in ours))
        return 0 if all(map(pid_of, ours)) else 3
    if verb == "is-enabled":
        return 0 if all(any(UNITS.glob(f"*.target.wants/{name}*")) for name in ours) else 1
    if verb == "show":
        print(f"NeedDaemonReload=no\nFragmentPath={UNITS / names[0]}")
        return 0 if (UNITS / names[0]).exists() else 1
    for name in names if verb == "enable" else ():
        if name.endswith((".timer", ".mount")) or name == "nftables":
            link("timers" if name.endswith(".timer") else "sysinit", name if "." in name else f"{name}.service")
    for name in ours:
        if verb == "stop" and not any((UNITS / f"{name}{end}").exists() for end in (".service", "")):
            return 5
        if name.endswith(".socket") or not (UNITS / f"{name}.service").exists():
            continue
        if verb in ("stop", "restart", "try-restart"):
            was = pid_of(name)
            stop(name)
            if verb == "restart" or (verb == "try-restart" and was):
                start(name)
        elif verb == "start":
            start(name)
        elif verb == "enable":
            link("multi-user", f"{name}.service")
        elif verb == "disable":
            (UNITS / "multi-user.target.wants" / f"{name}.service").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
