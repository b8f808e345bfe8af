"""`candour-drop silence`: no key is left, Tor has ended, nothing starts again, and what is sealed stays."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.source_client import SourceClient
from serving.server import CLOSE
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder
from source_interface.revoking import Step
from source_interface.silencing import silence
from source_interface.site_app import create_site
from source_interface.tor_plan import plan_of
from tests.copied_hosts import but_sockets_and_locks
from tests.kept_backup import note_backup
from tests.served import served
from tests.silenced_host import SECRETS, contents, is_silent, keys_of, lived, root, run
from tests.small_disk import fill, needs_root, small_disk
from tests.test_tor_stopping import RUN, SECONDS, answers, wait_until

__all__ = ["lived", "root"]


def test_it_ends_a_running_tor_and_leaves_no_key(root: Path) -> None:
    """Also of an address that was laid aside. Tor, which has the keys in its memory, is gone before it says so; it
    does not come back with new ones. Once more it changes nothing.
    """
    before, tor = contents(root), plan_of(root).folder
    # Another name of each file shows what became of the bytes on the disk.
    for number, name in enumerate(SECRETS):
        os.link(root / name, root.parent / f"disk-{number}")
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", RUN.format(package="source_interface")]
    process = subprocess.Popen([*command, "onion", "run", "--data", str(root)], stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: answers(tor))
        done = run(root, "silence", "--yes")
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        assert "this host cannot be reached any more" in done.stdout
        _out, said = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert (process.returncode, "This host was silenced" in said) == (1, True)
    assert is_silent(before, root)
    assert not [name for name in contents(root) if name.startswith("tor/") and not name.endswith(".lock")]
    on_disk = b"".join((root.parent / f"disk-{number}").read_bytes() for number in range(len(SECRETS)))
    assert not [secret for secret in keys_of(before) if secret in on_disk]
    assert run(root, "silence").exit_code == 0


def test_it_asks_and_says_what_is_lost(root: Path) -> None:
    """Anything but the word changes nothing at all."""
    before = contents(root)
    assert "NO BACKUP of this host is known" in run(root, "silence", typed="y\n").output
    note_backup(root, "2026-11-28")
    done = run(root, "silence", typed="yes\n")
    assert (done.exit_code, "With the backup of 2026-11-28" in done.output) == (1, True)
    assert "Nothing was changed." in done.output
    assert {**before, "backup-days": b""} == {**contents(root), "backup-days": b""}
    assert run(root, "silence", typed="SILENCE\n").exit_code == 0
    assert is_silent(before, root)


def test_an_empty_folder_is_no_host(tmp_path: Path) -> None:
    """A slip in the name of the folder silences nothing, and says so."""
    (tmp_path / "empty").mkdir(mode=0o700)
    done = run(tmp_path / "empty", "silence", "--yes")
    assert (done.exit_code, list((tmp_path / "empty").iterdir())) == (1, [])
    assert "There is no source host" in done.output


def test_a_folder_that_others_may_enter_is_silenced_without_being_mended_first(root: Path) -> None:
    """Somebody is at the door: whoever else could read it, its keys are destroyed."""
    before = contents(root)
    root.chmod(0o755)
    done = run(root, "silence", "--yes")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert is_silent(before, root)


@needs_root
def test_a_folder_of_another_user_is_silenced_by_root(root: Path) -> None:
    """Who typed the program itself, and not the command that goes over to its user."""
    before = contents(root)
    os.chown(root, 65534, 65534)
    done = run(root, "silence", "--yes")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert is_silent(before, root)


STARTS: dict[str, list[str]] = {
    "the site": ["serve", "--from-tor", "--bind", "unix:{root}/sockets/site.sock"],
    "the door": ["door", "--bind", "unix:{root}/sockets/door.sock"],
    "Tor": ["onion", "run"],
    "new addresses": ["onion", "set-up"],
    "another pepper": ["pepper", "rotate"],
    "a backup, which would take the place of today's": ["backup", "--out", "."],
    "a check": ["check"],
    "a note for sources, whom nobody reaches": ["host-taken", "--since", "2026-11-25"],
    "an answer for them": ["after-revoking", "answers", "--release"],
    "another pairing": ["pairing", "--pairing", "pairing-anew.json"],
    "a desk that is shut out, of a site that goes on": ["revoke-desk"],
    "a page that leads there": ["landing", "--out", ".", "--clearnet-url", "https://www.charity.example/safely"],
}


@pytest.mark.parametrize("what", STARTS)
def test_nothing_starts_there_again(root: Path, what: str) -> None:
    """It says why: somebody else may find the machine, and not know."""
    assert run(root, "silence", "--yes").exit_code == 0
    done = run(root, *(word.format(root=root) for word in STARTS[what]))
    assert (done.exit_code, "This host was silenced" in done.output) == (1, True), done.output


def test_a_site_that_runs_thanks_nobody_any_more(root: Path) -> None:
    """Until Tor has ended visitors may come in: their letters would lie on a disk that is taken."""
    shutil.rmtree(root / "tor")
    (root / "site-address").unlink()
    app = create_site(root)
    with served(app) as url:
        source = SourceClient(url)
        typed = source.fill_in("It happened on a Wednesday.", codename=source.take_codename())
        assert run(root, "silence", "--yes").exit_code == 0
        done = source.post_multipart("/report", typed)
        assert (done.status, "Thank you" in done.text) == (507, False)
        source.close()
    app.extensions[CLOSE]()
    assert len(list((root / "blobs" / "sealed").iterdir())) == 1


def test_a_key_that_resists_keeps_no_other_from_being_destroyed(root: Path) -> None:
    """In the same step already: Tor may go on, and the step after it that takes all be never reached."""
    (root / "tor" / "door" / "hs_ed25519_secret_key.new").mkdir()
    assert [step.sentence for step in steps_before_tor(root) if not step.done] == [
        "NOT done: destroy the keys of the addresses (Is a directory)."
    ]
    assert list((root / "tor" / "site").glob("hs_ed25519_secret_key*")) == []


def steps_before_tor(root: Path) -> Iterator[Step]:
    """The steps before Tor's end."""
    for step in silence(DropFolder(root)):
        yield step
        if "signs backups" in step.sentence:
            return


