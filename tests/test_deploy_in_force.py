"""A file that is right is half of it: the installer asks the machine what is in force, and undoes what is there.

In a network of its own, where the firewall is real: nft loads and prints it. There is no systemd under the tests: a
`systemctl` that notes what it is asked, and loads the firewall as Debian's service does, stands in its place.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from deploy.hosts import hardening
from deploy.hosts.host import Host, InstallError
from deploy.hosts.leftovers import leftovers
from deploy.hosts.machine import errands, hardened
from deploy.hosts.services import fences, services
from deploy.hosts.steps import Step, file_step, install, is_whole, uninstall
from deploy.hosts.units import UNITS

CHECKOUT = Path(__file__).resolve().parent.parent
# Debian's service: RemainAfterExit, so that starting it once more does nothing (systemd.service(5)).
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"$ROOT/asked"
[ ! -e "$ROOT/broken" ] || exit 1
case "$*" in
  "restart nftables") nft -f "$ROOT/etc/nftables.conf" ;;
  "show "*) [ ! -e "$ROOT/stale" ] && echo NeedDaemonReload=no || echo NeedDaemonReload=yes
            echo "FragmentPath=/etc/systemd/system/$2" ;;
esac
"""
# This machine's kernel has no AppArmor: what it would show of a profile is there.
_GREP = """#!/bin/sh
case "$*" in */sys/kernel/security/*) exit 0 ;; esac
exec /usr/bin/grep "$@"
"""
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Running(Host):
    """A machine that runs: its commands are this machine's, but for systemd's and AppArmor's."""

    under: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        """It does."""
        return True

    def _there(self, command: Sequence[str]) -> list[str]:
        path = f"{self.root}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return [*self.under, "env", f"PATH={path}", f"ROOT={self.root}", *command]

    def asked(self) -> list[str]:
        """What its systemd and its AppArmor were asked since the last time."""
        noted = self.path("/asked")
        found = noted.read_text().splitlines() if noted.exists() else []
        noted.unlink(missing_ok=True)
        return found


@pytest.fixture
def host(tmp_path: Path) -> Running:
    """One of those, with nothing installed."""
    made = Running(tmp_path, CHECKOUT, "drop", owner=os.geteuid())
    programs = {"systemctl": SYSTEMCTL, "sysctl": "#!/bin/sh\n", "grep": _GREP}
    programs["apparmor_parser"] = '#!/bin/sh\necho "apparmor_parser $*" >>"$ROOT/asked"\n'
    programs["swapoff"] = "#!/bin/sh\n"
    for name, text in programs.items():
        made.write(f"/bin/{name}", text, 0o755)
    return made


def files() -> list[Step]:
    """All steps that write files, less the firewall, which needs a network of its own."""
    steps = [*hardened(), *errands(), *fences("drop"), *services("drop")[:-1]]
    return [step for step in steps if step.path != "/etc/nftables.conf" and step.title != "The firewall is on"]


def quietly(_said: str) -> None:
    """Say nothing."""


def test_what_was_not_taken_up_is_taken_up_the_next_time(host: Running) -> None:
    """The command failed, or the power went between: the file alone is not done."""
    step = file_step("X", "For X.", "/etc/x", "x", after=("systemctl", "restart", "x"))
    host.path("/broken").touch()
    with pytest.raises(InstallError, match="systemctl restart x"):
        install(host, [step], quietly, dry=False)
    assert host.read("/etc/x") == "x"
    host.path("/broken").unlink()
    host.asked()
    said: list[str] = []
    install(host, [step], said.append, dry=True)
    assert host.asked() == []
    install(host, [step], said.append, dry=False)
    assert (host.asked(), said[0]) == (["systemctl restart x"], " 1. X: would be taken up anew. For X.")
    install(host, [step], said.append, dry=False)
    assert (host.asked(), said[-1]) == ([], " 1. X: done already.")


def test_a_machine_that_started_again_takes_everything_up_once(host: Running) -> None:
    """What was noted of the time before is gone; nothing counts as changed."""
    install(host, files(), quietly, dry=False)
    assert install(host, files(), quietly, dry=False) == 0
    host.asked()
    host.remove("/run")
    assert install(host, files(), quietly, dry=False) == 0
    assert "systemctl restart systemd-journald" in host.asked()


def test_what_systemd_has_not_read_again_is_not_done(host: Running) -> None:
    """It would go on with the unit of before, whatever the file says."""
    unit = services("drop")[0]
    install(host, [unit], quietly, dry=False)
    assert is_whole(host, unit)
    host.path("/stale").touch()
    assert not is_whole(host, unit)
    with pytest.raises(InstallError, match="does not show it"):
        install(host, [unit], quietly, dry=False)


