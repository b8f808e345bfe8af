"""The program as it is copied from a stick: at no moment anybody else's to write, and just what its list says."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.hosts.host import Host
from deploy.hosts.main import main
from deploy.hosts.program import (
    COPIED,
    PROGRAM,
    copy_program,
    copy_python,
    is_listed,
    is_same_program,
)


class Owned(Host):
    """A folder whose files are given to nobody: the test may not be root. All else is really run."""

    def _there(self, command: Sequence[str]) -> list[str]:
        if command[0] == "chown":
            return ["true"]
        return [*command[:-1], str(self.path(command[-1]))]


@dataclass(frozen=True)
class Watched(Owned):
    """One that looks, when the copying is done and nothing is closed yet, what others could write; and, if that is
    said, in which somebody writes something into a file `meanwhile`."""

    meanwhile: str = ""
    seen: list[list[Path]] = field(default_factory=list)

    def open_to_others(self) -> list[Path]:
        """What others could write in the program's folder, and the folder itself."""
        program = self.path(PROGRAM)
        return [path for path in (program, *program.rglob("*")) if path.stat().st_mode & 0o022]

    def _there(self, command: Sequence[str]) -> list[str]:
        if command[0] == "chown":
            self.seen.append(self.open_to_others())
            if self.meanwhile:
                self.path(f"{PROGRAM}/keys/x.py").write_text(self.meanwhile)
        return super()._there(command)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A small program on a stick on which everything is for everybody to write and to run."""
    source = tmp_path / "stick"
    for name in COPIED:
        path = source / name if "." in name or name == "LICENSE" else source / name / "x.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("print()\n")
    (source / "deploy" / "install").write_text("#!/bin/sh\n")
    for path in source.rglob("*"):
        path.chmod(0o777)
    return source


def test_a_program_can_be_read_by_whom_it_is_for(tmp_path: Path) -> None:
    """Of a root whose umask keeps all to themselves, as many guides to hardening have it."""
    before = os.umask(0o077)
    try:
        main(["uninstall", "drop", "--keep-data", "--dry-run", "--root", str(tmp_path)])
        found = os.umask(0o077)
    finally:
        os.umask(before)
    assert found == (0o022 if os.geteuid() == 0 else 0o077)


def test_what_root_runs_after_a_power_cut_is_roots_alone(tmp_path: Path) -> None:
    """From a stick on which every file is for everybody to write."""
    source = tmp_path / "stick"
    (source / "deploy").mkdir(parents=True)
    (source / "deploy" / "x.py").write_text("print()")
    for path in source.rglob("*"):
        path.chmod(0o777)
    there = Owned(tmp_path / "root", source, "drop", owner=os.geteuid())
    copy_python(there, "/opt/candour-upgrade")
    assert [path for path in there.path("/opt/candour-upgrade").rglob("*") if path.stat().st_mode & 0o022] == []


def test_at_no_moment_can_others_write_the_program(stick: Path, tmp_path: Path) -> None:
    """Neither while it is copied from such a stick, nor where its folder was somebody's before. Then each file has its
    own mode, and what was laid down is what is listed."""
    there = Watched(tmp_path / "root", stick, "drop", owner=os.geteuid())
    there.path(PROGRAM).mkdir(parents=True)
    there.path(PROGRAM).chmod(0o777)
    copy_program(there, PROGRAM)
    assert there.open_to_others() == []
    assert there.seen == [[]]
    modes = {path: there.path(f"{PROGRAM}/{path}").stat().st_mode & 0o7777 for path in ("deploy/install", "keys/x.py")}
    assert modes == {"deploy/install": 0o755, "keys/x.py": 0o644}
    assert is_listed(there, PROGRAM)
    assert sorted(path.name for path in there.path(PROGRAM).iterdir()) == sorted([*COPIED, "installed"])


def test_what_is_changed_while_it_is_copied_does_not_come_into_the_list(stick: Path, tmp_path: Path) -> None:
    """It is made of what was to be written: else `check` would hold the change for the program."""
    there = Watched(tmp_path / "root", stick, "drop", owner=os.geteuid(), meanwhile="spy()\n")
    copy_program(there, PROGRAM)
    assert sha256(b"print()\n").hexdigest() + " keys/x.py\n" in there.read(f"{PROGRAM}/installed")
    assert sha256(b"spy()\n").hexdigest() not in there.read(f"{PROGRAM}/installed")
    assert not is_same_program(there, PROGRAM)


def _linked(program: Path) -> None:
    (program / "keys" / "x.py").rename(program / "y")
    (program / "keys" / "x.py").symlink_to("../y")


NOT_AS_LISTED: dict[str, Callable[[Path], object]] = {
    "a mode": lambda program: (program / "keys" / "x.py").chmod(0o666),
    "a link": _linked,
    "a file that is gone": lambda program: (program / "keys" / "x.py").unlink(),
    "no list, for a run was cut short": lambda program: (program / "installed").unlink(),
}


@pytest.mark.parametrize("what", NOT_AS_LISTED)
def test_what_is_not_as_the_list_says_is_put_right_by_the_next_run(what: str, stick: Path, tmp_path: Path) -> None:
    """`check` says that it is, of whatever it finds in the program's folder."""
    there = Watched(tmp_path / "root", stick, "drop", owner=os.geteuid())
    copy_program(there, PROGRAM)
    NOT_AS_LISTED[what](there.path(PROGRAM))
    assert not is_listed(there, PROGRAM)
    copy_program(there, PROGRAM)
    assert is_listed(there, PROGRAM)
