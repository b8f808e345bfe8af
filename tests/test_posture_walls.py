"""The walls that are looked for are those that the installer writes, and each drop-in that opens one is named."""

import pytest

from deploy.hosts.plans import around
from deploy.hosts.units import BACKUPS, DATA, UNITS, Unit
from posture.line import Grade
from posture.machine import Unseen
from posture.services import SERVICES, judge_running
from posture.starters import NIGHTLY, OF_THE_MACHINE, SOCKETS, judge_last, judge_socket, judge_timer
from posture.walls import HIDDEN, judge_sandbox, open_walls, permitted, read_groups
from tests.shown_unit import printed_groups, shown

ALL = [(plan, unit) for plan, units in UNITS.items() for unit in units]
each_unit = pytest.mark.parametrize(
    "unit", [unit for _, unit in ALL], ids=[f"{plan}-{unit.name}" for plan, unit in ALL]
)
SITE, TOR = UNITS["drop"][1], UNITS["drop"][0]
BACKUP = UNITS["desk"][-1]
# What somebody writes with `systemctl edit`, to get on for today: the unit, the lines, the wall that is named.
LOOSENED = {
    "every call is let through": (SITE, "SystemCallFilter=", "SystemCallFilter"),
    "only some calls are refused": (SITE, "SystemCallFilter=\nSystemCallFilter=~@mount", "SystemCallFilter"),
    "file systems may be mounted": (SITE, "SystemCallFilter=@mount", "SystemCallFilter (chroot fsconfig"),
    "one dangerous call is let through": (SITE, "SystemCallFilter=ptrace", "SystemCallFilter (ptrace)"),
    "the site may put filters on, as Tor may": (SITE, "SystemCallFilter=seccomp", "SystemCallFilter (seccomp)"),
    "Tor may load modules": (TOR, "SystemCallFilter=@module", "SystemCallFilter (delete_module"),
    "calls of another architecture": (SITE, "SystemCallArchitectures=x86", "SystemCallArchitectures"),
    "the network is let in": (SITE, "PrivateNetwork=no", "PrivateNetwork"),
    "another unit's network": (SITE, "JoinsNamespaceOf=ssh.service", "JoinsNamespaceOf"),
    "the internet's addresses": (SITE, "RestrictAddressFamilies=AF_INET", "RestrictAddressFamilies"),
    "no addresses are refused": (SITE, "IPAddressDeny=", "IPAddressDeny"),
    "an address is let through": (SITE, "IPAddressAllow=192.0.2.1", "IPAddressAllow"),
    "raw packets for Tor": (TOR, "RestrictAddressFamilies=AF_PACKET", "RestrictAddressFamilies"),
    "Tor sees the pepper": (TOR, f"BindPaths={DATA}/pepper", "BindPaths"),
    "Tor sees all that is kept": (TOR, "BindPaths=", "BindPaths"),
    "the site may command Tor": (SITE, "InaccessiblePaths=", "InaccessiblePaths"),
    "the site sees the door's key": (
        SITE, f"InaccessiblePaths=\nInaccessiblePaths={DATA}/tor/state", "InaccessiblePaths",
    ),
    "what lies in the data is run": (SITE, "NoExecPaths=", "NoExecPaths"),
    "the site may write elsewhere": (SITE, "ReadWritePaths=/etc", "ReadWritePaths"),
    "the site may write backups": (SITE, f"ReadWritePaths=-{BACKUPS}", "ReadWritePaths"),
    "the backup may write everywhere": (BACKUP, "ReadWritePaths=/", "ReadWritePaths"),
    "the backup has a network": (BACKUP, "PrivateNetwork=no", "PrivateNetwork"),
    "a folder is brought in": (SITE, "BindPaths=/home/ann", "BindPaths"),
    "a device": (SITE, "DeviceAllow=/dev/mem rw", "DeviceAllow"),
    "temporary files on the disk": (SITE, "TemporaryFileSystem=", "TemporaryFileSystem"),
    "a group that reads passwords": (SITE, "SupplementaryGroups=shadow", "SupplementaryGroups"),
    "a program of root's before": (SITE, "ExecStartPre=+/usr/local/bin/x", "ExecStartPre"),
    "a capability": (SITE, "CapabilityBoundingSet=CAP_SYS_ADMIN", "CapabilityBoundingSet"),
    "what it says is kept": (SITE, "StandardOutput=journal", "StandardOutput"),
    "memory that is written and run": (SITE, "MemoryDenyWriteExecute=no", "MemoryDenyWriteExecute"),
}  # fmt: skip
# Lines of a unit that shut nothing; two that are judged as lists above.
NO_WALL = frozenset(
    {
        "Description", "ConditionPathExists", "StartLimitIntervalSec", "Requires", "Wants", "After", "Type", "Nice",
        "ExecStart", "AppArmorProfile", "Restart", "RestartSec", "TimeoutStopSec", "StandardError", "WantedBy",
        "LogRateLimitIntervalSec", "SyslogLevel", "SystemCallErrorNumber", "IOSchedulingClass",
        "ReadWritePaths", "RuntimeDirectory", "RuntimeDirectoryMode", "SystemCallFilter",
    }
)  # fmt: skip
# A wall that somebody made higher is no fault.
TIGHTENED = {
    "a call less": (SITE, "SystemCallFilter=~@timer"),
    "one more path that Tor does not see": (TOR, f"InaccessiblePaths=-{DATA}/settings.json"),
    "nothing else to write but the data": (BACKUP, f"ReadWritePaths=\nReadWritePaths={DATA}"),
}


