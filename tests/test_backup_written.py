"""A backup as it is written: whole while the host works, of a size class, without a name or a word in clear."""

import os
import re
import secrets
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from bench.source_client import SentFile, SourceClient
from keys.backup_head import About, BackupSigner, HostKind, make_head
from keys.backup_stream import SealingStream, stream_key
from keys.padding import backup_size_class
from source_interface.backup import CONTENTS, back_up
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder
from source_interface.host_check import check_restored
from store.backup.snapshot import put_snapshot
from store.backup.writing import _verify
from store.blobs import new_blob_id
from store.drop.intake import SentForm, Submission, record_submission
from store.errors import BackupRefused
from tests.conftest import IntakeSecret
from tests.courier.ground import TODAY, DropGround, make_real_drop, new_source
from tests.drop_contents import sealed_files
from tests.kept_backup import RECOVERY, back_up_drop, digests, give_recovery_key, restore_drop
from tests.source_site import CANDOUR_DROP, running_site

MEGABYTE = 1_000_000
MOST_GROWTH = 24 * MEGABYTE
"""How much more memory a hundred times as much may take: pieces, and what the allocator keeps of them."""


def blob(folder: DropFolder, size: int) -> Path:
    """A sealed file that nobody knows of."""
    path = folder.blobs / "sealed" / secrets.token_hex(16)
    path.write_bytes(secrets.token_bytes(size))
    return path


