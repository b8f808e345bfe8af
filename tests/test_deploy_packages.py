"""The step that looks whether the packages are as they came: root runs it, in whichever folder root happens to stand.

The commands are really run, by the environment's own Python; the machine is a folder.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.hosts.host import Host
from deploy.hosts.packages import packages
from deploy.hosts.program import PROGRAM

STAMPS = [f"{PROGRAM}/.venv/{name}" for name in ("stamp-home", "stamp-run")]


@dataclass(frozen=True)
class InPlace(Host):
    """A machine in a folder, whose commands are really run, there, and not in a chroot: as on a machine itself."""

    def _there(self, command: Sequence[str]) -> list[str]:
        return [each.replace(PROGRAM, str(self.path(PROGRAM))) for each in command]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host with an environment that came to its end, by its stamps."""
    made = InPlace(tmp_path / "machine", tmp_path, "drop", owner=os.geteuid())
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made.path(f"{PROGRAM}/.venv")], check=True)
    for stamp in STAMPS:
        made.write(stamp, "", 0o644)
    return made


def test_an_environment_whose_python_is_gone_is_made_anew(host: Host) -> None:
    """Debian took it away, as a new Debian does; the installer that would put it right must not end at looking."""
    python = host.path(f"{PROGRAM}/.venv/bin/python")
    python.unlink()
    python.symlink_to("/usr/bin/python3.of-the-debian-before")
    as_they_came, _pinned = packages()
    assert not as_they_came.is_done(host)
    as_they_came.do(host)
    assert [stamp for stamp in STAMPS if host.path(stamp).exists()] == []


def test_root_runs_nothing_of_the_folder_that_root_stands_in(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one that others write, such as the data folder, there may be a module of a name that is asked for."""
    theirs = tmp_path / "theirs"
    (theirs / "posture").mkdir(parents=True)
    (theirs / "posture" / "__init__.py").write_text(f"open({str(theirs / 'was run')!r}, 'x')\n")
    monkeypatch.chdir(theirs)
    assert not packages()[0].is_done(host)
    assert sorted(path.name for path in theirs.iterdir()) == ["posture"]
