"""`init` on both hosts, on a disk that takes no more: the same line, typed again, is not refused by what it left."""

import os
import resource
import shlex
import subprocess
from pathlib import Path

import pytest

from journalist_interface.setting_up import is_complete
from tests.ceremony_table import BIN, DESK, DROP
from tests.conftest import IntakeSecret
from tests.desk_office import PASSWORD

_LARGEST_FILE = 60_000  # bytes: keys fit, a database does not


def init_line(host: str, folder: Path, key: Path) -> list[str]:
    """What is typed to make a host by hand."""
    if host == DESK:
        return [str(BIN / DESK), "init", "--data", str(folder), "--username", "amina", "--password-stdin", "--json"]
    pairing = str(folder.parent / "pairing.json")
    return [str(BIN / DROP), "init", "--data", str(folder), "--intake-key", str(key), "--pairing", pairing]


def run(line: list[str], *, full: bool) -> int:
    """Run it; if the disk is full, no file of it can be larger than keys are."""

    def fill_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, resource.RLIM_INFINITY))

    done = subprocess.run(
        line,
        input=f"{PASSWORD}\n",
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=fill_disk if full else None,
    )
    return done.returncode


def left(folder: Path) -> set[str]:
    """What of a host lies there."""
    return {path.name for path in folder.glob("*") if path.name not in ("intake-key.asc", "sockets")}


@pytest.mark.parametrize("host", [DESK, DROP])
def test_what_was_not_made_to_its_end_is_taken_away(tmp_path: Path, intake_secret: IntakeSecret, host: str) -> None:
    """The data folder of an installed host has one place: “choose another” is no way out."""
    line = init_line(host, tmp_path / "data", intake_secret.public)
    assert run(line, full=True) == 1
    assert left(tmp_path / "data") == set()
    assert not (tmp_path / "pairing.json").exists()
    assert run(line, full=False) == 0, shlex.join(line)


@pytest.mark.parametrize(("host", "kept"), [(DESK, "vault"), (DROP, "blobs")])
def test_sealed_letters_that_were_there_before_stay(
    tmp_path: Path, intake_secret: IntakeSecret, host: str, kept: str
) -> None:
    """They may be all that is left of a host that was lost."""
    (tmp_path / "data" / kept).mkdir(parents=True, mode=0o700)
    (tmp_path / "data").chmod(0o700)
    (tmp_path / "data" / kept / "letter").write_bytes(b"sealed")
    assert run(init_line(host, tmp_path / "data", intake_secret.public), full=True) != 0
    assert (tmp_path / "data" / kept / "letter").read_bytes() == b"sealed"
    assert not is_complete(tmp_path / "data")