def test_what_was_kept_comes_back_byte_for_byte(drop_folder: DropFolder, tmp_path: Path) -> None:
    """And nothing besides: no session, no draft, no held file, no lock, no state of Tor; all of it private."""
    unknown = blob(drop_folder, 70_000).name
    for name in (
        "tor/site/hs_ed25519_secret_key",
        "tor/door/authorized_clients/desk.auth",
        "tor/laid-aside/x.onion/hostname",
    ):
        (drop_folder.root / name).parent.mkdir(parents=True, exist_ok=True)
        (drop_folder.root / name).write_text(name)
    outside = (
        "tor/state/state",
        "tor/health.json",
        "blobs/incoming/x",
        "blobs/held/x",
        ".site.lock",
        "tor/site/x.lock",
    )
    for name in outside:
        (drop_folder.root / name).parent.mkdir(parents=True, exist_ok=True)
        (drop_folder.root / name).write_text(name)
    with closing(sqlite3.connect(drop_folder.database)) as database, database:
        columns = len(database.execute("PRAGMA table_info(sessions)").fetchall())
        database.execute(f"INSERT INTO sessions VALUES ({', '.join(['1'] * columns)})")  # noqa: S608  (ones)
    kept = back_up_drop(drop_folder.root, tmp_path)
    restore_drop(kept.path, tmp_path / "new")
    expected = {name: digest for name, digest in kept.before.items() if not name.endswith(".lock")}
    assert digests(tmp_path / "new") == expected
    # No desk is let in by what is in a backup.
    assert read_in_force(DropFolder(tmp_path / "new").tokens).is_void
    assert not [name for name in outside if (tmp_path / "new" / name).exists()]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").rglob("*")} == {0o600, 0o700}
    with closing(sqlite3.connect(tmp_path / "new" / "drop.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    assert all(finding.sound for finding in check_restored(tmp_path / "new") if unknown not in finding.sentence)


def test_a_host_at_work_is_whole_in_every_backup(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """Submissions come in all the while: every row of the copy has its file, and the database is sound."""
    ground = make_real_drop(tmp_path / "drop", intake_secret)
    stop, root = threading.Event(), tmp_path / "none"
    sender = threading.Thread(target=_submit_until, args=(ground, stop))
    sender.start()
    try:
        for number in range(4):
            kept = back_up_drop(ground.folder, tmp_path)
            root = tmp_path / f"new{number}"
            restore_drop(kept.path, root)
            assert [each.sentence for each in check_restored(root) if not each.sound] == []
    finally:
        stop.set()
        sender.join()
        ground.close()
    assert len(sealed_files(DropFolder(root))) > 4


def _submit_until(ground: DropGround, stop: threading.Event) -> None:
    """In the site's order: the files, their row, then the twins go."""
    while not stop.is_set():
        with ground.blobs.draft() as letter, ground.blobs.draft() as file:
            letter.file.write(secrets.token_bytes(4096))
            file.file.write(secrets.token_bytes(70_000))
            sealed = [letter.seal_finished(), file.seal_finished()]
            ids = [each.id for each in sealed]
            ground.blobs.publish(ids)
            form = SentForm(secrets.token_bytes(32), secrets.token_bytes(32))
            record_submission(
                ground.database, Submission(new_blob_id(), form, TODAY, new_source(), sealed[0], (sealed[1],))
            )
        ground.blobs.settle(ids)


def test_what_is_erased_meanwhile_does_not_come_back(drop_folder: DropFolder) -> None:
    """A file that was put before its row went is named as gone; one that goes before its turn is not put."""
    first, second = sorted((blob(drop_folder, 10), blob(drop_folder, 10)))
    put: list[str] = []

    def erase_both(name: str, _size: int, content: object) -> None:
        put.append(name)
        b"".join(content)  # type: ignore[arg-type]  # pieces of bytes
        first.unlink(missing_ok=True)
        second.unlink(missing_ok=True)

    gone = put_snapshot(drop_folder.root, CONTENTS, erase_both).gone
    assert gone == (first.relative_to(drop_folder.root).as_posix(),)
    assert put == [*gone, "drop.sqlite"]


def test_a_row_committed_in_the_log_alone_is_in_the_backup(drop_folder: DropFolder, tmp_path: Path) -> None:
    """A reader may keep the log from being emptied: the log is part of the database."""
    with (
        closing(sqlite3.connect(drop_folder.database, isolation_level=None)) as reader,
        closing(sqlite3.connect(drop_folder.database, isolation_level=None)) as writer,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM submissions").fetchone()
        writer.execute("CREATE TABLE canary (word TEXT)")
        assert (drop_folder.root / "drop.sqlite-wal").stat().st_size
        kept = back_up_drop(drop_folder.root, tmp_path)
    restore_drop(kept.path, tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "drop.sqlite")) as found:
        assert found.execute("SELECT count(*) FROM canary").fetchone() == (0,)


def test_a_stolen_backup_gives_nothing(tmp_path: Path, drop_folder: DropFolder) -> None:
    """No name of a file, nothing that was in one, and a size that many hosts share."""
    with running_site(drop_folder.root) as url:
        source = SourceClient(url)
        codename = source.take_codename()
        source.report("canary-message-1d20", codename=codename, files=[SentFile.of("canary-name.pdf", b"x" * 5000)])
        source.close()
    kept = back_up_drop(drop_folder.root, tmp_path)
    found = kept.path.read_bytes()
    secrets_here = [path.read_bytes() for path in drop_folder.root.rglob("*") if path.is_file() and path.stat().st_size]
    names = [path.name.encode() for path in (drop_folder.root / "blobs").rglob("*") if path.is_file()]
    assert names
    for needle in (*names, *(each[:32] for each in secrets_here), b"canary", codename.split()[0].encode(), b"pepper"):
        assert needle not in found, needle
    head = len(found) - _content_size(found)
    blob(drop_folder, 3000)
    again = back_up_drop(drop_folder.root, tmp_path).path.read_bytes()
    assert len(again) == len(found)
    assert head < 4096


def _content_size(found: bytes) -> int:
    sealed = len(found) - (21 + int.from_bytes(found[17:21], "big") + 64)
    content = sealed - 16 * -(-sealed // (1024 * 1024 + 16))
    assert content == backup_size_class(content)
    return sealed


def test_nothing_is_written_but_the_sealed_draft(drop_folder: DropFolder, tmp_path: Path) -> None:
    """The real command, traced: it writes to the draft beside the backup, its own key, a lock, SQLite's files."""
    give_recovery_key(drop_folder.root, tmp_path)
    stick = tmp_path / "stick"
    stick.mkdir()
    trace = tmp_path / "trace"
    words = [str(CANDOUR_DROP), "backup", "--data", str(drop_folder.root), "--out", str(stick)]
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=openat,open,creat", "-o", str(trace), *words],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    written = set(re.findall(r'"([^"]+)", O_(?:WRONLY|RDWR)[^)]*\) = \d', trace.read_text()))
    allowed = re.compile(
        rf"{stick}/\.[0-9a-f]{{16}}\.new|{drop_folder.root}/(drop\.sqlite(-wal|-shm)?|\.[0-9a-f]{{16}}\.new|\.pepper\.lock)|/dev/.*|/proc/self/.*"
    )
    assert [path for path in written if not allowed.fullmatch(path)] == []
    assert any(path.startswith(str(stick)) for path in written)


def test_memory_does_not_grow_with_the_content(
    drop_folder: DropFolder, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """150 MB (500 with `--long`), written and restored by the real commands, at hardly more than 1 MB takes."""
    megabytes = 500 if pytestconfig.getoption("--long") else 150
    peaks = []
    for size in (1, megabytes):
        with blob(drop_folder, 0).open("wb") as file:
            for _piece in range(size):
                file.write(secrets.token_bytes(MEGABYTE))
        backup = [str(CANDOUR_DROP), "backup", "--data", str(drop_folder.root), "--out", str(tmp_path / "stick")]
        kept = back_up_drop(drop_folder.root, tmp_path)
        new = tmp_path / f"new{size}"
        restore = [str(CANDOUR_DROP), "restore", "--data", str(new), "--backup", str(kept.path)]
        restored = _peak([*restore, "--signed-by", kept.signed_by], f"{kept.code}\n")
        peaks.append((_peak(backup), restored))
        assert (new / "pepper").is_file()
    small, large = peaks
    assert large[0] - small[0] < MOST_GROWTH
    assert large[1] - small[1] < MOST_GROWTH


def _peak(words: list[str], typed: str = "") -> int:
    """Run a command; return the most memory it had, in bytes."""
    watched = (
        "import resource,subprocess,sys;"
        "subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run(
        [sys.executable, "-c", watched, *words], input=typed, capture_output=True, text=True, check=True
    )
    return int(told.stdout) * 1024


def test_a_draft_that_does_not_read_back_is_no_backup(tmp_path: Path) -> None:
    """A disk that changed a bit, lost the end, or gave another file's bytes."""
    signer = BackupSigner(b"\x07" * 32)
    head, key = make_head(About(HostKind.DROP, "1", "2026-11-20", "", signer.public), RECOVERY.public, signer)
    for harm in ("none", "a bit", "the end", "the beginning"):
        with (tmp_path / harm).open("w+b") as draft:
            draft.write(head)
            stream = SealingStream(stream_key(key, head), draft)
            stream.write(bytes(100_000))
            stream.close()
            draft.flush()
            if harm == "none":
                _verify(draft, key, head, 100_000)
                continue
            if harm == "the end":
                draft.truncate(50_000)
            else:
                at = 50_000 if harm == "a bit" else 30
                draft.seek(at)
                [byte] = draft.read(1)
                draft.seek(at)
                draft.write(bytes([byte ^ 1]))
                draft.flush()
            with pytest.raises(BackupRefused, match="does not read back"):
                _verify(draft, key, head, 100_000)


def test_what_fails_leaves_the_folder_as_it_was(drop_folder: DropFolder, tmp_path: Path) -> None:
    """Yesterday's is there, today's is the one of before, and no draft."""
    kept = back_up_drop(drop_folder.root, tmp_path)
    before = kept.path.read_bytes()
    drop_folder.database.write_bytes(b"no database" * 1000)
    for leftover in drop_folder.root.glob("drop.sqlite-*"):
        leftover.unlink()
    with pytest.raises(BackupRefused, match="The database could not be read"):
        back_up(drop_folder.root, tmp_path / "stick")
    drop_folder.pepper.unlink()
    with pytest.raises(BackupRefused, match="pepper is missing"):
        back_up(drop_folder.root, tmp_path / "stick")
    assert [path.name for path in (tmp_path / "stick").iterdir()] == [kept.path.name]
    assert kept.path.read_bytes() == before


def test_a_backup_beside_what_it_keeps_is_refused(drop_folder: DropFolder, tmp_path: Path) -> None:
    """Nor to a folder that is not there: a stick that was not mounted."""
    give_recovery_key(drop_folder.root, tmp_path)
    for out in (drop_folder.root, drop_folder.blobs, tmp_path / "nowhere"):
        with pytest.raises(BackupRefused, match="outside the data folder"):
            back_up(drop_folder.root, out)
