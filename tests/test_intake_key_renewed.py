"""A new intake key at the desk: who can make it, what the old one still opens, and when that is put away."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.check_intake import check_successions
from journalist_interface.commands import main as desk_command
from journalist_interface.desk_folder import open_desk
from journalist_interface.errors import NotAnOfficer
from journalist_interface.intake_custody import open_own, put_together
from journalist_interface.recovering import open_recovery_copy
from keys.errors import OpenPGPFailed
from keys.intake_key import load_intake_key
from keys.intake_secret import agent_running, open_bytes
from keys.intake_trial import secrets_of
from keys.recusals import open_as_officer, seal_for_officers, seal_for_oneself
from store.desk.account_tables import audit, reviewers
from store.desk.courier_state import Doing, say_finished
from store.desk.profiles import ProfileRow, find_profile, put_profile
from store.desk.reviewers import find_reviewer
from store.desk.settings import Setting, keep_setting
from store.desk.successions import note_drop_key, read_drop_key
from store.drafts import Blob
from tests.custodians import key_of
from tests.desk_office import PASSWORD, Office, new_office, write_letter
from tests.killed_calls import Blow, open_killer
from tests.renewed_key import desk_run, proofs, renew, warned
from tests.two_officers import have_two_be_needed


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk of its own."""
    with new_office(tmp_path / "desk") as made:
        yield made


def test_the_old_passphrase_opens_nothing_here_any_more(office: Office, tmp_path: Path) -> None:
    """Neither what comes nor what came: an officer who left and wrote it down needs a copy from their time."""
    old_letter, before = office.seal(b"to the old key"), office.passphrase()
    assert renew(office, tmp_path / "statement").exit_code == 0
    new_letter, after = office.seal(b"to the new key"), office.passphrase()
    home = office.desk.paths.gnupg
    for blob, content in ((old_letter, b"to the old key"), (new_letter, b"to the new key")):
        with office.desk.post.path(blob.id).open("rb") as sealed:
            assert open_bytes(home, after, sealed, 100) == content
        with office.desk.post.path(blob.id).open("rb") as sealed, pytest.raises(OpenPGPFailed):
            open_bytes(home, before, sealed, 100)
    with office.desk.database.reading() as connection:
        assert open_recovery_copy(connection, key_of(office)) == after
    assert before.encode() not in (office.folder / "desk.sqlite").read_bytes()
    assert sorted(path.name for path in office.folder.glob("gn*")) == ["gnupg"]


def test_halves_stay_halves_and_who_is_shut_out_gets_nothing(tmp_path: Path) -> None:
    """Two officers are asked, each holds a new half; one alone cannot; the old halves fit nothing."""
    with new_office(tmp_path / "desk", {"bartek": (), "cora": ()}) as office:
        have_two_be_needed(office)
        before = office.desk.intake_fingerprint
        alone = desk_run(office, f"intake-key renew --out {tmp_path / 'statement'}", proofs(office, "amina"))
        assert alone.exit_code == 1
        assert open_desk(office.folder).intake_fingerprint == before
        with office.desk.database.writing() as connection:
            connection.execute(reviewers.update().where(reviewers.c.username == "cora").values(suspended=True))
        typed = f"amina\n{PASSWORD}\n{office.code('amina', 1)}\n{proofs(office, 'bartek')}"
        done = desk_run(office, f"intake-key renew --out {tmp_path / 'statement'}", typed)
        assert done.exit_code == 0, done.output
        with office.desk.database.reading() as connection:
            halves = [
                open_own(connection, find_reviewer(connection, name), office.secrets[name].key())
                for name in ("amina", "bartek")
            ]
            acts = connection.execute(audit.select().where(audit.c.act == "intake-key")).all()
            with pytest.raises(NotAnOfficer):
                open_own(connection, find_reviewer(connection, "cora"), office.secrets["cora"].key())
        assert all(isinstance(half, bytes) for half in halves)
        one, other = (half for half in halves if isinstance(half, bytes))
        with office.desk.post.path(office.seal(b"new").id).open("rb") as sealed:
            assert open_bytes(office.desk.paths.gnupg, put_together(one, other), sealed, 10) == b"new"
        assert [row.actor for row in acts] == ["amina", "bartek"]


