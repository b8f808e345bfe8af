"""Fixtures of tests of intake keys that follow each other: the keys, and a source host that seals to the first."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from source_interface.drop_folder import DropFolder, make_drop
from tests.copied_hosts import but_sockets_and_locks
from tests.key_succession import Keys, keys_of_a_succession


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """Made by real gpg, once."""
    with keys_of_a_succession(tmp_path_factory.mktemp("keys")) as made:
        yield made


@pytest.fixture(scope="module")
def made(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source host that seals to the old key."""
    root = tmp_path_factory.mktemp("host")
    make_drop(root / "drop", keys.folder / "old.asc", root / "pairing.json")
    return root / "drop"


@pytest.fixture
def drop(made: Path, tmp_path: Path) -> DropFolder:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "drop", ignore=but_sockets_and_locks)
    return DropFolder(tmp_path / "drop")
