"""The steps that harden a machine, and that have it fetch what it needs through Tor: files of root's."""

from deploy.hosts import clock_unit, hardening
from deploy.hosts.host import Host
from deploy.hosts.services import RELOAD, fence, loaded
from deploy.hosts.steps import Step, file_step
from deploy.hosts.units import UPGRADE_BACKUPS

_FSTAB = "/etc/fstab"
_RESTART_JOURNAL = ("systemctl", "restart", "systemd-journald")
_RESTART_TOR = ("sh", "-c", "systemctl daemon-reload && systemctl restart tor@default")


def hardened() -> list[Step]:
    """What no program of Candour's is needed for: the kernel, the journal, upgrades, the firewall."""
    return [
        _no_swap(),
        *_forgetful(),
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
        _firewall_on(),
    ]


def _forgetful() -> list[Step]:
    """What keeps things from lying on the disk, or from lying there for long."""
    return [
        file_step(
            "Temporary files in memory",
            "What a program leaves in /tmp must be on no disk. It holds from the next start of the machine on.",
            "/etc/systemd/system/tmp.mount",
            hardening.TMP,
            # Not at once: what programs that run have there would be out of their sight.
            after=("sh", "-c", "systemctl daemon-reload && systemctl enable tmp.mount"),
            shows=("systemctl", "is-enabled", "tmp.mount"),
            leaving=("systemctl", "disable", "tmp.mount"),
            gone=RELOAD,
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
            "An upgrade's backup is there for a week",
            f"In {UPGRADE_BACKUPS}: reports that a source took back, and what was destroyed, must not lie on in it.",
            "/etc/tmpfiles.d/candour.conf",
            hardening.FORGOTTEN.format(folder=UPGRADE_BACKUPS),
        ),
    ]


def _firewall_on() -> Step:
    """The file alone holds nothing back: somebody may have switched it off, or it never came on."""

    def is_done(host: Host) -> bool:
        # By its name: seen from outside of a folder with a Debian in it such a link leads nowhere.
        wanted = host.path("/etc/systemd/system").glob("*.target.wants/*")
        return any(path.name == "nftables.service" and path.is_symlink() for path in wanted) and (
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
        if any(map(_is_clear_swap, _fstab(host))):
            host.write(_FSTAB, "\n".join(kept(host)) + "\n", 0o644)
        for device in _swaps_in_clear(host):
            host.run("swapoff", device, why="swap could not be switched off")

    return Step(
        "No swap in clear",
        "Memory that is swapped out lies on the disk; where swap is on an encrypted device, it stays.",
        # The table alone is half of it: memory may be too full to have all swap back.
        lambda host: not any(map(_is_clear_swap, _fstab(host))) and not _swaps_in_clear(host),
        do,
    )


def _swaps_in_clear(host: Host) -> list[str]:
    """Return what a machine that runs swaps to now that is no mapped device, and no memory (proc_swaps(5))."""
    rows = host.read("/proc/swaps").splitlines()[1:] if host.is_running else []
    return [row.split()[0] for row in rows if not row.startswith(("/dev/dm-", "/dev/mapper/", "/dev/zram"))]


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
        fence(name, "AppArmor's: it may set the clock, and speak with Debian's Tor.", clock_unit.profile_text()),
        file_step(
            f"The service {name}",
            "The time of day as web servers tell it through Tor; the usual way of asking cannot go through Tor.",
            f"/etc/systemd/system/{name}.service",
            clock_unit.service_text(),
            after=RELOAD,
            shows=loaded(f"{name}.service"),
            gone=RELOAD,
        ),
        file_step(
            f"The timer of {name}",
            "Three minutes after the machine has started, and then four times a day.",
            f"/etc/systemd/system/{timer}",
            clock_unit.timer_text(),
            after=("sh", "-c", f"systemctl daemon-reload && systemctl enable {timer} && systemctl restart {timer}"),
            shows=loaded(timer),
            leaving=("systemctl", "disable", "--now", timer),
            gone=RELOAD,
        ),
    ]
