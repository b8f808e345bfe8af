"""`candour-drop revoke-desk` when a step fails, the disk is full, or it is killed: the rest is done all the same."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from onion import clients
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder, open_drop
from source_interface.intake_key_history import key_in_force
from source_interface.lost_desk import read_lost_desk
from tests.copied_hosts import but_sockets_and_locks
from tests.killed_calls import Killer, open_killer
from tests.revoked_host import held, is_shut_out, lived, names, place, revoke
from tests.small_disk import fill, needs_root, small_disk

__all__ = ["lived", "place"]

DROP = "tests.killed_calls:drop"


def lose(name: str) -> Callable[[Path], None]:
    """Take something of the data folder away."""
    return lambda root: (root / name).unlink()


def lose_table(root: Path) -> None:
    """Take the answers away as nobody of ours does."""
    with closing(sqlite3.connect(root / "drop.sqlite")) as connection, connection:
        connection.execute("DROP TABLE deliveries")


FAILING: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "the database is gone": (lose("drop.sqlite"), [], "NOT done: hold the answers back (the database"),
    "the database lacks what it must have": (
        lose_table,
        [],
        "NOT done: hold the answers back (the database is in use by somebody who does not end, or is not as",
    ),
    "the note cannot be written": (
        lambda root: (root / "desk-lost.json").mkdir(),
        ["--close"],
        "NOT done: write down what sources are told",
    ),
    "the door's folder cannot be changed": (
        lambda root: (root / "tor" / "door" / "authorized_clients" / "lost.auth").mkdir(),
        [],
        "NOT done: take away the keys to the door",
    ),
}


@pytest.mark.parametrize("what", FAILING)
def test_what_fails_keeps_no_other_step_from_being_done(place: Path, what: str) -> None:
    """It is said, the exit code tells it, and the thief's token is void all the same."""
    break_it, options, said = FAILING[what]
    break_it(place / "drop")
    done = revoke(place / "drop", *options)
    assert (done.exit_code, said in done.stderr, "Type the same line again." in done.stderr) == (1, True, True)
    assert read_in_force(DropFolder(place / "drop").tokens).is_void
    assert "What to do next:" in done.stdout
    if "the door" not in what:
        assert is_shut_out(place)
    if "database" not in what:
        assert held(place) == 1


@needs_root
def test_a_full_disk_is_no_reason(lived: tuple[Path, str], tmp_path: Path) -> None:
    """Not a byte is free, and all of it is done: files go, or are written over, and the ballast makes way."""
    with small_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(lived[0], disk / "place", ignore=but_sockets_and_locks)
        drop = open_drop(disk / "place" / "drop")
        drop.database.restore_ballast()
        drop.database.close()
        # What goes first must not be what makes room.
        (disk / "place" / "drop" / "door-token-next.sha256").unlink()
        fill(disk)
        done = revoke(disk / "place" / "drop", "--close")
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        assert (is_shut_out(disk / "place"), held(disk / "place")) == (True, 1)
        assert read_lost_desk(disk / "place" / "drop" / "desk-lost.json") is not None


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    """What kills at a chosen system call."""
    (tmp_path / "scratch").mkdir()
    with open_killer(tmp_path / "scratch") as made:
        yield made


def test_killed_anywhere_it_is_safe_and_the_same_line_finishes(
    killer: Killer, place: Path, lived: tuple[Path, str], request: pytest.FixtureRequest
) -> None:
    """Never is the door open to strangers, nor a key or token good again; what one line began, the same line ends."""
    command = ["revoke-desk", "--close", "--data", place / "drop"]
    whole = killer.run(DROP, command)
    assert whole.status == 0, whole.said
    shut_out_early = 0
    for blow in [*whole.blows()][:: 1 if request.config.getoption("--long") else 16]:
        shutil.rmtree(place)
        shutil.copytree(lived[0], place, ignore=but_sockets_and_locks)
        killer.run(DROP, command, blow)
        assert clients.is_shut(place / "drop" / "tor" / "door"), blow
        tokens = DropFolder(place / "drop").tokens
        token_is_void = read_in_force(tokens).is_void
        # In this order: the later steps are done only once the earlier ones hold.
        assert token_is_void or names(place), blow
        assert token_is_void or not held(place), blow
        shut_out_early += token_is_void
        done = killer.run(DROP, command)
        assert done.status == 0, f"{blow}: {done.said}"
        assert (is_shut_out(place), held(place)) == (True, 1), blow
        lost = read_lost_desk(place / "drop" / "desk-lost.json")
        assert lost is not None, blow
        assert lost.is_closed(key_in_force(DropFolder(place / "drop"))), blow
    assert shut_out_early
