"""Compiled files: Python runs what lies in a source's place, the installer lists what it made, and `check` sees it.

All is real but the place: Python compiles, and runs what somebody planted.
"""

import os
import py_compile
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from deploy.hosts import compiled as compiling
from deploy.hosts.compiled import LIST, compiled, is_listed, make
from deploy.hosts.host import Host, InstallError
from deploy.hosts.program import PROGRAM
from deploy.hosts.steps import install
from posture import written
from posture.line import Grade
from posture.looking import looks
from posture.machine import Machine

CHECKOUT = Path(__file__).resolve().parent.parent
DATA = "/var/lib/candour"


@dataclass(frozen=True)
class InPlace(Host):
    """A machine in a folder, whose commands are really run, there."""

    def _there(self, command: Sequence[str]) -> list[str]:
        return [each.replace(PROGRAM, str(self.path(PROGRAM))) for each in command]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A program of two files with its environment, compiled."""
    made = InPlace(tmp_path, CHECKOUT, "drop", owner=os.geteuid())
    for path, text in {f"{PROGRAM}/keys/seal.py": "print('ours')\n", f"{PROGRAM}/keys/__init__.py": ""}.items():
        made.write(path, text, 0o644)
    made.write("/etc/passwd", f"root:x:{os.geteuid()}:0::/root:/bin/sh\n", 0o644)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made.path(f"{PROGRAM}/.venv")], check=True)
    install(made, [compiled()], print, dry=False)
    return made


def kept(host: Host) -> Path:
    """Where Python keeps what it compiled of the file that seals."""
    return Path(cache_from_source(str(host.path(f"{PROGRAM}/keys/seal.py"))))


def grade(host: Host) -> Grade:
    """What `check` finds of what was compiled."""
    [look] = [look for look in looks("drop", DATA) if look.name == "program.compiled"]
    return look.see(Machine(host.root)).grade


def what_runs(host: Host) -> str:
    """What the program says, run as its commands are."""
    command = [str(host.path(f"{PROGRAM}/.venv/bin/python")), "-P", "-c", "import keys.seal"]
    told = {"PYTHONPATH": str(host.path(PROGRAM)), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout


def plant(host: Host) -> None:
    """Put in its place what was compiled of another file, and says of itself that it is of this one."""
    other = host.path("/srv/other.py")
    other.parent.mkdir()
    other.write_text("print('spy')\n")
    py_compile.compile(str(other), str(kept(host)), doraise=True)
    source = host.path(f"{PROGRAM}/keys/seal.py").stat()
    content = kept(host).read_bytes()
    kept(host).write_bytes(
        content[:8] + int(source.st_mtime).to_bytes(4, "little") + source.st_size.to_bytes(4, "little") + content[16:]
    )
    kept(host).chmod(0o644)


def _beside(host: Host) -> None:
    kept(host).with_suffix(".opt-2.pyc").write_bytes(kept(host).read_bytes())


def _linked(host: Host) -> None:
    kept(host).rename(host.path("/elsewhere"))
    kept(host).symlink_to(host.path("/elsewhere"))


HARM: dict[str, Callable[[Host], object]] = {
    "what runs in a file's place is another's": plant,
    "a compiled file beside it": _beside,
    "a link in its place": _linked,
    "it is gone": lambda host: kept(host).unlink(),
    "everybody may write it": lambda host: kept(host).chmod(0o666),
    "no list, for a run was cut short": lambda host: host.remove(f"{PROGRAM}/{LIST}"),
}


def test_what_is_planted_runs_and_is_found(host: Host) -> None:
    """This is what it is for: each file that can be read is as it was, and another's is run."""
    assert (what_runs(host), grade(host)) == ("ours\n", Grade.RIGHT)
    plant(host)
    assert (what_runs(host), grade(host)) == ("spy\n", Grade.FAULT)
    assert host.read(f"{PROGRAM}/keys/seal.py") == "print('ours')\n"


@pytest.mark.parametrize("harm", HARM)
def test_harm_is_found_and_the_next_run_puts_it_right(host: Host, harm: str) -> None:
    """It is not taken into the list."""
    HARM[harm](host)
    assert (grade(host), is_listed(host, PROGRAM)) == (Grade.FAULT, False)
    assert install(host, [compiled()], print, dry=False) == 1
    assert (what_runs(host), grade(host)) == ("ours\n", Grade.RIGHT)


def test_a_second_run_makes_nothing(host: Host) -> None:
    """Nor does Python itself, run by whoever may write there."""
    before = host.read(f"{PROGRAM}/{LIST}")
    command = [str(host.path(f"{PROGRAM}/.venv/bin/python")), "-P", "-c", "import keys.seal"]
    subprocess.run(command, env={"PYTHONPATH": str(host.path(PROGRAM))}, check=True)
    assert install(host, [compiled()], print, dry=False) == 0
    assert (host.read(f"{PROGRAM}/{LIST}"), grade(host)) == (before, Grade.RIGHT)


def test_a_file_that_was_changed_is_run_as_it_is(host: Host) -> None:
    """Of the same size and hour: what was compiled of it before is not taken for it."""
    path = host.path(f"{PROGRAM}/keys/seal.py")
    was = path.stat()
    path.write_text("print('mine')\n")
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert what_runs(host) == "mine\n"


def test_what_does_not_compile_is_said(host: Host) -> None:
    """And no list is left that would call it right."""
    host.write(f"{PROGRAM}/keys/seal.py", "print(\n", 0o644)
    with pytest.raises(InstallError, match="the program could not be compiled"):
        make(host, PROGRAM)
    assert (is_listed(host, PROGRAM), grade(host)) == (False, Grade.FAULT)


def test_both_mean_the_same_files() -> None:
    """The installer needs Python alone, and `check` nothing of the installer's: each says it for itself."""
    assert compiling._COMPILED.pattern == written._COMPILED.pattern
    assert f"{PROGRAM}/{LIST}" == written.COMPILED_LIST
