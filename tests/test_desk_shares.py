"""Handing out the recovery key's shares: nobody gets it whole, and a new set holds, or the old one does."""

import base64
import json
import secrets
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface import recovering
from journalist_interface.commands import main
from journalist_interface.errors import RecoveryRefused
from journalist_interface.recovery_cards import NewShares, Scheme, card, numbered_words
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_secret import stop_agent
from keys.spoken import spoken_fingerprint
from store.desk.recovery import put_clearance
from store.desk.roles import Role
from tests.custodians import combined, key_of, readable, recover, references, run, shows, table, words_of
from tests.desk_office import PASSWORD, Office, new_office, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with three cases that amina can read, and bartek, who can read none."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        for number in range(3):
            made.open(made.deliver(write_letter(None, f"Letter {number}")))
        yield made


@pytest.fixture
def stick() -> Iterator[Path]:
    """A folder on another disk than the desk's."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def init(folder: Path, *options: str) -> Result:
    """Make a desk."""
    words = ["init", "--data", str(folder), "--username", "amina", "--password-stdin", *options]
    done = CliRunner().invoke(main, words, input=PASSWORD + "\n")
    if (folder / "gnupg").exists():
        stop_agent(folder / "gnupg")
    return done


def test_cards_are_written_to_a_stick_one_for_each_custodian(tmp_path: Path, stick: Path) -> None:
    """Private files that say what they are; any three of four open the desk; none is written over."""
    done = init(tmp_path / "desk", "--shares", "4", "--needed", "3", "--shares-to", str(stick))
    assert done.exit_code == 0, done.output
    paths = sorted(stick.iterdir())
    assert [path.name for path in paths] == [f"recovery-share-{number}.txt" for number in (1, 2, 3, 4)]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)
    texts = [path.read_text() for path in paths]
    assert all("Any 3 of the 4 together open every case" in text for text in texts)
    groups = spoken_fingerprint(combined(*map(words_of, texts[1:])).public)
    assert groups in done.stdout
    assert all(groups in text for text in texts)
    assert not any(shows(done.output, words_of(text)) for text in texts)
    again = init(tmp_path / "other", "--shares-to", str(stick))
    assert again.exit_code == 1
    assert "There are cards in" in again.stderr
    assert not (tmp_path / "other").exists()


REFUSED_INITS = {
    "one share is enough": (["--shares", "3", "--needed", "1", "--json"], "At least two shares must be needed"),
    "one of one": (["--shares", "1", "--needed", "1", "--json"], "At least two shares must be needed"),
    "fewer shares than are needed": (
        ["--shares", "2", "--needed", "3", "--json"],
        "There cannot be fewer shares (2) than are needed (3)",
    ),
    "one of two for a demonstration": (
        ["--shares", "2", "--needed", "1", "--json", "--demonstration"],
        "At least two shares must be needed",
    ),
    "no terminal": ([], "The shares are shown at a terminal"),
    "cards on the desk's own disk": (["--shares-to", "."], "lies on the disk of the desk itself"),
    "no such folder": (["--shares-to", "/dev/shm/nowhere"], "is no folder"),
}


@pytest.mark.parametrize("what", REFUSED_INITS)
def test_what_would_put_the_key_into_one_hand_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """One sentence, and nothing was made."""
    monkeypatch.chdir(tmp_path)
    options, said = REFUSED_INITS[what]
    done = init(tmp_path / "desk", *options)
    assert done.exit_code == 1
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_desk_that_is_there_already_calls_no_custodian(office: Office, stick: Path) -> None:
    """No card is written for a desk that is not made."""
    assert init(office.folder, "--shares-to", str(stick)).exit_code == 1
    assert list(stick.iterdir()) == []


def test_only_a_demonstration_keeps_one_share_and_says_so(tmp_path: Path) -> None:
    """One card beside the desk, which names itself for what it is, and opens."""
    custodian = tmp_path / "custodian"
    custodian.mkdir()
    options = ["--demonstration", "--shares", "1", "--needed", "1", "--shares-to", str(custodian), "--json"]
    done = init(tmp_path / "desk", *options)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["recovery_shares"] == []
    text = (custodian / "recovery-share-1.txt").read_text()
    assert "THIS IS A DEMONSTRATION: this one card is the whole key." in text
    groups = json.loads(done.stdout)["recovery_fingerprint"]
    assert spoken_fingerprint(combined(words_of(text)).public) == groups


def test_if_the_desk_cannot_be_made_the_cards_are_said_to_be_worthless(tmp_path: Path, stick: Path) -> None:
    """Handed out, and then the disk fails: a card must not be kept for years that opens nothing."""
    (tmp_path / "file").write_text("not a folder")
    done = init(tmp_path / "file" / "desk", "--shares-to", str(stick))
    assert done.exit_code == 1
    assert "open nothing. Destroy their cards." in done.stderr
    assert "The desk cannot be made in" in done.stderr


def test_a_renewal_that_breaks_off_leaves_the_old_shares_in_force(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the second case of three: not one is sealed to the new key, and the setting is the old one."""
    before = table(office)
    sealed = []

    def break_off(*arguments: object) -> bool:
        sealed.append(arguments)
        if len(sealed) == 2:
            raise OSError("the disk is gone")
        return really(*arguments)  # type: ignore[arg-type]  # passed on as they came

    really = put_clearance
    with monkeypatch.context() as broken:
        broken.setattr(recovering, "put_clearance", break_off)
        with pytest.raises(OSError, match="gone"):
            recovering.replace_key(office.desk, key_of(office), SecretKey(bytes(SEED_SIZE)).public)
    assert table(office) == before
    assert recover(office, *office.recovery.shares[1:]).exit_code == 0
    assert readable(office, "bartek") == references(office)