def test_data_of_a_later_version_is_silenced_too(root: Path) -> None:
    """Who must be silent now has no time to look for the right version."""
    with closing(sqlite3.connect(root / "drop.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = contents(root)
    assert run(root, "silence", "--yes").exit_code == 0
    assert is_silent(before, root)


FAILING: dict[str, tuple[Callable[[Path], object], str]] = {
    "a key that is a folder": (
        lambda root: (root / "tor" / "door" / "hs_ed25519_secret_key.new").mkdir(),
        "NOT done: destroy the keys of the addresses",
    ),
    "what an earlier command left of a pepper is a folder": (
        lambda root: (root / ".pepper.going").mkdir(),
        "NOT done: destroy the pepper",
    ),
}


@pytest.mark.parametrize("what", FAILING)
def test_what_fails_keeps_no_other_step_from_being_done(root: Path, what: str) -> None:
    """It is said, and the exit code tells it; the site's own key is gone all the same."""
    break_it, said = FAILING[what]
    break_it(root)
    done = run(root, "silence", "--yes")
    assert (done.exit_code, done.stderr.count(said), "Type the same line again." in done.stderr) == (1, 1, True)
    assert not (root / "backup-signing-key").exists()
    assert read_in_force(DropFolder(root).tokens).is_void
    assert not (root / "tor" / "site" / "hs_ed25519_secret_key").exists()


@needs_root
def test_a_full_disk_is_no_reason(lived: Path, tmp_path: Path) -> None:
    """Not a byte is free, somebody has the writers' turn (a backup has it for half a minute), and all of it is done."""
    with small_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(lived, disk / "drop", ignore=but_sockets_and_locks)
        before = contents(disk / "drop")
        with closing(sqlite3.connect(disk / "drop" / "drop.sqlite", isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            fill(disk)
            done = run(disk / "drop", "silence", "--yes")
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        assert is_silent(before, disk / "drop")
        assert "This host was silenced" in run(disk / "drop", "check").output
