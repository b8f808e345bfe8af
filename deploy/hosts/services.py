"""The steps that have Candour's programs run on a machine: each one's fence, its unit, and what starts it."""

from deploy.hosts.apparmor import profile
from deploy.hosts.clock_unit import NAME as CLOCK
from deploy.hosts.host import Host
from deploy.hosts.steps import Step, file_step, is_ours
from deploy.hosts.taken_up import forget_change
from deploy.hosts.units import UNITS, Unit

RELOAD = ("systemctl", "daemon-reload")
_FOLDER = "/etc/systemd/system"
_OF_THE_MACHINE = frozenset({CLOCK, "candour-posture"})  # they touch nothing of what is kept


def fence(name: str, why: str, text: str) -> Step:
    """One profile of AppArmor's, loaded at once: `name` is the file's and the profile's."""
    path = f"/etc/apparmor.d/{name}"
    return file_step(
        f"The fence of {name}",
        why,
        path,
        text,
        after=("apparmor_parser", "-r", path),
        shows=("grep", "-F", f"{name} (", "/sys/kernel/security/apparmor/profiles"),
        leaving=("apparmor_parser", "-R", path),
    )


def fences(plan: str) -> list[Step]:
    """AppArmor's profiles, one for each program."""
    why = "AppArmor's: what the program may touch, held by the kernel whatever became of the program."
    return [fence(unit.name, why, profile(unit)) for unit in UNITS[plan]]


def services(plan: str) -> list[Step]:
    """The units, and that they start with the machine."""
    steps = [
        file_step(
            f"The service {unit.name}",
            f"{unit.description[0].upper()}{unit.description[1:]}: shut in, and {_when(unit)}.",
            f"/etc/systemd/system/{unit.name}.service",
            unit.text(),
            after=RELOAD,
            shows=loaded(f"{unit.name}.service"),
            leaving=("systemctl", "disable", "--now", f"{unit.name}.service"),
            gone=RELOAD,
        )
        for unit in UNITS[plan]
    ]
    return [*steps, *_starters(plan), _enabled([_starter(unit) for unit in UNITS[plan]])]


def of_other_versions(host: Host) -> list[str]:
    """Return the services here that another version wrote and this one does not know: they work on the data too."""
    known = {*(unit.name for unit in UNITS[host.plan]), *_OF_THE_MACHINE}
    names = [path.stem for path in sorted(host.path(_FOLDER).glob("candour-*.service")) if path.stem not in known]
    return [name for name in names if is_ours(f"{_FOLDER}/{name}.service", host)]


def _when(unit: Unit) -> str:
    return "run once a night" if unit.nightly else "started again whenever it ends"


def _starters(plan: str) -> list[Step]:
    """What holds a service's socket, or starts it by night."""
    sockets = [
        _starter_step(
            f"The socket of {unit.name}",
            "On this machine alone: the program itself has no network.",
            f"{unit.name}.socket",
            unit.socket_text(),
        )
        for unit in UNITS[plan]
        if unit.socket
    ]
    timers = [
        _starter_step(
            f"The timer of {unit.name}",
            "Every night, or when the machine is on again: nobody has to think of it.",
            f"{unit.name}.timer",
            unit.timer_text(),
        )
        for unit in UNITS[plan]
        if unit.nightly
    ]
    return [*sockets, *timers]


def _starter_step(title: str, why: str, name: str, text: str) -> Step:
    return file_step(
        title,
        why,
        f"/etc/systemd/system/{name}",
        text,
        after=RELOAD,
        shows=loaded(name),
        leaving=("systemctl", "disable", "--now", name),
        gone=RELOAD,
    )


def _starter(unit: Unit) -> str:
    """What must be enabled for a unit to be run: its timer, or itself."""
    return f"{unit.name}.timer" if unit.nightly else f"{unit.name}.service"


def starts(unit: str, why: str) -> Step:
    """Have a unit start with the machine, also one that does not run yet: a file's own command is for one that runs."""

    def is_done(host: Host) -> bool:
        # By its name: seen from outside of a folder with a Debian in it such a link leads nowhere.
        return any(path.name == unit and path.is_symlink() for path in host.path(_FOLDER).glob("*.wants/*"))

    def do(host: Host) -> None:
        host.run("systemctl", "enable", unit, why=f"{unit} could not be enabled")

    def undo(host: Host) -> None:
        host.try_run("systemctl", "disable", unit)

    return Step(f"{unit} starts with the machine", why, is_done, do, undo)


def loaded(unit: str) -> tuple[str, ...]:
    """Ask systemd whether it has a unit from our file, and as that is now. Fails if not."""
    wanted = f"NeedDaemonReload=no|FragmentPath=/etc/systemd/system/{unit}"
    asked = f"systemctl show {unit} --property=NeedDaemonReload,FragmentPath"
    return ("sh", "-c", f"{asked} | grep -cxE '{wanted}' | grep -x 2")


def _enabled(names: list[str]) -> Step:
    def links(host: Host) -> list[bool]:
        wanted = {path.name for path in host.path("/etc/systemd/system").glob("*.target.wants/*") if path.is_symlink()}
        return [name in wanted for name in names]

    def is_done(host: Host) -> bool:
        if host.is_running and host.try_run("systemctl", "is-enabled", "--quiet", *names).returncode:
            return False
        return all(links(host))

    def do(host: Host) -> None:
        if host.is_running:
            host.run("systemctl", "daemon-reload", why="systemd did not take the services up")
        host.run("systemctl", "enable", *names, why="the services could not be enabled")
        timers = [name for name in names if name.endswith(".timer")]
        if host.is_running and timers:
            host.run("systemctl", "start", *timers, why="what is done by night could not be started")

    def undo(host: Host) -> None:
        host.try_run("systemctl", "disable", *(("--now",) if host.is_running else ()), *names)
        if host.is_running:
            host.try_run("systemctl", "stop", *(f"{unit.name}.socket" for unit in UNITS[host.plan] if unit.socket))

    return Step(
        "The services start with the machine",
        "As soon as somebody has unlocked the disk: nobody has to start them.",
        is_done,
        do,
        undo,
        is_there=lambda host: any(links(host)),
    )


def restart(host: Host) -> None:
    """Have the services that run take up what was installed; those that do not run are left alone."""
    if host.is_running:
        host.do(
            "systemctl",
            "try-restart",
            *(unit.name for unit in UNITS[host.plan] if not unit.nightly),
            why="the services did not start again",
        )
    forget_change(host)