def test_two_renewals_at_once_do_not_seal_to_a_key_nobody_kept(office: Office) -> None:
    """The second was begun with the old shares too: it is refused, and the first one's shares hold."""
    first, second = NewShares.draw(Scheme(3, 2)), NewShares.draw(Scheme(3, 2))
    recovering.replace_key(office.desk, key_of(office), first.public)
    with pytest.raises(RecoveryRefused):
        recovering.replace_key(office.desk, key_of(office), second.public)
    assert recover(office, *first.shares[1:]).exit_code == 0


def test_a_card_fits_a_page_of_plain_paper() -> None:
    """78 columns, 60 lines, no sign that a printer lacks."""
    text = card(NewShares.draw(Scheme(16, 10)), 16)
    assert max(len(line) for line in text.splitlines()) <= 78
    assert len(text.splitlines()) <= 60
    assert text.isascii()


def test_a_card_says_what_it_is_what_to_do_with_it_and_where_to_hand_it_in() -> None:
    """Whoever finds it in ten years reads it from top to bottom: the share, then the advice, then the last line."""
    new = NewShares.draw(Scheme(3, 2))
    text = card(new, 2)
    order = (
        "ONE SHARE OF",
        "Share 2 of 3",
        numbered_words(new.shares[1]),
        "What to do\n",
        "What not to do\n",
        "Found it?",
    )
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.endswith("at: _____________________________________________________\n")


def test_an_old_key_file_recovers_and_is_renewed_into_shares(office: Office, stick: Path) -> None:
    """A desk from before there were shares: check warns of the file, the file opens, and shares take its place."""
    seed = secrets.token_bytes(SEED_SIZE)
    recovering.replace_key(office.desk, key_of(office), SecretKey(seed).public)
    file = office.folder / "recovery-key.txt"
    file.write_text(f"This is the recovery key of your desk.\n\n{base64.b64encode(seed).decode()}\n")
    file.chmod(0o600)
    assert "recovery-key.txt is still on this host" in run(office, "check").stdout
    (office.folder / "wrong.txt").write_text("no key at all")
    wrong = recover(office, which=f"--all --key-file {office.folder}/wrong.txt")
    assert (wrong.exit_code, "holds no recovery key. Nothing was changed." in wrong.stderr) == (1, True)
    assert recover(office, which=f"--all --key-file {file}").exit_code == 0
    assert readable(office, "bartek") == references(office)
    done = run(office, f"recovery-shares renew --key-file {file} --shares-to {stick}")
    assert done.exit_code == 0, done.output
    file.unlink()
    assert "recovery-key.txt" not in run(office, "check").stdout
    cards = [path.read_text() for path in sorted(stick.iterdir())]
    assert recover(office, *map(words_of, cards[:2])).exit_code == 0