@each_unit
def test_a_unit_as_the_installer_writes_it_has_all_its_walls(unit: Unit) -> None:
    """With the real groups of calls; and what one part promises, the other watches."""
    verdict = judge_sandbox(unit.name, shown(unit.text()), printed_groups)
    assert (verdict.grade, verdict.sentence) == (Grade.RIGHT, f"{unit.name}: all its walls are in force.")
    assert {name.lstrip("-") for name in unit.hidden} == set(HIDDEN.get(unit.name, ()))


@pytest.mark.parametrize("plan", UNITS)
def test_every_unit_of_the_installers_is_looked_at(plan: str) -> None:
    """By its name, its way of being started, and its socket; those of the machine too."""
    assert tuple(unit.name for unit in UNITS[plan] if not unit.nightly) == SERVICES[plan]
    assert tuple(unit.name for unit in UNITS[plan] if unit.nightly) == NIGHTLY[plan]
    assert {unit.name: unit.socket for unit in UNITS[plan] if unit.socket} == SOCKETS[plan]
    timed = {*NIGHTLY[plan], *OF_THE_MACHINE}
    timers = {step.path for step in around(plan) if step.path.endswith(".timer")}
    assert timers == {f"/etc/systemd/system/{name}.timer" for name in timed}


@pytest.mark.parametrize("harm", LOOSENED)
def test_a_wall_that_was_loosened_is_named(harm: str) -> None:
    """By a file beside the unit's own, which looks whole."""
    unit, lines, named = LOOSENED[harm]
    verdict = judge_sandbox(unit.name, shown(unit.text(), lines), printed_groups)
    assert verdict.grade is Grade.FAULT
    assert verdict.sentence.startswith(f"{unit.name}: not in force: {named}")


@pytest.mark.parametrize("change", TIGHTENED)
def test_a_wall_that_is_higher_is_right(change: str) -> None:
    """Whoever shuts a program in further must not be told to open it."""
    unit, lines = TIGHTENED[change]
    assert judge_sandbox(unit.name, shown(unit.text(), lines), printed_groups).grade is Grade.RIGHT


@each_unit
def test_each_line_that_is_taken_out_of_a_unit_is_missed(unit: Unit) -> None:
    """One by one: every wall that the installer writes is watched, and what is no wall is known by name."""
    lines = [line for line in unit.text().splitlines() if "=" in line and not line.startswith("#")]
    for line in lines:
        name = line.split("=")[0]
        if name not in NO_WALL:
            less = "\n".join(each for each in unit.text().splitlines() if each != line)
            state = shown(less) if not line.endswith("=") else shown(less, f"{name}=cap_chown")
            assert open_walls(unit.name, state) == [name], line


def test_what_cannot_be_looked_up_is_unseen_and_a_wall_that_is_down_is_told_all_the_same() -> None:
    """Of system calls systemd-analyze has to be asked; of nothing else."""

    def nobody() -> str:
        raise Unseen("systemd-analyze did not run.")

    with pytest.raises(Unseen):
        judge_sandbox(SITE.name, shown(SITE.text()), nobody)
    assert judge_sandbox(SITE.name, shown(SITE.text(), "PrivateNetwork=no"), nobody).grade is Grade.FAULT


def test_groups_of_calls_hold_groups() -> None:
    """As systemd-analyze prints them; what stands under no group is in none."""
    groups = read_groups(
        "@default\n    # Always\n    brk\n\n@a\n    # A\n    @default\n    open\n\n# Others\n    mount\n"
    )
    assert permitted(("@a",), groups) == {"brk", "open"}
    assert permitted(("@a", "~open"), groups) == {"brk"}
    assert permitted(("open",), groups) == {"brk", "open"}


