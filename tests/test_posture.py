"""A whole machine looked over: everything right, then each thing broken by itself and named by its own line alone."""

import socket
from pathlib import Path

import pytest

from posture.line import Grade, Look, right
from posture.looking import look_at, looks, one_line
from posture.machine import Machine
from tests import harm_to_files, harm_to_machine, harm_to_units
from tests.harm_to_units import ON_A_DESK
from tests.harmed_machine import linked, look_over, not_right
from tests.made_up_machine import DATA, right_machine
from tests.printed_by_debian import HEAD

PLANS = ("drop", "desk")
FAULTS = harm_to_files.FAULTS | harm_to_units.FAULTS | harm_to_machine.FAULTS
WARNINGS = harm_to_files.WARNINGS | harm_to_units.WARNINGS | harm_to_machine.WARNINGS
UNSEEN = harm_to_files.UNSEEN | harm_to_units.UNSEEN | harm_to_machine.UNSEEN


@pytest.mark.parametrize("plan", PLANS)
def test_a_host_that_is_right_has_nothing_but_right_lines(tmp_path: Path, plan: str) -> None:
    """Forty lines or more; each with its own name, a reason, and a way to mend it."""
    found = look_over(right_machine(tmp_path, plan))
    assert [line for line in found if line.grade is not Grade.RIGHT] == []
    assert len(found) >= 40
    assert len({line.name for line in found}) == len(found)
    assert all(line.sentence and line.why and line.how and line.group for line in found)


@pytest.mark.parametrize("harm", FAULTS)
def test_each_fault_is_named_by_its_line_alone(tmp_path: Path, harm: str) -> None:
    """And is a fault: exit code 1, for whoever watches the host."""
    names, do = FAULTS[harm]
    made = right_machine(tmp_path, "drop")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.FAULT)


@pytest.mark.parametrize("harm", ON_A_DESK)
def test_each_fault_of_a_desk_alone_is_named_by_its_line(tmp_path: Path, harm: str) -> None:
    """What the source host has not."""
    names, do = ON_A_DESK[harm]
    made = right_machine(tmp_path, "desk")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.FAULT)


@pytest.mark.parametrize("harm", WARNINGS)
def test_each_warning_is_named_by_its_line_alone(tmp_path: Path, harm: str) -> None:
    """What holds for the moment is no fault."""
    names, do = WARNINGS[harm]
    made = right_machine(tmp_path, "drop")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.WARNING)


@pytest.mark.parametrize("veil", UNSEEN)
def test_what_cannot_be_seen_is_said_to_be_unseen(tmp_path: Path, veil: str) -> None:
    """Never right, never a fault, and never the end of the round."""
    names, do = UNSEEN[veil]
    made = right_machine(tmp_path, "drop")
    do(made)
    assert not_right(made) == dict.fromkeys(names.split(), Grade.UNSEEN)


@pytest.mark.parametrize("plan", PLANS)
def test_every_line_can_be_other_than_right(plan: str) -> None:
    """No line without a test that breaks it: of the services one stands for all."""
    broken = {
        name for table in (FAULTS, ON_A_DESK, WARNINGS) for names, _do in table.values() for name in names.split()
    }
    kinds = {name.rsplit(".", 1)[1] for name in broken if name.startswith("service.")}
    names = {look.name for look in looks(plan, DATA)}
    alone = {name for name in names if not name.startswith("service.")}
    assert alone - broken == set()
    assert {name.rsplit(".", 1)[1] for name in names - alone} - kinds == set()


def test_a_host_of_somebodys_own_has_warnings_and_no_faults(tmp_path: Path) -> None:
    """Nothing of the installer's there: nothing is a fault, and no program is asked, unless somebody wants it."""
    made = right_machine(tmp_path, "drop")
    made.write("/proc/net/tcp", f"{HEAD}   0: 00000000:0050 0:0 0A 0 0 0\n")
    assert not_right(made) == {"network.tcp": Grade.FAULT}
    made.remove("/opt/candour")
    made.remove("/etc/systemd/system")
    found = {line.name: line.grade for line in look_at(made, "drop", DATA, ask_anyway=True)}
    assert Grade.FAULT not in found.values()
    assert (found["host.installed"], found["network.tcp"]) == (Grade.WARNING, Grade.WARNING)
    assert found["firewall.in-force"] is Grade.RIGHT
    unasked = right_machine(tmp_path / "second", "drop")
    unasked.remove("/opt/candour")
    unasked.remove("/etc/systemd/system")
    assert not_right(unasked)["firewall.in-force"] is Grade.UNSEEN


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    """In a word after its path; some of many, and how many."""
    made = right_machine(tmp_path, "drop")
    linked("/etc/sysctl.d/90-candour.conf")(made)
    made.remove("/etc/tor/torrc")
    made.owners["/etc/nftables.conf"] = "ann"
    made.place("/etc/tmpfiles.d/candour.conf").chmod(0o640)
    made.write("/etc/apt/apt.conf.d/90-candour", "// mine\n")
    [line] = [line for line in look_over(made) if line.name == "host.files"]
    assert "5 files: /etc/apt/apt.conf.d/90-candour (changed), /etc/nftables.conf (its owner), " in line.sentence
    assert line.sentence.endswith("/etc/sysctl.d/90-candour.conf (no plain file) ….")


def test_a_socket_of_a_server_is_closed_by_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gunicorn makes it for everybody; the folder lets nobody come there."""
    made = right_machine(tmp_path, "drop")
    # From its folder: the whole path may be too long for a socket.
    monkeypatch.chdir(made.place(DATA))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("site.sock")
        Path("site.sock").chmod(0o777)
        assert not_right(made) == {}


def test_an_error_in_one_look_does_not_end_the_round() -> None:
    """Nor is its text told: nobody knows what it quotes."""

    def stumble(_machine: Machine) -> None:
        raise RuntimeError("what a source wrote")

    stumbling = Look("a.b", "group", "why", "how", stumble)  # type: ignore[arg-type] # it never returns
    line = one_line(Machine(), stumbling)
    assert (line.grade, line.sentence) == (Grade.UNSEEN, "Cannot be seen: RuntimeError")
    assert one_line(Machine(), Look("a.b", "g", "w", "h", lambda _machine: right("Yes."))).grade is Grade.RIGHT
