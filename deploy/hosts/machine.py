"""The steps that harden a machine, and that have Candour's programs run on it: files of root's, and services."""

from deploy.hosts import clock_unit, hardening
from deploy.hosts.apparmor import profile
from deploy.hosts.host import Host
from deploy.hosts.steps import Step, file_step
from deploy.hosts.units import UNITS, UPGRADE_BACKUPS, Unit

_FSTAB = "/etc/fstab"
_RELOAD = ("systemctl", "daemon-reload")
_RESTART_JOURNAL = ("systemctl", "restart", "systemd-journald")
_RESTART_TOR = ("sh", "-c", "systemctl daemon-reload && systemctl restart tor@default")


def hardened() -> list[Step]:
    """What no program of Candour's is needed for: the kernel, the journal, upgrades, the firewall."""
    return [
        _no_swap(),
        file_step(
            "Temporary files in memory",
            "What a program leaves in /tmp must be on no disk. It holds from the next start of the machine on.",
            "/etc/systemd/system/tmp.mount",
            hardening.TMP,
            # Not at once: what programs that run have there would be out of their sight.
            after=("sh", "-c", "systemctl daemon-reload && systemctl enable tmp.mount"),
            shows=("systemctl", "is-enabled", "tmp.mount"),
            leaving=("systemctl", "disable", "tmp.mount"),
            gone=_RELOAD,
        ),
        file_step(
            "The kernel's settings",
            "No look into other programs' memory, no cores, no swap while there is memory.",
            "/etc/sysctl.d/90-candour.conf",
            hardening.SYSCTL,
            # What this kernel does not know, it does not do.
            after=("sysctl", "-q", "-e", "-p", "/etc/sysctl.d/90-candour.conf"),
            shows=("sysctl", "-e", *hardening.settings()),
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
            after=_RESTART_JOURNAL,
            gone=_RESTART_JOURNAL,
        ),
        file_step(
            "Upgrades by themselves",
            "Debian's security updates every night, and no restart while nobody is there to unlock the disk.",
            "/etc/apt/apt.conf.d/90-candour",
            hardening.UPGRADES,
        ),
        file_step(
            "The firewall",
            "Only Tor may leave; nothing may come in.",
            "/etc/nftables.conf",
            hardening.firewall(),
            0o755,
            # Debian's service counts as started for good: only a restart loads anything.
            after=("sh", "-c", "systemctl daemon-reload && systemctl enable nftables && systemctl restart nftables"),
            shows=("nft", "list", "ruleset"),
            gone=("systemctl", "restart", "nftables"),
        ),
        file_step(
            "An upgrade's backup is there for a week",
            f"In {UPGRADE_BACKUPS}: reports that a source took back, and what was destroyed, must not lie on in it.",
            "/etc/tmpfiles.d/candour.conf",
            hardening.FORGOTTEN.format(folder=UPGRADE_BACKUPS),
        ),
        _firewall_on(),
    ]


def _firewall_on() -> Step:
    """The file alone holds nothing back: somebody may have switched it off, or it never came on."""

    def is_done(host: Host) -> bool:
        wanted = host.path("/etc/systemd/system").glob("*.target.wants/nftables.service")
        return any(path.is_symlink() for path in wanted) and (
            not host.is_running or host.try_run("systemctl", "is-active", "nftables").returncode == 0
        )

    def do(host: Host) -> None:
        now = ("--now",) if host.is_running else ()
        host.run("systemctl", "enable", *now, "nftables", why="the firewall could not be switched on")

    def undo(host: Host) -> None:
        host.try_run("systemctl", "disable", *(("--now",) if host.is_running else ()), "nftables")

    return Step("The firewall is on", "Now, and before the network comes up after each start.", is_done, do, undo)


