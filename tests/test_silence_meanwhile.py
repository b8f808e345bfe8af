"""`candour-drop silence` during an upgrade, a change of keys or a backup: none of them brings a key back."""

import secrets
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from deploy.hosts import data_copy
from source_interface.backup import back_up
from source_interface.drop_folder import DropFolder
from source_interface.silenced import is_silenced
from source_interface.silencing import silence
from store.errors import BackupRefused
from store.upgrade_going_on import COPIES
from tests.kept_backup import back_up_drop
from tests.silenced_host import SECRETS, contents, is_silent, lived, root, run

__all__ = ["lived", "root"]

MEGABYTE = 1_000_000


@pytest.mark.parametrize("name", COPIES)
def test_the_copy_that_an_upgrade_made_keeps_no_key_either(root: Path, name: str) -> None:
    """Whole, half made or half erased; and going back brings neither a key back nor a host that starts."""
    before = contents(root)
    data_copy.keep(root)
    (root / data_copy.COPY).rename(root / name)
    # What going back was at when the power went lies there under a name of its own.
    for key in SECRETS:
        shutil.copyfile(root / key, root / f"{key}.candour-back")
    done = run(root, "silence", "--yes")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert "In its copy the keys are destroyed." in done.stdout
    assert is_silent(before, root)
    (root / name).rename(root / data_copy.COPY)
    data_copy.put_back(root)
    data_copy.erase(root)
    assert is_silent(before, root)
    assert "This host was silenced" in run(root, "check").output


def test_an_upgrade_that_goes_back_beside_it_brings_no_key_back(root: Path, tmp_path: Path) -> None:
    """At whichever step, also with what it had read in the copy before; and the mark stands."""
    before = contents(root)
    data_copy.keep(root)
    count, after = 1, 0
    while after < count:
        host = tmp_path / f"after-{after}"
        shutil.copytree(root, host, ignore=shutil.ignore_patterns("*.sock", "ballast"))
        count = 0
        for count, step in enumerate(silence(DropFolder(host)), 1):
            assert step.done, step.sentence
            if count == after + 1:
                data_copy.put_back(host)
                for name in SECRETS:
                    (host / name).parent.mkdir(mode=0o700, exist_ok=True)
                    (host / name).write_bytes(before[name])
        if after == count - 1:
            break  # after the last step it is going back that silences again: tests/test_upgrade_revoked.py
        assert (is_silent(before, host), is_silenced(host)) == (True, True), after
        data_copy.put_back(host)
        data_copy.erase(host)
        assert (is_silent(before, host), is_silenced(host)) == (True, True), after
        shutil.rmtree(host)
        after += 1
    assert count > len(SECRETS)


def test_a_key_that_was_being_changed_is_destroyed_too(root: Path) -> None:
    """Another command had drawn it before, and puts it in its place a moment after that was destroyed."""
    before = contents(root)
    for step in silence(DropFolder(root)):
        assert step.done, step.sentence
        if "signs backups is destroyed" in step.sentence:
            for name in ("pepper", "backup-signing-key"):
                (root / name).write_bytes(before[name])
    assert (is_silent(before, root), is_silenced(root)) == (True, True)


def test_killed_in_the_middle_what_was_said_to_be_destroyed_does_not_come_back(root: Path) -> None:
    """The copy goes first: an upgrade that was cut short goes back by itself once the machine is on again."""
    before = contents(root)
    data_copy.keep(root)
    for step in silence(DropFolder(root)):
        if "The key that signs backups is destroyed" in step.sentence:
            break
    data_copy.put_back(root)
    data_copy.erase(root)
    assert (is_silent(before, root), is_silenced(root)) == (True, True)


def test_what_cannot_be_destroyed_in_the_copy_leaves_nothing_else_there(root: Path) -> None:
    """One key of Tor's resists: it is told, and all else has gone from the copy, other keys of Tor's too."""
    before = contents(root)
    data_copy.keep(root)
    for name in ("door", "laid-aside"):
        (root / data_copy.COPY / "tor" / name / "hs_ed25519_secret_key.0").mkdir()
    done = run(root, "silence", "--yes")
    said = "In the copy that an upgrade made: NOT done: destroy the keys of the addresses"
    assert (done.exit_code, said in done.stderr) == (1, True), done.output
    assert is_silent(before, root)
    data_copy.put_back(root)
    assert (is_silent(before, root), is_silenced(root)) == (True, True)


def test_a_backup_that_is_being_written_takes_no_other_ones_place(root: Path, tmp_path: Path) -> None:
    """It may hold keys that were destroyed in part; today's earlier one has them whole."""
    (root / "blobs" / "sealed" / secrets.token_hex(16)).write_bytes(secrets.token_bytes(3 * MEGABYTE))
    kept = back_up_drop(root, tmp_path)
    before = kept.path.read_bytes()
    refused: list[str] = []

    def back_up_again() -> None:
        with pytest.raises(BackupRefused) as told:
            back_up(root, kept.path.parent)
        refused.append(str(told.value))

    with closing(sqlite3.connect(root / "drop.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        going_on = threading.Thread(target=back_up_again)
        going_on.start()
        # The small files have been read once a piece of what comes after them is written; then the turn is waited for.
        while going_on.is_alive() and not any(
            draft.stat().st_size > MEGABYTE for draft in kept.path.parent.glob(".*.new")
        ):
            pass
        assert run(root, "silence", "--yes").exit_code == 0
        writer.execute("ROLLBACK")
    going_on.join()
    assert ["pepper is missing" in each for each in refused] == [True]
    assert kept.path.read_bytes() == before
