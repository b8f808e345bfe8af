"""The files that harden a machine, as Debian's own programs read them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from deploy.hosts import hardening
from deploy.hosts.host import Host
from deploy.hosts.machine import errands, hardened
from deploy.hosts.steps import install, uninstall
from deploy.hosts.units import UNITS, Unit
from onion.torrc import check_beside

# syslog(3), from the worst on.
LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


def apt_says(tmp_path: Path, text: str) -> str:
    """What apt makes of a file of its configuration."""
    path = tmp_path / "apt.conf"
    path.write_text(text)
    return subprocess.run(["apt-config", "-c", path, "dump"], capture_output=True, text=True, check=True).stdout


def test_no_machine_starts_again_while_nobody_is_there(tmp_path: Path) -> None:
    """It would wait for the passphrase of its disk, unreachable, until somebody comes."""
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in apt_says(tmp_path, hardening.UPGRADES)


def test_no_update_is_held_back_for_a_file_that_was_replaced(tmp_path: Path) -> None:
    """unattended-upgrades passes over a package whose file was changed, unless dpkg is told which one to keep."""
    assert 'DPkg::Options:: "--force-confold";' in apt_says(tmp_path, hardening.UPGRADES)


@pytest.mark.parametrize("unit", [unit for units in UNITS.values() for unit in units], ids=lambda unit: unit.name)
def test_the_journal_keeps_what_a_service_says_of_its_errors(unit: Unit) -> None:
    """What comes at a lower level than is stored is dropped, unseen."""

    [said] = re.findall(r"^SyslogLevel=(\w+)$", unit.text(), re.MULTILINE)
    [stored] = re.findall(r"^MaxLevelStore=(\w+)$", hardening.JOURNALD, re.MULTILINE)
    assert LEVELS.index(said) <= LEVELS.index(stored)


def test_systemd_takes_temporary_files_in_memory(tmp_path: Path) -> None:
    """Every line of the unit that Debian 12 does not have by itself."""
    path = tmp_path / "tmp.mount"
    path.write_text(hardening.TMP)
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [step.title for step in hardened() if step.path == "/etc/systemd/system/tmp.mount"] != []


def test_bridges_have_a_place_that_both_tors_read(tmp_path: Path) -> None:
    """Debian's as Tor itself reads it, ours as lines that may stand beside; nobody else is shown it."""
    beside = tmp_path / "beside"
    lines = hardening.NO_BRIDGES.replace("#   ", "")
    assert "UseBridges 1\n" in lines
    beside.write_text(check_beside(lines))
    torrc = tmp_path / "torrc"
    torrc.write_text(hardening.DEBIANS_TOR.replace(hardening.BESIDE, str(beside)) + f"DataDirectory {tmp_path}\n")
    said = subprocess.run(["tor", "--dump-config", "short", "-f", torrc], capture_output=True, text=True, check=True)
    assert re.search(r"^UseBridges 1$", said.stdout, re.MULTILINE), said.stdout
    for unit in (unit for units in UNITS.values() for unit in units):
        assert (f"--beside {hardening.BESIDE}\n" in unit.text()) == unit.network
        assert ("InaccessiblePaths=-/etc/tor" in unit.text()) != unit.network


def test_lines_of_an_administrators_own_stay(tmp_path: Path) -> None:
    """However often the installer is run."""
    host = Host(tmp_path, Path(), "drop", owner=os.geteuid())
    [step] = [step for step in errands() if step.title == "A place for bridges"]
    install(host, [step], print, dry=False)
    host.write(hardening.BESIDE, "UseBridges 1\n", 0o644)
    assert install(host, [step], print, dry=False) == 0
    uninstall(host, [step], print, dry=False)
    assert host.read(hardening.BESIDE) == "UseBridges 1\n"