REFUSED = {
    "a wrong password": ("amina\nwrong\n000000\n", "User name, password or code is wrong"),
    "a file of that name": ("", "exists already. Nothing was changed."),
    "a folder that is not there": ("", "is not there. Nothing was changed."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_no_key_is_made_without_an_officer_and_a_place(office: Office, tmp_path: Path, what: str) -> None:
    """And the old key holds."""
    typed, sentence = REFUSED[what]
    out = tmp_path / ("nowhere/x" if "folder" in what else "statement")
    if "file" in what:
        out.touch()
    done = desk_run(office, f"intake-key renew --out {out}", typed)
    assert done.exit_code == 1
    assert sentence in done.output
    assert open_desk(office.folder).intake_fingerprint == office.desk.intake_fingerprint


def test_a_statement_can_be_written_again(office: Office, tmp_path: Path) -> None:
    """The stick was lost; and one that was never made is none."""
    assert renew(office, tmp_path / "first").exit_code == 0
    assert desk_run(office, f"intake-key statement --out {tmp_path / 'again'}").exit_code == 0
    assert (tmp_path / "again").read_bytes() == (tmp_path / "first").read_bytes()
    done = desk_run(office, f"intake-key statement --number 2 --out {tmp_path / 'other'}")
    assert "There is no such statement: this desk made 1." in done.output


def taken_up(office: Office, hours_ago: float) -> None:
    """The source host has said so since then, and the courier came back a moment ago."""
    fingerprint = load_intake_key(office.desk.paths.intake_key).fingerprint
    since = int(time.time() - hours_ago * 3600)
    with office.desk.database.writing() as connection:
        found = json.dumps({"fingerprint": fingerprint, "since": since}).encode()
        keep_setting(connection, Setting.DROP_INTAKE_KEY, found)
        say_finished(connection, int(time.time()), Doing.DONE, "")


def test_an_old_key_is_put_away_when_nothing_waits_for_it(office: Office, tmp_path: Path) -> None:
    """Not before; then it is gone for good, what reviewers asked is sealed to the new one, and check says each step."""

    def away() -> Result:
        # What is refused uses no code up.
        typed = f"amina\n{PASSWORD}\n{office.code('amina', 1)}\n"
        return desk_run(office, "intake-key put-away", typed)

    with office.desk.database.writing() as connection:
        lines = ("Northtown",)
        own = find_reviewer(connection, "amina").public_key
        sealed = seal_for_officers(office.desk.paths.intake_key, "amina", lines)
        row = ProfileRow("amina", frozenset(), None, sealed, seal_for_oneself(own, "amina", lines))
        put_profile(connection, row, None)
    assert "There is no former intake key here." in away().output
    letter, old = office.deliver(write_letter(None)), office.seal(b"old")
    assert renew(office, tmp_path / "statement").exit_code == 0
    assert "has not told yet that it seals to the new key. Nothing was erased." in away().output
    taken_up(office, hours_ago=1)
    assert "two days after the source host took the new key" in away().output
    taken_up(office, hours_ago=49)
    assert "Letters wait in the post: 1. Open them first." in away().output
    office.open(letter)
    assert any("can put it away" in said for said in warned(office))
    done = away()
    assert done.exit_code == 0, done.output
    home, passphrase = office.desk.paths.gnupg, office.passphrase()
    assert [each.fingerprint for each in secrets_of(home)] == [
        load_intake_key(office.desk.paths.intake_key).fingerprint
    ]
    assert len(list((home / "private-keys-v1.d").glob("*.key"))) == 2
    with office.desk.post.path(old.id).open("rb") as sealed_old, pytest.raises(OpenPGPFailed):
        open_bytes(home, passphrase, sealed_old, 100)
    with office.desk.database.reading() as connection:
        assert open_as_officer(home, passphrase, "amina", find_profile(connection, "amina").sealed_recusals) == lines
    assert warned(office) == []


def test_a_key_that_is_not_this_desks_is_an_alarm(office: Office) -> None:
    """The source host was taken, and somebody gave it a key of their own: the page and check say so, as a fault."""
    with office.desk.database.writing() as connection:
        note_drop_key(connection, "A" * 40, 1)
        found = [each for each in check_successions(connection, office.desk) if "no key of this desk" in each.sentence]
    assert [each.sound for each in found] == [False]
    assert any("somebody else may be reading it" in said for said in warned(office))


def test_since_when_is_kept_while_the_word_is_the_same(office: Office) -> None:
    """The two days are counted from the first time."""
    with office.desk.database.writing() as connection:
        for now in (100, 200):
            note_drop_key(connection, "A" * 40, now)
        found = read_drop_key(connection)
        assert found is not None
        assert found.since == 100
        note_drop_key(connection, "B" * 40, 300)
        changed = read_drop_key(connection)
        assert changed is not None
        assert changed.since == 300


def renew_in(folder: str, out: str, code: str) -> None:
    """What is killed while the key is made."""
    words = ["intake-key", "renew", "--data", folder, "--out", out]
    result = CliRunner().invoke(desk_command, words, input=f"amina\n{PASSWORD}\n{code}\n")
    assert result.exit_code == 0, result.output


def open_in(folder: str) -> None:
    """What is killed while it finishes what was killed before."""
    open_desk(Path(folder)).database.close()


def copied(folder: Path, place: Path) -> Path:
    """A copy of a desk, without what its agent left."""
    return Path(shutil.copytree(folder, place, ignore=shutil.ignore_patterns("S.*", "*.lock")))


def reads_both(folder: Path, office: Office, old: Blob) -> str:
    """Open the desk as the next command does, and what is sealed to either key; return the key that holds."""
    desk = open_desk(folder)
    try:
        after = Office(desk, office.secrets, office.recovery)
        assert load_intake_key(desk.paths.intake_key).fingerprint == desk.intake_fingerprint
        assert sorted(path.name for path in folder.glob("gn*")) == ["gnupg"]
        with agent_running(desk.paths.gnupg):
            for blob, content in ((old, b"old"), (after.seal(b"now"), b"now")):
                with desk.post.path(blob.id).open("rb") as sealed:
                    assert open_bytes(desk.paths.gnupg, after.passphrase(), sealed, 10) == content
        return desk.intake_fingerprint
    finally:
        desk.database.close()


def test_a_kill_at_any_moment_leaves_a_desk_that_reads(office: Office, tmp_path: Path) -> None:
    """Before the transaction, after it, and at every step of what comes then: the next command finishes it."""
    old, renewing, opening = office.seal(b"old"), f"{__name__}:renew_in", f"{__name__}:open_in"
    with open_killer(tmp_path) as killer:
        early, late = copied(office.folder, tmp_path / "early"), copied(office.folder, tmp_path / "late")
        # The new home is whole but not made durable; the old one is about to give way.
        assert killer.run(renewing, [early, tmp_path / "out", office.code()], Blow("fsync", 1)).status != 0
        assert (early / "gnext").is_dir()
        assert reads_both(early, office, old) == office.desk.intake_fingerprint
        assert killer.run(renewing, [late, tmp_path / "out", office.code()], Blow("rename", 1)).status != 0
        for place, blow in enumerate((Blow("rename", 1), Blow("rename", 2), Blow("rename", 3), Blow("unlink", 1))):
            folder = copied(late, tmp_path / str(place))
            assert killer.run(opening, [folder], blow).status != 0
            assert len(list(folder.glob("gn*"))) == 2
            assert reads_both(folder, office, old) != office.desk.intake_fingerprint
