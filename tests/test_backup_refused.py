"""A backup that cannot be believed is refused with a sentence, and leaves nothing: no folder, no draft of one."""

import io
import secrets
import sqlite3
import tarfile
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.backup_code import spell_backup_code
from keys.backup_head import About, BackupSigner, HostKind, make_head
from keys.backup_stream import CHUNK, TAG, SealingStream, stream_key
from keys.padding import backup_size_class
from source_interface.commands import main
from source_interface.drop_folder import MIGRATIONS, DropFolder, make_drop
from store.database import open_database
from store.drop.inbox import read_inbox
from store.errors import BackupRefused
from tests.conftest import IntakeSecret
from tests.kept_backup import RECOVERY, KeptBackup, back_up_drop, restore_drop
from tests.test_store_drop_of_before import make_database_of_before

SIGNER = BackupSigner(b"\x07" * 32)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> KeptBackup:
    """A backup of three chunks, of a source host with a file of two megabytes."""
    scratch = tmp_path_factory.mktemp("kept")
    make_drop(scratch / "drop", intake_secret.public, scratch / "pairing.json")
    blob = DropFolder(scratch / "drop").blobs / "sealed" / secrets.token_hex(16)
    blob.write_bytes(secrets.token_bytes(2 * CHUNK))
    return back_up_drop(scratch / "drop", scratch)


def restore(path: Path, root: Path, *words: str, typed: str = "") -> Result:
    """The command."""
    return CliRunner().invoke(main, ["restore", "--data", str(root), "--backup", str(path), *words], input=typed)


def refused(kept: KeptBackup, tmp_path: Path, content: bytes) -> str:
    """What the command says of these bytes; afterwards there is nothing but the backup itself."""
    path = tmp_path / kept.path.name
    path.write_bytes(content)
    told = restore(path, tmp_path / "new" / "drop", "--signed-by", kept.signed_by, typed=f"{kept.code}\n")
    assert told.exit_code == 1
    assert [each for each in tmp_path.rglob("*") if each.name != "new"] == [path]
    return told.output


def body_at(content: bytes) -> int:
    """Where the chunks begin."""
    length = int.from_bytes(content[17:21], "big")
    return 21 + length + 64


def exchanged(content: bytes) -> bytes:
    """The first two chunks in each other's place."""
    at, size = body_at(content), CHUNK + TAG
    return content[:at] + content[at + size : at + 2 * size] + content[at : at + size] + content[at + 2 * size :]


