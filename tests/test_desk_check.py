"""`candour-desk check`: every harm is named, with what is lost by it; nothing is changed unasked; no start erases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from journalist_interface.desk_folder import clear_desk_leftovers, no_courier, only_desk, open_desk
from keys.hpke import SecretKey
from store.blobs import BlobFolder
from store.desk.parcels import list_parcels
from tests.desk_office import Office, new_office, write_letter
from tests.harms import Harm, alter_trail, cut_short, empty_index, execute, flatten, flip_a_bit, scribble_over, snapshot

STRANGER = "ab" * 16


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an opened case that has an attachment, and a letter with an attachment waiting in the post."""
    with new_office(tmp_path / "desk") as made:
        made.open(made.deliver(write_letter(SecretKey(bytes(96)).public), {"a.pdf": b"a"}))
        made.deliver(write_letter(None), {"b.pdf": b"b"})
        yield made


def check(office: Office, *options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["check", "--data", str(office.folder), *options])


def in_post(folder: Path, kind: str = "letter") -> Path:
    """The sealed letter, or attachment, that waits."""
    desk = open_desk(folder)
    with desk.database.reading() as connection:
        [parcel] = list_parcels(connection)
    desk.database.close()
    return folder / "post" / "sealed" / next(part.blob for part in parcel.parts if part.kind == kind)


def in_vault(folder: Path) -> Path:
    """The vault file."""
    [path] = (folder / "vault" / "sealed").iterdir()
    return path


def add_stranger(folder: Path) -> None:
    """Put a file there that no row names."""
    (folder / "sealed" / STRANGER).touch(0o600)
    flatten(folder / "sealed" / STRANGER)


def never_erase(folder: Path) -> None:
    """Die between the commit of an opening and the erasing of the sealed originals."""
    add_stranger(folder / "post")
    execute(folder / "desk.sqlite", f"INSERT INTO erasing VALUES ('{STRANGER}')")  # noqa: S608


def publish_only(folder: Path) -> None:
    """Die in the middle of an opening."""
    blobs = BlobFolder(folder / "vault")
    with blobs.draft() as draft:
        draft.file.write(b"of a case that was never made")
        draft.seal_finished()
        blobs.publish([draft.id])


def harm_with_a_twin(folder: Path) -> None:
    """Let the disk harm a letter while its twin lies there."""
    path = in_post(folder)
    shutil.copy2(path, folder / "post" / "incoming" / path.name)
    flip_a_bit(path)


