"""The files that harden a machine, as Debian's own programs read them."""

import re
import subprocess
from pathlib import Path

import pytest

from deploy.hosts import hardening
from deploy.hosts.units import UNITS, Unit

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