@pytest.fixture
def network() -> Iterator[tuple[str, ...]]:
    """What stands before a command to have it run in a network of the test's own, as root of that."""
    mine = os.stat("/proc/self/ns/net").st_ino
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    with subprocess.Popen([*alone, "cat"], stdin=subprocess.PIPE) as holder:
        ends = time.monotonic() + PATIENCE_SECONDS
        while os.stat(f"/proc/{holder.pid}/ns/net").st_ino == mine:
            assert time.monotonic() < ends
            time.sleep(0.01)
        as_whom = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        yield ("nsenter", "--target", str(holder.pid), "--net", *as_whom)


def test_the_firewall_that_is_in_force_is_looked_at(host: Running, network: tuple[str, ...]) -> None:
    """Loose rules beside a file that is right: the installer loads the file again, which `enable --now` would not."""
    there = replace(host, under=network)
    text = hardening.firewall().replace('"candour"', "1").replace('"debian-tor"', "2")
    [step] = [
        file_step(step.title, step.why, step.path, text, 0o755, after=step.after, shows=step.shows)
        for step in hardened()
        if step.path == "/etc/nftables.conf"
    ]
    assert install(there, [step], quietly, dry=False) == 1
    assert "policy drop" in there.run("nft", "list", "ruleset", why="")
    assert is_whole(there, step)
    there.run("nft", "flush", "ruleset", why="")
    assert not is_whole(there, step)
    assert install(there, [step], quietly, dry=False) == 0
    assert "policy drop" in there.run("nft", "list", "ruleset", why="")


def test_systemd_reads_its_units_before_it_starts_one(host: Running) -> None:
    """Else it starts what was there before, without what was added."""
    install(host, errands(), quietly, dry=False)
    asked = host.asked()
    starts = [number for number, line in enumerate(asked) if line.startswith("systemctl restart ")]
    assert len(starts) == 2
    assert all("systemctl daemon-reload" in asked[max(0, number - 2) : number] for number in starts)


def test_another_versions_files_are_undone(host: Running) -> None:
    """By being there, not by being this version's text: nothing of ours is left in force without a word."""
    steps = [*files(), *services("drop")[-1:]]
    steps.append(leftovers(steps))
    install(host, steps[:-2], quietly, dry=False)
    for step in steps[:-2]:
        if step.path:
            host.write(step.path, host.read(step.path) + "\n# of another version\n", 0o644)
    newer = ("/etc/systemd/system/candour-newer.timer", "/etc/apparmor.d/candour-newer")
    for path in newer:
        host.write(path, "# Written by Candour's installer; it writes this file anew.\n", 0o644)
    host.asked()
    said: list[str] = []
    uninstall(host, steps, said.append, dry=False)
    left = [
        path for path in host.path("/etc").rglob("*") if path.is_file() and path.name not in ("fstab", "candour-beside")
    ]
    assert left == []
    asked = host.asked()
    assert "apparmor_parser -R /etc/apparmor.d/candour-newer" in asked
    assert "systemctl disable --now candour-newer.timer" in asked
    for unit in UNITS["drop"]:
        assert f"apparmor_parser -R /etc/apparmor.d/{unit.name}" in asked
        assert f"systemctl disable --now {unit.name}.service" in asked
    assert "systemctl daemon-reload" in asked


def test_what_is_debians_comes_back_and_what_is_somebodys_stays(host: Running) -> None:
    """A file that was there before; and one that somebody put in the place of ours, of which a line says so."""
    host.write("/etc/tor/torrc", "# Debian's\n", 0o644)
    steps = errands()
    install(host, steps, quietly, dry=False)
    install(host, steps, quietly, dry=False)
    assert "SocksPort" in host.read("/etc/tor/torrc")
    host.write("/etc/apt/apt.conf.d/91-candour-tor", "// mine\n", 0o644)
    said: list[str] = []
    uninstall(host, steps, said.append, dry=False)
    assert host.read("/etc/tor/torrc") == "# Debian's\n"
    assert host.read("/etc/apt/apt.conf.d/91-candour-tor") == "// mine\n"
    assert any("91-candour-tor is not the installer's, and stays" in line for line in said)


def test_what_an_earlier_version_wrote_is_taken_away_at_an_install(host: Running) -> None:
    """A unit of a name that is ours, and no longer written; not one that an administrator wrote."""
    old, own = "/etc/systemd/system/candour-old.service", "/etc/systemd/system/candour-own.service"
    host.write(old, "# Written by Candour's installer; it writes this file anew.\n", 0o644)
    host.write(own, "[Service]\n", 0o644)
    install(host, [leftovers(files())], quietly, dry=False)
    assert (host.path(old).exists(), host.path(own).exists()) == (False, True)
    assert host.asked() == ["systemctl disable --now candour-old.service", "systemctl daemon-reload"]