def _no_swap() -> Step:
    """Swap in clear would put what sources type on the disk. Encrypted swap may stay: its device is a mapped one."""

    def kept(host: Host) -> list[str]:
        return [line if not _is_clear_swap(line) else f"# by Candour's installer: {line}" for line in _fstab(host)]

    def do(host: Host) -> None:
        host.write(_FSTAB, "\n".join(kept(host)) + "\n", 0o644)
        if host.is_running:
            host.run("swapoff", "--all", why="swap could not be switched off")

    return Step(
        "No swap in clear",
        "Memory that is swapped out lies on the disk; where swap is on an encrypted device, it stays.",
        lambda host: not any(map(_is_clear_swap, _fstab(host))),
        do,
    )


def _fstab(host: Host) -> list[str]:
    return host.read(_FSTAB).splitlines()


def _is_clear_swap(line: str) -> bool:
    words = line.split()
    is_swap = len(words) > 2 and not line.startswith("#") and words[2] == "swap"
    return is_swap and not words[0].startswith("/dev/mapper/")


def errands() -> list[Step]:
    """What the machine itself fetches: after Debian's packages, which come as they always did."""
    return [
        Step(
            "A place for bridges",
            "Where Tor is blocked, lines of the administrator's own stand there; the installer never changes them.",
            lambda host: host.path(hardening.BESIDE).is_file(),
            lambda host: host.write(hardening.BESIDE, hardening.NO_BRIDGES, 0o644),
        ),
        file_step(
            "Debian's own Tor",
            "For the machine's errands: updates and the time of day. Candour's Tor is another one.",
            "/etc/tor/torrc",
            hardening.DEBIANS_TOR,
            after=_RESTART_TOR,
            shows=("systemctl", "is-active", "tor@default"),
            gone=_RESTART_TOR,
        ),
        file_step(
            "Updates through Tor",
            "The network sees Tor and nothing else; Debian's servers do not see which host it is.",
            "/etc/apt/apt.conf.d/91-candour-tor",
            hardening.ERRANDS,
        ),
        *_clock(),
    ]


def _clock() -> list[Step]:
    """The clock: a program of ours that asks through Debian's Tor, for what may set it may do nothing else."""
    name = clock_unit.NAME
    timer = f"{name}.timer"
    return [
        _fence(name, "AppArmor's: it may set the clock, and speak with Debian's Tor.", clock_unit.profile_text()),
        file_step(
            f"The service {name}",
            "The time of day as web servers tell it through Tor; the usual way of asking cannot go through Tor.",
            f"/etc/systemd/system/{name}.service",
            clock_unit.service_text(),
            after=_RELOAD,
            shows=_loaded(f"{name}.service"),
            gone=_RELOAD,
        ),
        file_step(
            f"The timer of {name}",
            "Three minutes after the machine has started, and then four times a day.",
            f"/etc/systemd/system/{timer}",
            clock_unit.timer_text(),
            after=("sh", "-c", f"systemctl daemon-reload && systemctl enable {timer} && systemctl restart {timer}"),
            shows=_loaded(timer),
            leaving=("systemctl", "disable", "--now", timer),
            gone=_RELOAD,
        ),
    ]


def _fence(name: str, why: str, text: str) -> Step:
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
    return [_fence(unit.name, why, profile(unit)) for unit in UNITS[plan]]


def services(plan: str) -> list[Step]:
    """The units, and that they start with the machine."""
    steps = [
        file_step(
            f"The service {unit.name}",
            f"{unit.description[0].upper()}{unit.description[1:]}: shut in, and {_when(unit)}.",
            f"/etc/systemd/system/{unit.name}.service",
            unit.text(),
            after=_RELOAD,
            shows=_loaded(f"{unit.name}.service"),
            leaving=("systemctl", "disable", "--now", f"{unit.name}.service"),
            gone=_RELOAD,
        )
        for unit in UNITS[plan]
    ]
    return [*steps, *_starters(plan), _enabled([_starter(unit) for unit in UNITS[plan]])]


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
        after=_RELOAD,
        shows=_loaded(name),
        leaving=("systemctl", "disable", "--now", name),
        gone=_RELOAD,
    )


def _starter(unit: Unit) -> str:
    """What must be enabled for a unit to be run: its timer, or itself."""
    return f"{unit.name}.timer" if unit.nightly else f"{unit.name}.service"


def _loaded(unit: str) -> tuple[str, ...]:
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
