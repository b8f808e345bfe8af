"""The commands that change a pepper, killed at every call that changes a file: run again, it is done."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from source_interface.drop_folder import DropFolder
from source_interface.peppers import Peppers, read_peppers
from store.destroying import doomed
from tests.changing_host import Host, made_in_between, pepper
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.drop_contents import rows
from tests.killed_calls import Blow, Killer, open_killer
from tests.two_peppers import (
    come_back,
    started_again,
)


@pytest.fixture(scope="module")
def made_host(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Host:
    """A host in the middle of it, made once."""
    return made_in_between(tmp_path_factory.mktemp("peppers"), intake_secret)


@pytest.fixture
def host(made_host: Host, tmp_path: Path) -> Host:
    """A copy of it for one test."""
    return made_host.copied_to(tmp_path / "copied")


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    """A process that runs commands and kills them."""
    with open_killer(tmp_path_factory.mktemp("killer")) as opened:
        yield opened


# What changes names, and what is under them. Between two of these nothing else can be seen after a kill, but how far
# the database and the drafts are, of which the first write and the last must do.
_TURNS = {"link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "pwrite64", "ftruncate"}


def blows_of(killer: Killer, host: Host, scratch: Path, *words: str) -> list[Blow]:
    """Where a command can be killed: run once on a copy, wholly."""
    whole = copy_of(host, scratch, "whole")
    done = killer.run("tests.killed_calls:drop", ["pepper", *words, "--data", whole.root])
    assert done.status == 0, done.said
    blows = [*done.blows()]
    writes = [blow for blow in blows if blow.call == "write"]
    return [blow for blow in blows if blow.call in _TURNS or blow in (writes[0], writes[-1])]


def copy_of(host: Host, scratch: Path, name: str) -> DropFolder:
    """A copy of its folder."""
    shutil.copytree(host.folder.root, scratch / name, ignore=but_sockets_and_locks)
    return DropFolder(scratch / name)


def secrets_below(root: Path) -> bytes:
    """Every byte of every file of a folder."""
    return b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())


def test_a_rotation_killed_anywhere_has_happened_or_not(
    killer: Killer, tmp_path: Path, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """The host starts, the source is there, and run again it is done: at every call that changes a file."""
    with started_again(drop_folder, intake_secret) as ground:
        codename, _keys = ground.source()
        old = ground.host.drop.pepper
    made = Host(drop_folder, codename, codename, codename, Peppers(old), b"", b"")
    outcomes = set()
    for number, blow in enumerate(blows_of(killer, made, tmp_path, "rotate")):
        folder = copy_of(made, tmp_path, f"killed{number}")
        assert killer.run("tests.killed_calls:drop", ["pepper", "rotate", "--data", folder.root], blow).status == -9
        peppers = read_peppers(folder.pepper)
        outcomes.add(peppers.number)
        assert old in (peppers.newest, peppers.older), blow
        done = pepper(folder, "rotate")
        assert done.exit_code == (1 if peppers.number else 0), f"{blow}: {done.output}"
        assert read_peppers(folder.pepper).older == old
        assert not doomed(folder.pepper).exists()
        if peppers.number:
            assert read_peppers(folder.pepper) == peppers
        if number == 0:
            with started_again(folder, intake_secret) as ground:
                come_back(ground, codename)
    assert outcomes == {0, 1}


def test_an_end_killed_anywhere_is_ended_by_the_next(killer: Killer, tmp_path: Path, host: Host) -> None:
    """Who was carried over is there in between, and afterwards nothing of the older pepper is in any file."""
    older = host.peppers.older
    assert older is not None
    spelt = Peppers(older, 1, "2026-11").to_file()[-46:-2]
    assert spelt in secrets_below(host.folder.root)
    outcomes = set()
    for number, blow in enumerate(blows_of(killer, host, tmp_path, "finish", "--yes")):
        folder = copy_of(host, tmp_path, f"killed{number}")
        command = ["pepper", "finish", "--yes", "--data", folder.root]
        assert killer.run("tests.killed_calls:drop", command, blow).status == -9
        peppers = read_peppers(folder.pepper)
        outcomes.add((len(rows(folder, "sources")), peppers.older is None))
        assert peppers.newest == host.peppers.newest
        assert pepper(folder, "finish", "--yes").exit_code == 0, blow
        assert read_peppers(folder.pepper).older is None
        assert len(rows(folder, "sources")) == 2, blow
        assert spelt not in secrets_below(folder.root), blow
        assert older not in secrets_below(folder.root), blow
        shutil.rmtree(folder.root)
    assert {(3, False), (2, False), (2, True)} <= outcomes
