"""The units of systemd and the firewall, as the field's own tools judge them."""

import json
import os
import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.hosts import clock_unit, daily_look, hardening
from deploy.hosts.apparmor import profile
from deploy.hosts.units import BACKUPS, DATA, PROGRAMS, UNITS, Unit
from journalist_interface.commands import main as desk_command
from keys.intake_key import load_intake_key
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import set_up_onions
from store.posture_summary import summary_path
from tests.desk_office import new_office
from tests.kept_backup import give_recovery_key
from tests.onion_names import onion_name

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
    if unit.nightly:
        path.with_suffix(".timer").write_text(unit.timer_text())
    return path


@each_unit
def test_systemd_takes_every_line_of_a_unit(unit: Unit, tmp_path: Path) -> None:
    """Not one unknown, misspelt or contradictory line: systemd passes over such lines, and the program runs without."""
    done = subprocess.run(
        ["systemd-analyze", "verify", str(written(unit, tmp_path))], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("plan", UNITS)
def test_a_backup_is_made_every_night(plan: str, tmp_path: Path) -> None:
    """By a timer that systemd takes: once in each day, made up for later, and over before the night's restart."""
    [unit] = [unit for unit in UNITS[plan] if unit.nightly]
    timer = written(unit, tmp_path).with_suffix(".timer")
    done = subprocess.run(["systemd-analyze", "verify", str(timer)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = timer.read_text().splitlines()
    assert {"Persistent=yes", "RandomizedDelaySec=1h", "WantedBy=timers.target"} <= set(lines)
    [calendar] = [line.removeprefix("OnCalendar=") for line in lines if line.startswith("OnCalendar=")]
    said = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=3", "--base-time=2026-11-29 12:00:00", calendar],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "PATH": os.environ["PATH"]},
    ).stdout
    nights = [datetime.fromisoformat(f"{day} {hour}") for day, hour in re.findall(r"(\d{4}-\S+) (\d\d:\S+) UTC", said)]
    assert [night.day for night in nights] == [30, 1, 2]
    # No restart of the machine comes into its way: there is none by itself.
    assert 'Automatic-Reboot "false";' in hardening.UPGRADES


def test_a_backup_is_a_service_that_ends() -> None:
    """Not started again and again, nor with the machine; it may write the data folder, and the disk for backups."""
    for unit in (units[-1] for units in UNITS.values()):
        lines = unit.text().splitlines()
        assert "Type=oneshot" in lines
        assert not [line for line in lines if line.startswith(("Restart=", "WantedBy=", "TimeoutStopSec="))]
        assert f"ReadWritePaths={DATA} -{BACKUPS}" in lines
        [command] = [line for line in lines if line.startswith("ExecStart=")]
        assert command.endswith(f" backup --data {DATA} --out {BACKUPS} --mounted")
        # It reads the keys of the onion services, which no other program but Tor may; and nobody else writes backups.
        assert "secret_key" not in profile(unit)
        assert BACKUPS in profile(unit)
    assert not [unit for _, unit in ALL if BACKUPS in unit.text() + profile(unit) and not unit.nightly]


def test_a_service_that_ends_is_started_again_for_ever() -> None:
    """After a pause that does not grow: systemd's own way of that never forgets a restart (docs/adr/0062)."""
    for unit in (unit for _, unit in ALL if not unit.nightly):
        lines = unit.text().splitlines()
        assert {"Restart=always", "RestartSec=5", "StartLimitIntervalSec=0"} <= set(lines)
        assert not [line for line in lines if line.startswith(("RestartSteps=", "RestartMaxDelaySec="))]
    clock = clock_unit.service_text().splitlines()
    assert {"Restart=on-failure", "RestartSec=10min", "StartLimitIntervalSec=0"} <= set(clock)


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


def test_a_service_waits_for_a_file_that_setting_up_makes(drop_folder: DropFolder, tmp_path: Path) -> None:
    """By the guide's commands: for one of another name it would wait for ever, and say nothing."""
    desk, pairing = tmp_path / "desk", tmp_path / "pairing.json"
    token = json.loads((drop_folder.root.parent / "pairing.json").read_text())
    with new_office(desk) as office:
        fingerprint = load_intake_key(office.desk.paths.intake_key).fingerprint
        pairing.write_text(json.dumps(token | {"door_url": f"http://{onion_name()}", "fingerprint": fingerprint}))
        for words in (
            ["onion", "set-up", "--courier-key", str(tmp_path / "key.auth")],
            ["pair", "--pairing", str(pairing)],
        ):
            done = CliRunner().invoke(desk_command, [*words, "--data", str(desk)])
            assert done.exit_code == 0, done.output
    set_up_onions(drop_folder.root, None, None)
    give_recovery_key(drop_folder.root, tmp_path)
    for plan, root in (("drop", drop_folder.root), ("desk", desk)):
        needed = {(unit.name, each) for unit in UNITS[plan] for each in unit.needs.split()}
        assert {(name, each) for name, each in needed if not (root / each).exists()} == set()


@each_unit
def test_what_a_service_says_before_it_gives_up_is_kept(unit: Unit) -> None:
    """The journal keeps warnings alone, and systemd takes what a program says for less."""
    assert "MaxLevelStore=warning" in hardening.JOURNALD.splitlines()
    assert {"StandardError=journal", "SyslogLevel=warning"} <= set(unit.text().splitlines())


@each_unit
def test_only_tor_has_a_network(unit: Unit) -> None:
    """Every other program is reached over sockets that are files, or that systemd holds for it."""
    lines = unit.text().splitlines()
    is_tor = unit.name == "candour-tor"
    assert ("PrivateNetwork=yes" in lines) != is_tor
    # And of what is kept, Tor has nothing that is anybody's.
    assert (f"BindPaths=/run/candour-tor:{DATA} {DATA}/tor {DATA}/sockets" in lines) == is_tor
    assert any(line.split()[0] == f"ReadWritePaths={DATA}" for line in lines if line) != is_tor


@each_unit
def test_a_socket_goes_with_its_service(unit: Unit) -> None:
    """Stopped with it: else an open page starts again what somebody has just stopped (seen on a booted Debian)."""
    assert (f"PartOf={unit.name}.service" in unit.socket_text().splitlines()) or not unit.socket
    assert (f"Requires={unit.name}.socket" in unit.text().splitlines()) == bool(unit.socket)


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


@pytest.mark.parametrize("plan", UNITS)
def test_systemd_takes_every_line_of_the_daily_look(plan: str, tmp_path: Path) -> None:
    """Root's own look over the machine: it writes nowhere but in its folder, and reaches nobody elsewhere."""
    program = tmp_path / f"candour-{plan}"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / f"{daily_look.NAME}.service"
    unit.write_text(daily_look.service(plan).replace(PROGRAMS, str(tmp_path)))
    unit.with_suffix(".timer").write_text(daily_look.TIMER)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit), str(unit.with_suffix(".timer"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    text = unit.read_text()
    assert f"candour-{plan} check --machine --keep --data {DATA}\n" in text
    assert {"ProtectSystem=strict", "IPAddressDeny=any", f"StateDirectory={daily_look.NAME}"} <= set(text.splitlines())
    # Where the programs look for it, which may read it and nothing else there.
    assert str(summary_path(Path(DATA)).parent) == f"/var/lib/{daily_look.NAME}"
    assert all(f"  /var/lib/{daily_look.NAME}/** r,\n" in profile(each) for each in UNITS[plan])
