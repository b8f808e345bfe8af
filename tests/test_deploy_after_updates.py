"""After Debian's updates: what runs a program or a library that was replaced is started again, and nothing else."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.hosts import hardening
from deploy.hosts.after_updates import is_outdated, outdated

MAPS = {
    "a library that was replaced": (
        "7f00-7f01 r-xp 00000000 08:01 12    /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)",
        True,
    ),
    "the program itself": ("55aa-55ab r-xp 00000000 08:01 13    /usr/bin/tor (deleted)", True),
    "a library that is there": ("7f00-7f01 r-xp 00000000 08:01 12    /usr/lib/libssl.so.3", False),
    "memory that has a name and no file": ("7f00-7f01 rw-s 00000000 00:01 14    /memfd:x (deleted)", False),
    "memory that is shared": ("7f00-7f01 rw-s 00000000 00:01 14    /dev/zero (deleted)", False),
    "a file of its own that it erased": ("7f00-7f01 rw-s 00000000 08:01 15    /tmp/x (deleted)", False),
    "memory without a name": ("7f00-7f01 rw-p 00000000 00:00 0", False),
}


@pytest.mark.parametrize("what", MAPS)
def test_what_counts_as_outdated(what: str) -> None:
    """A file of a package that is no longer on the disk, and nothing that a program erases by itself."""
    line, wanted = MAPS[what]
    assert is_outdated(line + "\n") == wanted


@contextmanager
def waiting(*command: str | Path) -> Iterator[int]:
    """A program that waits for its input to end."""
    with subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        yield process.pid


def test_a_program_that_was_replaced_is_found(tmp_path: Path) -> None:
    """As dpkg does it, by a rename; also where it is a child of the service's own process."""
    for name in ("old", "child", "kept"):
        shutil.copy("/bin/cat", tmp_path / name)
    with (
        waiting(tmp_path / "old") as old,
        waiting("/bin/sh", "-c", f"{tmp_path}/child; exit 0") as parent,
        waiting(tmp_path / "kept") as kept,
    ):
        services = {"old": old, "parent": parent, "kept": kept, "stopped": 0}
        assert outdated(services, (f"{tmp_path}/",)) == []
        for name in ("old", "child"):
            shutil.copy("/bin/cat", tmp_path / "new")
            (tmp_path / "new").rename(tmp_path / name)
        assert outdated(services, (f"{tmp_path}/",)) == ["old", "parent"]


def test_dpkg_runs_it_with_debians_python_and_never_fails_for_it(tmp_path: Path) -> None:
    """The line as apt reads it, and the program without anything of Candour's beside it."""
    path = tmp_path / "apt.conf"
    path.write_text(hardening.UPGRADES)
    said = subprocess.run(["apt-config", "-c", path, "dump"], capture_output=True, text=True, check=True).stdout
    [line] = [line for line in said.splitlines() if line.startswith("DPkg::Post-Invoke:: ") and "candour" in line]
    command = line.split('"')[1].replace("/opt/candour", str(Path(__file__).resolve().parent.parent))
    subprocess.run(["sh", "-c", command], check=True)
