"""What shares a Tor network runs in one process, and is dealt out first: real runs of pytest over a few small files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
# Each test of the small project notes where and when it ran.
NOTES = """
import os, pathlib, pytest
@pytest.mark.parametrize("number", range({count}))
def test_it(number, request):
    with open({notes!r}, "a") as notes:
        notes.write(f"{{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}} {{request.path.name}}\\n")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files with Tor, and our way of dealing them out."""
    (tmp_path / "tests" / "onion").mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", "utf-8")
    (tmp_path / "conftest.py").write_text("from tests.dealing import pytest_xdist_make_scheduler\n", "utf-8")
    add(tmp_path, "onion/test_one.py", 2)
    add(tmp_path, "onion/test_two.py", 2)
    return tmp_path


def add(project: Path, name: str, count: int) -> None:
    """Add a file with so many tests."""
    (project / "tests" / name).write_text(NOTES.format(count=count, notes=str(project / "notes")), "utf-8")


def run(project: Path, *arguments: str) -> list[list[str]]:
    """Run it; return the worker and the file of each test, in the order in which they ran."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        command, cwd=project, env={**outside, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split() for line in (project / "notes").read_text("utf-8").splitlines()]


def test_what_shares_a_network_is_run_by_one_worker(project: Path) -> None:
    """Two files and two workers: without this each would get one."""
    ran = run(project, "-n", "2", "--dist", "loadfile")
    assert len(ran) == 4
    assert len({worker for worker, _file in ran}) == 1


def test_it_is_dealt_out_first(project: Path) -> None:
    """A file with more tests, which pytest-xdist would begin with, waits."""
    add(project, "test_many.py", 9)
    files = [file for _worker, file in run(project, "-n", "1", "--dist", "loadfile")]
    assert set(files[:4]) == {"test_one.py", "test_two.py"}
    assert len(files) == 13


@pytest.mark.parametrize("how", [("-n", "2", "--dist", "load"), ("-n", "0"), ("-p", "no:xdist")], ids=" ".join)
def test_every_other_way_to_run_works_as_ever(project: Path, how: tuple[str, ...]) -> None:
    """Other ways of dealing out, none, and pytest without pytest-xdist."""
    assert len(run(project, *how)) == 4