TIMERS = {
    "as it is": ({}, Grade.RIGHT),
    "not known": ({"LoadState": "not-found"}, Grade.FAULT),
    "disabled": ({"UnitFileState": "disabled"}, Grade.FAULT),
    "stopped": ({"ActiveState": "inactive"}, Grade.FAULT),
}
DAY = 24 * 60 * 60
UP_FOR = 9 * DAY
RUNS: dict[str, tuple[dict[str, str | int], int | None, Grade]] = {
    "never yet, for an hour": ({"Result": "success", "ActiveState": "inactive"}, 3600, Grade.RIGHT),
    "never yet, for days": ({"Result": "success", "ActiveState": "inactive"}, UP_FOR, Grade.WARNING),
    "never yet, nobody knows for how long": ({"Result": "success", "ActiveState": "inactive"}, None, Grade.RIGHT),
    "today": ({"Result": "success", "ActiveState": "inactive", "at": UP_FOR - 3600}, UP_FOR, Grade.RIGHT),
    "the night before last": ({"Result": "success", "ActiveState": "inactive", "at": 7 * DAY}, UP_FOR, Grade.RIGHT),
    "some days ago": ({"Result": "success", "ActiveState": "inactive", "at": 5 * DAY}, UP_FOR, Grade.WARNING),
    "at work": ({"Result": "success", "ActiveState": "activating"}, UP_FOR, Grade.RIGHT),
    "refused": ({"Result": "exit-code", "ActiveState": "failed"}, UP_FOR, Grade.WARNING),
    "killed": ({"Result": "signal", "ActiveState": "failed"}, UP_FOR, Grade.WARNING),
}
HELD = {
    "as it is": ({}, Grade.RIGHT),
    "not known": ({"LoadState": "not-found"}, Grade.FAULT),
    "for the whole network": ({"Listen": "0.0.0.0:8081 (Stream)"}, Grade.FAULT),
    "a second place": ({"Listen": "127.0.0.1:8081 (Stream) 0.0.0.0:80 (Stream)"}, Grade.FAULT),
    "others may come": ({"IPAddressDeny": ""}, Grade.FAULT),
    "a neighbour may come": ({"IPAddressAllow": "127.0.0.0/8 192.168.0.0/16"}, Grade.FAULT),
    "not there yet": ({"ActiveState": "inactive"}, Grade.WARNING),
    "another program has its place": ({"ActiveState": "failed"}, Grade.FAULT),
}


OFTEN: dict[str, tuple[dict[str, str], str]] = {
    "somebody stopped it, after some months": ({"ActiveState": "inactive"}, "candour-site does not run (inactive)."),
    "somebody stops it": ({"ActiveState": "deactivating"}, "candour-site does not run (deactivating)."),
    "it waits for its next start": ({"ActiveState": "activating"}, "candour-site ends again and again: "),
    "it is not started any more": ({"ActiveState": "failed"}, "candour-site ends again and again: "),
    "it runs for a minute": ({"ActiveState": "active", "at": str(UP_FOR - 60)}, "candour-site ends again and again: "),
    "it runs for a day": ({"ActiveState": "active", "at": str(8 * DAY)}, "candour-site runs."),
}


@pytest.mark.parametrize("case", OFTEN)
def test_only_what_ends_by_itself_is_said_to_end_again_and_again(case: str) -> None:
    """systemd counts on over months; whoever stopped a service is not sent to look for what ends it."""
    change, said = OFTEN[case]
    when = str(int(change.get("at", "0")) * 1_000_000)
    state = {"LoadState": "loaded", "NRestarts": "3", "ActiveEnterTimestampMonotonic": when} | change
    assert judge_running("candour-site", state, up_for=UP_FOR).sentence.startswith(said)


@pytest.mark.parametrize("case", TIMERS)
def test_a_timer_is_judged(case: str) -> None:
    """A backup that nobody starts is missed on the day that it is needed."""
    change, grade = TIMERS[case]
    state = {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active"} | change
    assert judge_timer("candour-backup", state).grade is grade


@pytest.mark.parametrize("case", RUNS)
def test_how_a_service_ended_last_is_judged(case: str) -> None:
    """One that was never run did not fail; and what its timer forgets shows by the days."""
    said, up_for, grade = RUNS[case]
    state = {name: str(value) for name, value in said.items() if name != "at"}
    state["ExecMainExitTimestampMonotonic"] = str(int(said.get("at", 0)) * 1_000_000)
    assert judge_last("candour-backup", state, up_for).grade is grade


@pytest.mark.parametrize("case", HELD)
def test_a_socket_is_judged(case: str) -> None:
    """For the desk's own machine alone."""
    change, grade = HELD[case]
    state = {
        "LoadState": "loaded",
        "ActiveState": "active",
        "Listen": "127.0.0.1:8081 (Stream)",
        "IPAddressAllow": "127.0.0.0/8 ::1/128",
        "IPAddressDeny": "0.0.0.0/0 ::/0",
    }
    assert judge_socket("candour-desk", "127.0.0.1:8081", state | change).grade is grade
