"""The real commands: what they say to people and, with --json, to machines; and what their exit codes mean."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bench.source_client import SourceClient
from posture.disks import judge_files, judge_room
from posture.line import Verdict
from posture.machine import Room
from serving.server import CLOSE
from source_interface.drop_folder import DropFolder
from source_interface.site_app import create_site
from store.desk.audit import Act, record_act
from store.expiry import WEEKS_AHEAD, judge_expiry
from store.findings import Finding, graded, tell_findings
from store.findings_json import GRADES, findings_json
from tests.desk_office import Office, new_office
from tests.harms import flatten
from tests.served import served

COMMANDS = Path(sys.executable).parent
WEEK = 7 * 24 * 60 * 60
EXPIRES = {
    "never": (None, False),
    "in a year": (52 * WEEK, False),
    "in just enough weeks": (WEEKS_AHEAD * WEEK, False),
    "a second too early": (WEEKS_AHEAD * WEEK - 1, True),
    "tomorrow": (WEEK // 7, True),
}
# Each name that stands in docs/check-json.md for what a host keeps.
KEPT = {
    "candour-drop": {"places", "pepper", "intake-key", "intake-key-expiry", "door-token", "settings", "site-address",
                     "tor", "memory", "rows", "files"},
    "candour-desk": {"places", "tor", "memory", "trail", "rows", "post", "vault", "keys", "intake-key-expiry"},
}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run an installed command."""
    command = [str(COMMANDS / program), "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("program", KEPT)
def test_json_is_one_object_with_a_line_for_each_thing(program: str, drop_folder: DropFolder, office: Office) -> None:
    """On a host that is whole: exit code 0, forty lines or more, what is kept and the machine."""
    data = drop_folder.root if program == "candour-drop" else office.folder
    done = run(program, "--json", "--data", data)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert list(report) == ["version", "program", "whole", "counts", "findings"]
    assert (report["version"], report["program"], report["whole"]) == (1, program, True)
    assert list(report["counts"]) == list(GRADES)
    assert sum(report["counts"].values()) == len(report["findings"]) >= 40
    assert all(list(each) == ["id", "grade", "sentence", "why", "mend"] for each in report["findings"])
    names = {each["id"] for each in report["findings"]}
    assert "" not in names
    assert all(each["why"] for each in report["findings"])
    assert KEPT[program] - names == set()
    assert {"host.installed", "network.tcp", "sysctl.kernel.sysrq", "updates.waiting"} - names == set()


def told_of_what_is_kept(root: Path, program: str = "candour-drop") -> list[str]:
    """The findings on what a host keeps, and on its disk; the rest of the machine changes by itself."""
    found = json.loads(run(program, "--json", "--data", root).stdout)["findings"]
    return [f"{each['id']}: {each['sentence']}" for each in found if "." not in each["id"] or "disk." in each["id"]]


def test_a_letter_that_came_changes_nothing_that_is_told(drop_folder: DropFolder) -> None:
    """Whoever keeps what was told each hour would have a list of when somebody wrote."""
    before = told_of_what_is_kept(drop_folder.root)
    app = create_site(drop_folder.root)
    with served(app) as url, closing(SourceClient(url)) as source:
        assert source.report("It happened on a Tuesday.", codename=source.take_codename()).status == 200
    app.extensions[CLOSE]()
    assert told_of_what_is_kept(drop_folder.root) == before


def test_an_act_at_the_desk_changes_nothing_that_is_told(office: Office) -> None:
    """Each has its record, and how many there are would tell in which hours somebody worked. An auditor sees it."""
    before = told_of_what_is_kept(office.folder, "candour-desk")
    with office.desk.database.writing() as connection:
        record_act(connection, "amina", Act.SIGN_IN)
    assert told_of_what_is_kept(office.folder, "candour-desk") == before


ROOM: dict[str, tuple[Callable[[Room], Verdict], Room]] = {
    "a large file": (judge_room, Room(9 * 10**9, 10**11, 10**6, 10**7)),
    "a large file, where there is little": (judge_room, Room(2 * 10**9, 10**11, 10**6, 10**7)),
    "a large file, where there is next to nothing": (judge_room, Room(10**8, 10**11, 10**6, 10**7)),
    "the names of files": (judge_files, Room(10**9, 10**11, 10**6, 10**7)),
    "the names of files, where there are few": (judge_files, Room(10**9, 10**11, 9_000, 10**7)),
}


@pytest.mark.parametrize("what", ROOM)
def test_the_room_that_a_report_took_is_not_told(what: str) -> None:
    """A step is, and no number by which the next differs."""
    judge, room = ROOM[what]
    assert judge(room) == judge(replace(room, free=room.free - 5 * 10**7, free_files=room.free_files - 2))


def test_json_tells_a_fault_and_what_mends_it(drop_folder: DropFolder) -> None:
    """Exit code 1; with --repair it is mended, and the next look is whole."""
    (drop_folder.blobs / "incoming" / ("ab" * 16)).touch(0o600)
    flatten(drop_folder.blobs / "incoming" / ("ab" * 16))
    done = run("candour-drop", "--json", "--data", drop_folder.root)
    report = json.loads(done.stdout)
    assert (done.returncode, report["whole"], report["counts"]["fault"]) == (1, False, 1)
    [fault] = [each for each in report["findings"] if each["grade"] == "fault"]
    assert (fault["id"], fault["mend"]) == ("files", "check --repair mends this.")
    done = run("candour-drop", "--json", "--repair", "--data", drop_folder.root)
    assert (done.returncode, json.loads(done.stdout)["counts"]["mended"]) == (0, 1)
    assert run("candour-drop", "--json", "--data", drop_folder.root).returncode == 0


def test_people_read_groups_and_a_reason_only_where_something_is_not_right(drop_folder: DropFolder) -> None:
    """A heading before its lines; why and how on a line of their own, never below an ok."""
    lines = run("candour-drop", "--data", drop_folder.root).stdout.splitlines()
    assert "Kernel" in lines
    assert lines[lines.index("Kernel") - 1] == ""
    for line, following in pairwise(lines):
        if line.startswith("ok   "):
            assert not following.startswith("      "), line
    [place] = [index for index, line in enumerate(lines) if "not installed by deploy/install" in line]
    assert lines[place].startswith("warn ")
    assert "fresh Debian" in lines[place + 1]


@pytest.mark.parametrize("program", KEPT)
def test_the_machine_alone_can_be_looked_at(program: str, tmp_path: Path) -> None:
    """Nothing of the data folder is opened: root may do it, and there need be no host yet."""
    done = run(program, "--machine", "--json", "--data", tmp_path)
    assert done.returncode == 0, done.stderr
    names = {each["id"] for each in json.loads(done.stdout)["findings"]}
    assert "host.installed" in names
    assert names & KEPT[program] == set()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("program", KEPT)
def test_the_machine_is_not_mended(program: str, tmp_path: Path) -> None:
    """It is asked for in vain, and said."""
    done = run(program, "--machine", "--repair", "--data", tmp_path)
    assert done.returncode == 2
    assert "changes nothing" in done.stderr


def test_a_refusal_is_a_sentence_and_no_object(tmp_path: Path) -> None:
    """Exit code 1 and nothing on standard output: a machine must not take it for a host that is whole."""
    done = run("candour-drop", "--json", "--data", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Run init first" in done.stderr


@pytest.mark.parametrize("when", EXPIRES)
def test_a_key_that_expires_soon_is_warned_of(when: str) -> None:
    """In time for people to make a new one."""
    last, warns = EXPIRES[when]
    found = judge_expiry(None if last is None else 10**9 + last, 10**9)
    assert (found.sound, found.warns, found.name) == (True, warns, "intake-key-expiry")


def test_only_a_grade_that_is_known_is_told() -> None:
    """What somebody misspelt must not pass for right."""
    with pytest.raises(ValueError, match="wrong"):
        graded(name="a", group="", grade="wrong", sentence="", why="", how="")


def test_each_grade_is_told_as_it_is() -> None:
    """For people and for machines."""
    found = [graded(name=grade, group="", grade=grade, sentence="S.", why="W.", how="H.") for grade in GRADES[:-1]]
    told = list(tell_findings([*found, Finding("M.", sound=False, mend=lambda: None)], repair=True))
    assert [each.grade for each in told] == list(GRADES)
    assert [each.line for each in told] == [
        "ok    S.",
        "warn  S.\n      W. H.",
        "warn  S.\n      W. H.",
        "FAULT S.\n      W. H.",
        "fixed M. It is mended.",
    ]
    assert json.loads(findings_json("x", told))["whole"] is False
    assert [each.wrong for each in told] == [False, False, False, True, False]
