"""The steps that make a machine the source host, or the reviewer host, in their order."""

from deploy.hosts.clock_unit import NAME as CLOCK
from deploy.hosts.commands import wrapper
from deploy.hosts.compiled import compiled
from deploy.hosts.daily_look import daily_look
from deploy.hosts.host import Host
from deploy.hosts.leftovers import leftovers
from deploy.hosts.machine import errands, hardened
from deploy.hosts.packages import packages
from deploy.hosts.program import (
    BEFORE,
    NEW,
    OLD,
    PROGRAM,
    copy_program,
    is_listed,
    is_same_program,
)
from deploy.hosts.services import fences, services, starts
from deploy.hosts.steps import Step, file_step
from deploy.hosts.units import BACKUPS, DATA, USER
from deploy.hosts.written import the_list

_PACKAGES = {
    "tor": "the onion services, and updates, go through it",
    "gnupg": "seals what comes in, and opens it on the reviewers' side",
    "python3-venv": "keeps Candour's Python packages apart from the system's",
    "ca-certificates": "lets pip check that it talks to the real registry",
    "nftables": "lets nothing out but Tor, and nothing in",
    "apparmor": "shuts each program in once more, whatever systemd does",
    "apparmor-utils": "loads its profiles",
    "unattended-upgrades": "closes holes that Debian has closed, without anybody having to think of it",
    "procps": "has the kernel take its settings up at once, and not at the next start alone",
    "torsocks": "takes pip through Debian's own Tor, where nothing else may leave",
}


def plan_of(host: Host) -> list[Step]:
    """Return the steps of this host."""
    steps = [*ground(), _program(), *packages(), compiled(), *around(host.plan)]
    return [*steps, leftovers(steps)]


def ground() -> list[Step]:
    """What the program stands on."""
    return [_packages(), _user(), _data_folder(), _backup_folder()]


def around(plan: str) -> list[Step]:
    """What the program is called by and shut in by: files of root's, and services."""
    steps = [*_commands(plan), *hardened(), *errands(), *fences(plan), *services(plan), *daily_look(plan)]
    steps += [
        starts("tmp.mount", "Before anything is written into /tmp."),
        starts(f"{CLOCK}.timer", "A clock that goes wrong keeps Tor out, and nobody is there to see it."),
    ]
    return [*steps, the_list(steps)]


def _packages() -> Step:
    def missing(host: Host) -> list[str]:
        found = host.try_run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *_PACKAGES).stdout
        there = {line.split()[0] for line in found.splitlines() if line.split()[1:] == ["ii"]}
        return [name for name in _PACKAGES if name not in there]

    def do(host: Host) -> None:
        host.run("apt-get", "-q", "update", why="Debian's list of packages could not be fetched")
        host.run(
            "apt-get",
            "-q",
            "-y",
            "install",
            "--no-install-recommends",
            *missing(host),
            why="packages were not installed",
        )

    why = "From Debian: " + "; ".join(f"{name} ({purpose})" for name, purpose in _PACKAGES.items()) + "."
    return Step("Debian's packages", why, lambda host: not missing(host), do)


def _user() -> Step:
    def do(host: Host) -> None:
        host.run(
            "useradd",
            "--system",
            "--user-group",
            "--home-dir",
            DATA,
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            USER,
            why="the user could not be made",
        )

    return Step(
        f"The user {USER}",
        "Candour's programs run as this user, who has no password and no shell and owns nothing but the data folder.",
        lambda host: host.try_run("id", "-u", USER).returncode == 0,
        do,
    )


def remove_user(host: Host) -> None:
    """Remove the user, once nothing is left that is theirs: another user could be given the same number."""
    if host.try_run("id", "-u", USER).returncode == 0:
        host.do("userdel", USER, why="the user could not be removed")


def _data_folder() -> Step:
    sockets = f"{DATA}/sockets"

    def lacks_sockets(host: Host) -> bool:
        """Of a host whose onion services an earlier version set up: Tor's unit waits for this folder."""
        return host.path(f"{DATA}/tor").is_dir() and not host.path(sockets).is_dir()

    def do(host: Host) -> None:
        host.path(DATA).mkdir(parents=True, exist_ok=True)
        host.run("chown", f"{USER}:{USER}", DATA, why="the data folder could not be given away")
        host.run("chmod", "0700", DATA, why="the data folder could not be closed")
        if lacks_sockets(host):
            # As that user: what lies in their folder is no path for root.
            host.run("runuser", "-u", USER, "--", "mkdir", "-m", "0700", sockets, why="no place for the sockets")

    def is_done(host: Host) -> bool:
        found = host.try_run("stat", "-c", "%U %a %F", DATA).stdout.strip()
        return found == f"{USER} 700 directory" and not lacks_sockets(host)

    return Step(f"The data folder {DATA}", "All that this host keeps lies there, for that user alone.", is_done, do)


def _backup_folder() -> Step:
    """The place for the disk. While none is there it is root's: Candour writes nothing into an empty mount point."""

    def wanted(host: Host) -> str:
        return f"{USER} 700 directory" if host.is_mounted(BACKUPS) else "root 755 directory"

    def do(host: Host) -> None:
        host.path(BACKUPS).mkdir(parents=True, exist_ok=True)
        owner, mode, _kind = wanted(host).split()
        why = f"the disk at {BACKUPS} keeps no owners: mount it with uid={USER},umask=077, or make an ext4 of it"
        host.run("chown", f"{owner}:{owner}", BACKUPS, why=why)
        host.run("chmod", mode, BACKUPS, why=why)

    return Step(
        f"The folder for backups {BACKUPS}",
        "Mount another disk there and run this again: until then no backup is made. See docs/guide-backup.md.",
        lambda host: host.try_run("stat", "-c", "%U %a %F", BACKUPS).stdout.strip() == wanted(host),
        do,
    )


def _program() -> Step:
    all_of_it = (PROGRAM, NEW, BEFORE, OLD)

    def remove(host: Host) -> None:
        for path in all_of_it:
            host.remove(path)

    return Step(
        f"The program in {PROGRAM}",
        "Candour itself, from this folder. It belongs to root: Candour's own user cannot change it.",
        lambda host: is_same_program(host, PROGRAM) and is_listed(host, PROGRAM),
        lambda host: copy_program(host, PROGRAM),
        remove,
        is_there=lambda host: any(host.path(path).exists() for path in all_of_it),
    )


def _commands(plan: str) -> list[Step]:
    name = f"candour-{plan}"
    return [
        file_step(
            f"The command {name}",
            f"For the administrator: it runs as {USER}, in the data folder, however it is called.",
            f"/usr/local/sbin/{name}",
            wrapper(name),
            0o755,
        )
    ]
