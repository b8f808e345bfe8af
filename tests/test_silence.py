"""`candour-drop silence`: no key is left, Tor has ended, nothing starts again, and what is sealed stays."""

import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from deploy.hosts import data_copy
from serving.server import CLOSE
from source_interface.backup import back_up
from source_interface.commands import main
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder, make_drop, open_drop
from source_interface.revoking import Step
from source_interface.silenced import is_silenced
from source_interface.silencing import silence
from source_interface.site_app import create_site
from source_interface.tor_plan import plan_of, renew, set_up_onions
from store.backup.own_keys import signer_of
from store.errors import BackupRefused
from store.upgrade_going_on import COPIES
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.kept_backup import back_up_drop, note_backup
from tests.served import served
from tests.small_disk import fill, needs_root, small_disk
from tests.test_tor_stopping import RUN, SECONDS, answers, wait_until

MEGABYTE = 1_000_000
SECRETS = ("pepper", "backup-signing-key", "tor/site/hs_ed25519_secret_key", "tor/door/hs_ed25519_secret_key")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Path:
    """A source host with a letter that nobody has collected, two addresses, and one that was laid aside."""
    root = tmp_path_factory.mktemp("s") / "drop"
    make_drop(root, intake_secret.public, root.parent / "pairing.json")
    app = create_site(root)
    with served(app) as url:
        source = SourceClient(url)
        assert source.report("It happened on a Tuesday.", codename=source.take_codename()).status == 200
        source.close()
    app.extensions[CLOSE]()
    set_up_onions(root, None, None)
    renew(root, "site")
    signer_of(root)
    opened = open_drop(root)
    opened.database.restore_ballast()
    opened.database.close()
    return root


@pytest.fixture
def root(lived: Path, tmp_path: Path) -> Path:
    """A copy of it, to be silenced."""
    shutil.copytree(lived, tmp_path / "drop", ignore=but_sockets_and_locks)
    return tmp_path / "drop"


def run(root: Path, *words: str, typed: str = "") -> Result:
    """A command of the source host."""
    return CliRunner().invoke(main, [*words, "--data", str(root)], input=typed)


def contents(root: Path) -> dict[str, bytes]:
    """Every file, by its name."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def keys_of(before: dict[str, bytes]) -> set[bytes]:
    """The secrets of a host; of an onion service's key the part behind its heading."""
    aside = [name for name in before if name.startswith("tor/laid-aside/") and name.endswith("secret_key")]
    assert len(aside) == 1
    return {before[name][-64:] for name in (*SECRETS, *aside)}


def is_silent(before: dict[str, bytes], root: Path) -> bool:
    """Tell whether no secret of before stands in any file, and all that is sealed still lies there."""
    now = contents(root)
    sealed = {name for name in before if name.startswith("blobs/sealed/")}
    assert sealed
    assert all(now[name] == before[name] for name in sealed)
    token = not DropFolder(root).door_token.exists() or read_in_force(DropFolder(root).tokens).is_void
    return token and not any(secret in content for secret in keys_of(before) for content in now.values())


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


def test_data_of_a_later_version_is_silenced_too(root: Path) -> None:
    """Who must be silent now has no time to look for the right version."""
    with closing(sqlite3.connect(root / "drop.sqlite")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = contents(root)
    assert run(root, "silence", "--yes").exit_code == 0
    assert is_silent(before, root)


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
