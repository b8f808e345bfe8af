"""The steps that make a machine the source host, or the reviewer host, in their order."""

import shutil
from pathlib import Path

from deploy.hosts.commands import wrapper
from deploy.hosts.host import Host
from deploy.hosts.leftovers import leftovers
from deploy.hosts.machine import errands, fences, hardened, services
from deploy.hosts.steps import Step, file_step, is_ours
from deploy.hosts.units import DATA, USER

PROGRAM = "/opt/candour"
_PACKAGES = {
    "tor": "the onion services, and updates, go through it",
    "gnupg": "seals what comes in, and opens it on the reviewers' side",
    "python3-venv": "keeps Candour's Python packages apart from the system's",
    "ca-certificates": "lets pip check that it talks to the real registry",
    "nftables": "lets nothing out but Tor, and nothing in",
    "apparmor": "shuts each program in once more, whatever systemd does",
    "apparmor-utils": "loads its profiles",
    "unattended-upgrades": "closes holes that Debian has closed, without anybody having to think of it",
    "torsocks": "takes pip through Debian's own Tor, where nothing else may leave",
}
_COPIED = (
    "keys",
    "store",
    "serving",
    "onion",
    "posture",
    "source_interface",
    "journalist_interface",
    "deploy",
    "requirements",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)


def plan_of(host: Host) -> list[Step]:
    """Return the steps of this host."""
    steps = [
        _packages(),
        _user(),
        _data_folder(),
        _program(),
        _environment(),
        *_commands(host.plan),
        *hardened(),
        *errands(),
        *fences(host.plan),
        *services(host.plan),
    ]
    return [*steps, leftovers(steps)]


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


def _program() -> Step:
    """The program itself, root's, copied: what an administrator changes in a checkout must not run by itself."""

    def is_done(host: Host) -> bool:
        return all(_same(host.source / name, host.path(f"{PROGRAM}/{name}")) for name in _COPIED)

    def do(host: Host) -> None:
        host.path(PROGRAM).mkdir(parents=True, exist_ok=True)
        for name in _COPIED:
            source, there = host.source / name, host.path(f"{PROGRAM}/{name}")
            host.remove(f"{PROGRAM}/{name}")
            if source.is_dir():
                shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copyfile(source, there)
        host.run("chown", "-R", "root:root", PROGRAM, why="the program could not be given to root")
        host.run("chmod", "-R", "u=rwX,go=rX", PROGRAM, why="the program's modes could not be set")

    return Step(
        f"The program in {PROGRAM}",
        "Candour itself, from this folder. It belongs to root: Candour's own user cannot change it.",
        is_done,
        do,
        lambda host: host.remove(PROGRAM),
        is_there=lambda host: host.path(PROGRAM).exists(),
    )


def _environment() -> Step:
    def line(call: str) -> tuple[str, ...]:
        return ("bash", "-c", f"set -euo pipefail; CHECKOUT={PROGRAM}; . $CHECKOUT/deploy/setup.sh; {call}")

    return Step(
        "Python packages",
        f"Into {PROGRAM}/.venv, each file checked against its hash in requirements/run.lock.",
        lambda host: host.try_run(*line('VENV=$CHECKOUT/.venv; stamped run "$(find_python)"')).returncode == 0,
        lambda host: host.do(*_through_tor(host), *line("set_up run"), why="the Python packages were not installed"),
    )


def _through_tor(host: Host) -> tuple[str, ...]:
    """Return what takes pip through Debian's own Tor: behind our firewall root has no other way out."""
    behind = host.is_running and is_ours("/etc/nftables.conf", host)
    return ("torsocks",) if behind and not host.goes_by_proxy and host.has("torsocks") else ()


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


def _same(source: Path, there: Path) -> bool:
    if source.is_file():
        return there.is_file() and source.read_bytes() == there.read_bytes()
    ours = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and _counts(path)}
    theirs = {path.relative_to(there) for path in there.rglob("*") if path.is_file() and _counts(path)}
    return ours == theirs and all((source / name).read_bytes() == (there / name).read_bytes() for name in ours)


def _counts(path: Path) -> bool:
    return "__pycache__" not in path.parts and not any(part.endswith(".egg-info") for part in path.parts)
