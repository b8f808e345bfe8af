"""The steps that harden a machine, and that have Candour's programs run on it: files of root's, and services."""

from deploy.hosts import hardening
from deploy.hosts.apparmor import profile
from deploy.hosts.host import Host
from deploy.hosts.steps import Step, file_step
from deploy.hosts.units import UNITS


def hardened() -> list[Step]:
    return [
        file_step(
            "The kernel's settings",
            "No look into other programs' memory, no cores, no swap while there is memory.",
            "/etc/sysctl.d/90-candour.conf",
            hardening.SYSCTL,
            after=("sysctl", "--system"),
        ),
        file_step(
            "No cores kept",
            "A core is a program's whole memory, written to the disk.",
            "/etc/systemd/coredump.conf.d/90-candour.conf",
            hardening.COREDUMP,
        ),
        file_step(
            "A journal that forgets",
            "In memory alone, warnings alone, three days: it must not tell when somebody was there.",
            "/etc/systemd/journald.conf.d/90-candour.conf",
            hardening.JOURNALD,
            after=("systemctl", "restart", "systemd-journald"),
        ),
        file_step(
            "Upgrades by themselves",
            "Debian's security updates every night, with a restart at ten past four where one is needed.",
            "/etc/apt/apt.conf.d/90-candour",
            hardening.UPGRADES,
        ),
        file_step(
            "The firewall",
            "Only Tor may leave; nothing may come in.",
            "/etc/nftables.conf",
            hardening.firewall(),
            0o755,
            after=("systemctl", "enable", "--now", "nftables"),
        ),
    ]


def errands() -> list[Step]:
    """What the machine itself fetches: after Debian's packages, which come as they always did."""
    return [
        file_step(
            "Debian's own Tor",
            "For the machine's errands: updates and the time of day. Candour's Tor is another one.",
            "/etc/tor/torrc",
            hardening.DEBIANS_TOR,
            after=("systemctl", "restart", "tor"),
        ),
        file_step(
            "Updates through Tor",
            "The network sees Tor and nothing else; Debian's servers do not see which host it is.",
            "/etc/apt/apt.conf.d/91-candour-tor",
            hardening.ERRANDS,
        ),
        file_step(
            "The time of day through Tor",
            "A clock that is wrong keeps Tor out; the usual way of asking for the time cannot go through Tor.",
            "/etc/default/htpdate",
            hardening.TIME,
        ),
        file_step(
            "The clock's service goes through Tor",
            "By torsocks: what it cannot take through Tor, the firewall keeps in.",
            "/etc/systemd/system/htpdate.service.d/candour.conf",
            hardening.TIME_SERVICE,
            after=("systemctl", "restart", "htpdate"),
        ),
    ]


def fences(plan: str) -> list[Step]:
    return [
        file_step(
            f"The fence of {unit.name}",
            "AppArmor's: what the program may touch, held by the kernel whatever became of the program.",
            f"/etc/apparmor.d/{unit.name}",
            profile(unit),
            after=("apparmor_parser", "-r", f"/etc/apparmor.d/{unit.name}"),
        )
        for unit in UNITS[plan]
    ]


def services(plan: str) -> list[Step]:
    steps = [
        file_step(
            f"The service {unit.name}",
            f"{unit.description[0].upper()}{unit.description[1:]}: shut in, and started again whenever it ends.",
            f"/etc/systemd/system/{unit.name}.service",
            unit.text(),
        )
        for unit in UNITS[plan]
    ]
    sockets = [
        file_step(
            f"The socket of {unit.name}",
            "On this machine alone: the program itself has no network.",
            f"/etc/systemd/system/{unit.name}.socket",
            unit.socket_text(),
        )
        for unit in UNITS[plan]
        if unit.socket
    ]
    return [*steps, *sockets, _enabled([unit.name for unit in UNITS[plan]])]


def _enabled(names: list[str]) -> Step:
    def is_done(host: Host) -> bool:
        return all(
            host.path(f"/etc/systemd/system/multi-user.target.wants/{name}.service").is_symlink() for name in names
        )

    def do(host: Host) -> None:
        if host.is_running:
            host.run("systemctl", "daemon-reload", why="systemd did not take the services up")
        host.run("systemctl", "enable", *names, why="the services could not be enabled")

    def undo(host: Host) -> None:
        host.try_run("systemctl", "disable", *(("--now",) if host.is_running else ()), *names)

    return Step("The services start with the machine", "Also after a power cut at night.", is_done, do, undo)
