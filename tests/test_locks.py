"""The lock files pin everything, and name no place but the package registry's names."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; .+?)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
COMMENT = re.compile(r"^ *#")


def pins(lock: str) -> dict[str, str]:
    """Each package in a lock file with its version."""
    lines = (REQUIREMENTS / lock).read_text(encoding="utf-8").splitlines()
    return {found["name"]: found["version"] for line in lines if (found := PIN.match(line))}


@pytest.mark.parametrize("lock", ["run.lock", "test.lock"])
def test_a_lock_file_holds_nothing_but_exact_versions_and_their_hashes(lock: str) -> None:
    """No index, no local folder, no address, no unpinned name: every machine installs the same bytes."""
    lines = (REQUIREMENTS / lock).read_text(encoding="utf-8").splitlines()
    strange = [line for line in lines if not any(kind.match(line) for kind in (PIN, HASH, COMMENT))]
    assert strange == []
    assert not [line for line in lines if "://" in line or " /" in line]


def test_the_test_lock_holds_all_of_the_run_lock_at_the_same_versions() -> None:
    """So what is tested is what runs, and setting up for the tests also sets up for running."""
    running, testing = pins("run.lock"), pins("test.lock")
    assert running.items() <= testing.items()


@pytest.mark.parametrize("source", ["run", "test"])
def test_every_package_asked_for_is_locked(source: str) -> None:
    """A name added to a .in file without a new lock would be missing on a fresh machine."""
    lines = (REQUIREMENTS / f"{source}.in").read_text(encoding="utf-8").splitlines()
    names = {re.split(r"[^A-Za-z0-9-]", line)[0].lower() for line in lines if line[:1].isalpha()}
    assert names <= pins(f"{source}.lock").keys()