HARMS = {
    "a bit of a letter flipped": Harm(
        lambda folder: flip_a_bit(in_post(folder)), "the letter is lost. Its attachments can be read by hand"
    ),
    "a letter missing": Harm(lambda folder: in_post(folder).unlink(), "is missing. It is the letter of submission"),
    "an attachment in the post cut short": Harm(
        lambda folder: cut_short(in_post(folder, "attachment")), "this attachment is lost. The letter opens without it"
    ),
    "a vault file cut short": Harm(lambda folder: cut_short(in_vault(folder)), "It is an attachment of case"),
    "a vault file missing": Harm(lambda folder: in_vault(folder).unlink(), "The case shows which it is"),
    "a stranger in the post": Harm(
        lambda folder: add_stranger(folder / "post"), "it looks like a backup restored by halves"
    ),
    "a stranger in the vault": Harm(
        lambda folder: add_stranger(folder / "vault"), "it looks like a backup restored by halves"
    ),
    "a harmed letter with a sound twin": Harm(harm_with_a_twin, "is the same, and sound", mends=True),
    "an opening that died before its end": Harm(publish_only, "A crash left 1 unfinished file", mends=True),
    "an opening that died after its end": Harm(never_erase, "1 sealed file was to be erased", mends=True),
    "a vault others can enter": Harm(lambda folder: (folder / "vault").chmod(0o755), "may have read it", mends=True),
    "a sealed file others can read": Harm(
        lambda folder: in_vault(folder).chmod(0o644), "may have read it", mends=True
    ),
    "no database": Harm(lambda folder: (folder / "desk.sqlite").unlink(), "desk.sqlite is missing"),
    "a page of the database overwritten": Harm(
        lambda folder: scribble_over(folder / "desk.sqlite", "parcel_parts"), "The database is damaged"
    ),
    "an index that does not fit its table": Harm(
        lambda folder: empty_index(folder / "desk.sqlite", "ix_attachments_case_id"), "An index of", mends=True
    ),
    "a record of the trail altered": Harm(
        lambda folder: alter_trail(folder / "desk.sqlite", "UPDATE audit SET actor = 'bartek' WHERE number = 2"),
        "The audit trail is broken at record 2",
    ),
    "the guard rails of the trail taken down": Harm(
        lambda folder: execute(folder / "desk.sqlite", "DROP TRIGGER audit_no_update"),
        "no longer refuses changes of the trail",
        mends=True,
    ),
    "the trail's signing key of another desk": Harm(
        lambda folder: (folder / "audit-signing-key").write_bytes(bytes(32)), "is not that of the database beside it"
    ),
    "a parcel without a letter": Harm(
        lambda folder: execute(folder / "desk.sqlite", "UPDATE parcel_parts SET kind = 'attachment'"), "has no letter"
    ),
    "a case without a recovery key": Harm(
        lambda folder: execute(folder / "desk.sqlite", "DELETE FROM clearances WHERE holder = 'recovery'"),
        "has no key for the recovery key",
    ),
    "a reply that would never go out": Harm(
        lambda folder: execute(folder / "desk.sqlite", "DELETE FROM outbox WHERE kind = 'reply'"),
        "it will not be delivered",
    ),
    "a reply emptied": Harm(
        lambda folder: execute(folder / "desk.sqlite", "UPDATE outbox SET sealed = NULL"), "1 reply in the outbox"
    ),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_every_harm_is_named_and_mended_only_when_asked(office: Office, harm: str) -> None:
    """Exit code 1 and a sentence; nothing changed. With --repair: mended and sound from then on, or still named."""
    office.desk.database.close()
    kept = {path.name: path.read_bytes() for path in office.folder.rglob("sealed/*")}
    HARMS[harm].do(office.folder)
    before = snapshot(office.folder)
    done = check(office)
    assert done.exit_code == 1, done.output
    [line] = [line for line in done.stdout.splitlines() if HARMS[harm].said in line]
    assert line.startswith("FAULT")
    assert ("check --repair mends this." in line) == HARMS[harm].mends
    assert snapshot(office.folder) == before
    repaired = check(office, "--repair")
    assert (repaired.exit_code == 0) == HARMS[harm].mends, repaired.output
    if HARMS[harm].mends:
        assert check(office).exit_code == 0, repaired.output
        assert {path.name: path.read_bytes() for path in office.folder.rglob("sealed/*")} == kept
    else:
        assert snapshot(office.folder) == before, "nothing is lost by asking"


def test_a_case_that_no_reviewer_can_read_is_warned_of(office: Office) -> None:
    """The recovery key still opens it: no fault, and not passed over."""
    execute(office.folder / "desk.sqlite", "DELETE FROM clearances WHERE holder = 'amina'")
    done = check(office)
    assert done.exit_code == 0, done.output
    assert "warn  No reviewer at work can read case" in done.stdout


def test_nothing_is_mended_under_a_running_desk_or_courier(office: Office) -> None:
    """--repair refuses with a sentence; a plain check takes no work under way for a crash's."""
    publish_only(office.folder)
    for lock, said in ((only_desk, "serves"), (no_courier, "courier is at work")):
        with lock(office.folder):
            refused = check(office, "--repair")
            assert (refused.exit_code, refused.stdout) == (1, "")
            assert said in refused.stderr
            assert check(office).exit_code == (0 if lock is only_desk else 1)


@pytest.fixture
def backup(office: Office, tmp_path: Path) -> Path:
    """A backup of that desk; since then the waiting letter was opened, and another came."""
    shutil.copytree(office.folder, tmp_path / "backup", ignore=shutil.ignore_patterns("S.*"))
    with office.desk.database.reading() as connection:
        [parcel] = list_parcels(connection)
    letter = write_letter(None, submission=parcel.submission)
    office.open(letter)
    office.deliver(write_letter(None))
    office.desk.database.close()
    return tmp_path / "backup"


def start(office: Office) -> None:
    """Do what a start of the desk does before it serves."""
    desk = open_desk(office.folder)
    clear_desk_leftovers(desk)
    desk.database.close()


def files(office: Office) -> dict[str, bytes]:
    """Every sealed file of post and vault."""
    return {path.name: path.read_bytes() for path in office.folder.rglob("sealed/*")}


def test_an_old_database_beside_new_files_loses_nothing(office: Office, backup: Path) -> None:
    """The letter that came since, and the vault file of the letter opened since, have no row: both stay."""
    before = files(office)
    for name in ("desk.sqlite", "desk.sqlite-wal", "desk.sqlite-shm"):
        (office.folder / name).unlink(missing_ok=True)
        if (backup / name).exists():
            shutil.copy2(backup / name, office.folder / name)
    start(office)
    for options in ((), ("--repair",)):
        done = check(office, *options)
        assert done.exit_code == 1
        assert done.stdout.count("it looks like a backup restored by halves") == 2
        assert done.stdout.count("is missing. It is the letter") == 1
    start(office)
    assert files(office) == before


def test_a_new_database_beside_old_files_loses_nothing(office: Office, backup: Path) -> None:
    """What came since is missing and named; the sealed originals of what was opened since lie there again, and stay."""
    for name in ("post", "vault"):
        shutil.rmtree(office.folder / name)
        shutil.copytree(backup / name, office.folder / name)
    before = files(office)
    start(office)
    for options in ((), ("--repair",)):
        done = check(office, *options)
        assert done.exit_code == 1
        assert done.stdout.count("it looks like a backup restored by halves") == 2
        assert done.stdout.count("is missing. It is the letter") == 1
        assert done.stdout.count("is missing. It is an attachment of case") == 1
    assert files(office) == before