def flipped(content: bytes, at: int) -> bytes:
    """One bit other."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


ALTERED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda _whole: b"", "is no backup of Candour, or was cut short"),
    "something else": (lambda _whole: b"-----BEGIN PGP MESSAGE-----\n" * 99, "is no backup of Candour"),
    "cut in its head": (lambda whole: whole[:300], "is no backup of Candour, or was cut short"),
    "cut after its head": (lambda whole: whole[: body_at(whole)], "is not whole"),
    "cut between two chunks": (lambda whole: whole[: body_at(whole) + CHUNK + TAG], "is not whole"),
    "cut by a byte": (lambda whole: whole[:-1], "is not whole"),
    "a byte too long": (lambda whole: whole + b"\x00", "is not whole"),
    "a sign of the version": (
        lambda whole: whole.replace(b'"program":"0', b'"program":"1', 1),
        "was altered after the host signed",
    ),
    "a bit of a chunk": (lambda whole: flipped(whole, body_at(whole) + 99), "is not whole"),
    "the last bit": (lambda whole: flipped(whole, len(whole) - 1), "is not whole"),
    "two chunks exchanged": (exchanged, "is not whole"),
    "a later format": (lambda whole: whole.replace(b"backup 1\n", b"backup 2\n", 1), "A later version of Candour made"),
}


@pytest.mark.parametrize("how", ALTERED)
def test_what_was_altered_is_refused_with_a_sentence(kept: KeptBackup, tmp_path: Path, how: str) -> None:
    """By the command, with the right code and the right groups."""
    alter, sentence = ALTERED[how]
    assert sentence in refused(kept, tmp_path, alter(kept.path.read_bytes()))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), cuts=st.booleans())
def test_wherever_it_is_altered_nothing_is_left(kept: KeptBackup, tmp_path: Path, share: float, *, cuts: bool) -> None:
    """Any bit, any cut."""
    whole = kept.path.read_bytes()
    at = int(share * len(whole))
    refused(kept, tmp_path, whole[:at] if cuts else flipped(whole, at))


def test_the_same_backup_unaltered_is_restored(kept: KeptBackup, tmp_path: Path) -> None:
    """So that the tables above show what they seem to."""
    told = restore(kept.path, tmp_path / "drop", "--signed-by", kept.signed_by, typed=f"{kept.code}\n")
    assert "Restored in" in told.output
    assert (tmp_path / "drop" / "pepper").is_file()


def test_another_code_another_signer_and_a_folder_that_is_there_are_refused(kept: KeptBackup, tmp_path: Path) -> None:
    """Each in a sentence of its own."""
    root, other = tmp_path / "drop", spell_backup_code(bytes(32))
    assert "is not its key" in restore(kept.path, root, "--signed-by", kept.signed_by, typed=f"{other}\n").output
    assert "somebody made it up" in restore(kept.path, root, "--signed-by", SIGNER.spoken).output
    assert "Stopped. Nothing was restored." in restore(kept.path, root, typed="n\n").output
    assert "No code was given" in restore(kept.path, root, typed=f"{kept.signed_by}\n" + "nonsense\n" * 5).output
    assert list(tmp_path.iterdir()) == []
    root.mkdir()
    (root / "what somebody needs").touch()
    told = restore(kept.path, root, "--signed-by", kept.signed_by, typed=f"{kept.code}\n")
    assert "is there already" in told.output
    assert [path.name for path in root.iterdir()] == ["what somebody needs"]


def test_half_a_backup_is_known_by_its_name(kept: KeptBackup, tmp_path: Path) -> None:
    """What a killed command leaves is a draft, even where all of it was written."""
    half = tmp_path / ".0123456789abcdef.new"
    half.write_bytes(kept.path.read_bytes())
    assert "is half a backup" in restore(half, tmp_path / "drop").output


def test_what_a_killed_restore_left_is_erased_by_the_next(kept: KeptBackup, tmp_path: Path) -> None:
    """It holds the pepper."""
    left = tmp_path / ".0123456789abcdef.restoring"
    left.mkdir()
    (left / "pepper").write_bytes(bytes(32))
    restore_drop(kept.path, tmp_path / "drop")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drop"]


Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, leads_to: str = "") -> Member:
    """One member of an archive."""
    head = tarfile.TarInfo(name)
    head.size, head.type, head.linkname = len(content), kind, leads_to
    return head, content


def sealed(tmp_path: Path, members: Iterable[Member], *, host: HostKind = HostKind.DROP, padded: bool = True) -> Path:
    """A backup of these members, sealed as a host that was taken could do it."""
    head, key = make_head(About(host, "0.1.0", "2026-11-20", "", SIGNER.public), RECOVERY.public, SIGNER)
    out = io.BytesIO(head)
    out.seek(0, io.SEEK_END)
    stream = SealingStream(stream_key(key, head), out)
    for each, content in members:
        stream.write(each.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512))
    stream.write(bytes(1024))
    if padded:
        stream.write(bytes(backup_size_class(stream.written) - stream.written))
    stream.close()
    path = tmp_path / "sealed.backup"
    path.write_bytes(out.getvalue())
    return path


GONE = member("gone", b"")
PEPPER, INTAKE, TOKEN = member("pepper", bytes(32)), member("intake-key.asc"), member("door-token.sha256")
FOREIGN: dict[str, tuple[list[Member], str]] = {
    "a path above": ([member("../pepper"), GONE], "no such host has"),
    "a path above, from within": ([member("tor/site/../../../x"), GONE], "no such host has"),
    "an absolute path": ([member("/etc/cron.d/x"), GONE], "no such host has"),
    "a file that no host has": ([member("run.py"), GONE], "no such host has"),
    "a folder's own name": ([member("blobs/sealed"), GONE], "no such host has"),
    "a link": ([member("pepper", b"", tarfile.SYMTYPE, "/etc/passwd"), GONE], "that is no file"),
    "a device": ([member("pepper", b"", tarfile.CHRTYPE), GONE], "that is no file"),
    "a name twice": ([PEPPER, PEPPER, GONE], "Nothing was restored"),
    "without its end": ([PEPPER], "is not whole"),
    "without a database": ([PEPPER, INTAKE, TOKEN, GONE], "drop.sqlite is not in this backup"),
    "without a pepper": ([INTAKE, TOKEN, member("drop.sqlite"), GONE], "pepper is not in this backup"),
    "an intake key that is none": ([PEPPER, INTAKE, TOKEN, member("drop.sqlite"), GONE], "for an intake key is none"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_a_taken_host_may_seal_reaches_no_other_place(tmp_path: Path, what: str) -> None:
    """Properly sealed, properly signed, and refused all the same."""
    members, sentence = FOREIGN[what]
    path = sealed(tmp_path, members)
    with pytest.raises(BackupRefused, match=sentence):
        restore_drop(path, tmp_path / "drop")
    assert list(tmp_path.iterdir()) == [path]


def test_the_size_must_be_one_of_the_classes(tmp_path: Path) -> None:
    """A content of its true size is none that we wrote."""
    path = sealed(tmp_path, [member("pepper"), GONE], padded=False)
    with pytest.raises(BackupRefused, match="is not whole"):
        restore_drop(path, tmp_path / "drop")


def test_the_other_hosts_backup_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """And it says where it belongs."""
    path = sealed(tmp_path, [GONE], host=HostKind.DESK)
    assert "candour-desk restore" in restore(path, tmp_path / "drop").output


def test_a_store_of_a_later_program_is_refused_and_of_an_earlier_one_brought_up(
    drop_folder: DropFolder, tmp_path: Path
) -> None:
    """The folder is looked at before it has its name: what this version does not know is not left there."""
    work = tmp_path / "work"
    work.mkdir()
    drop_folder.database.unlink()
    lookup_ids = make_database_of_before(drop_folder.database)
    kept = back_up_drop(drop_folder.root, work)
    restore_drop(kept.path, work / "new")
    with closing(open_database(work / "new" / "drop.sqlite", MIGRATIONS)) as database:
        assert read_inbox(database, lookup_ids[0]).fetched
    with closing(sqlite3.connect(drop_folder.database)) as found, found:
        found.execute("UPDATE alembic_version SET version_num = '9999'")
    later = back_up_drop(drop_folder.root, work)
    with pytest.raises(BackupRefused, match="A later version of Candour"):
        restore_drop(later.path, work / "later")
    assert sorted(path.name for path in work.iterdir()) == ["new", "recovery.pub", "stick"]


def test_groups_from_paper_are_typed_before_the_backup_s_own_are_shown(kept: KeptBackup, tmp_path: Path) -> None:
    """In small letters too; and Enter alone, or two slips, are told and asked again."""
    typed = f"\n0000\n0000\n{kept.signed_by.lower()}\n{kept.code}\n"
    told = restore(kept.path, tmp_path / "drop", typed=typed).output
    asked, _paper, shown = told.rpartition("Six groups of this host's backups, from the paper")
    assert asked.count("That is not the same. Nothing was done.") == 2
    assert kept.signed_by not in asked
    assert f"signed with the key {kept.signed_by}, as your paper says." in shown
    assert (tmp_path / "drop").is_dir()


def test_a_backup_that_the_paper_does_not_know_is_refused_with_a_way_on(kept: KeptBackup, tmp_path: Path) -> None:
    """A lost paper is no reason to lose everything: whoever knows the backup's hands names its groups."""
    told = restore(kept.path, tmp_path / "drop", typed="0000\n" * 3)
    assert told.exit_code == 1
    assert "Nothing was restored, and nothing is lost" in told.output
    assert "--signed-by" in told.output
    assert not (tmp_path / "drop").exists()
