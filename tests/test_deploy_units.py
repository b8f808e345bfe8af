"""The units of systemd and the firewall, as the field's own tools judge them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from deploy.hosts import clock_unit, hardening
from deploy.hosts.apparmor import profile
from deploy.hosts.units import DATA, PROGRAMS, UNITS, Unit

MOST_EXPOSED = 1.5  # of 10
ALL = [(plan, unit) for plan, units in UNITS.items() for unit in units]
each_unit = pytest.mark.parametrize(
    "unit", [unit for _, unit in ALL], ids=[f"{plan}-{unit.name}" for plan, unit in ALL]
)


def written(unit: Unit, folder: Path) -> Path:
    """The unit as a file, with a program that is there; its socket beside it."""
    program = folder / "candour-drop"
    for name in ("candour-drop", "candour-desk"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    path = folder / f"{unit.name}.service"
    path.write_text(unit.text().replace(PROGRAMS, str(program.parent)))
    if unit.socket:
        path.with_suffix(".socket").write_text(unit.socket_text())
    return path


@each_unit
def test_systemd_takes_every_line_of_a_unit(unit: Unit, tmp_path: Path) -> None:
    """Not one unknown, misspelt or contradictory line: systemd passes over such lines, and the program runs without."""
    done = subprocess.run(
        ["systemd-analyze", "verify", str(written(unit, tmp_path))], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@each_unit
def test_a_unit_is_shut_in(unit: Unit, tmp_path: Path) -> None:
    """What systemd itself says of how open it is, of 10."""
    assert exposure(written(unit, tmp_path)) <= MOST_EXPOSED


def exposure(path: Path) -> float:
    """How open systemd finds a unit, of 10."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(path)], capture_output=True, text=True, check=True
    )
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


@each_unit
def test_only_tor_has_a_network(unit: Unit) -> None:
    """Every other program is reached over sockets that are files, or that systemd holds for it."""
    lines = unit.text().splitlines()
    is_tor = unit.name == "candour-tor"
    assert ("PrivateNetwork=yes" in lines) != is_tor
    # And of what is kept, Tor has nothing that is anybody's.
    assert (f"BindPaths=/run/candour-tor:{DATA} {DATA}/tor {DATA}/sockets" in lines) == is_tor
    assert (f"ReadWritePaths={DATA}" in lines) != is_tor


@each_unit
def test_apparmor_takes_every_line_of_a_fence(unit: Unit, tmp_path: Path) -> None:
    """Its own parser, without the kernel: with a mistake it is not loaded, and the unit does not start."""
    path = tmp_path / unit.name
    path.write_text(profile(unit))
    subprocess.run(["/usr/sbin/apparmor_parser", "-Q", "-K", str(path)], check=True, capture_output=True)
    assert f"AppArmorProfile={unit.name}\n" in unit.text()
    assert f"profile {unit.name} " in profile(unit)


def test_the_clocks_unit_is_shut_in_too(tmp_path: Path) -> None:
    """Root's, with one right: systemd and AppArmor take every line, and systemd finds it as closed as the others."""
    service, timer, fence = (tmp_path / name for name in ("candour-clock.service", "candour-clock.timer", "fence"))
    service.write_text(clock_unit.service_text())
    timer.write_text(clock_unit.timer_text())
    fence.write_text(clock_unit.profile_text())
    for path in (service, timer):
        done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert exposure(service) <= MOST_EXPOSED
    assert "CapabilityBoundingSet=CAP_SYS_TIME\n" in service.read_text()
    subprocess.run(["/usr/sbin/apparmor_parser", "-Q", "-K", fence], check=True, capture_output=True)


def test_nft_takes_the_firewall(tmp_path: Path) -> None:
    """Every rule, with the users that an installed machine has."""
    rules = tmp_path / "nftables.conf"
    text = hardening.firewall().replace('"candour"', "1").replace('"debian-tor"', "2")
    rules.write_text(text)
    # Whoever is not root asks in a network of their own.
    alone = [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    subprocess.run([*alone, "/usr/sbin/nft", "-c", "-f", str(rules)], check=True)
