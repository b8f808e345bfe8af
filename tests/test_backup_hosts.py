"""Both hosts are backed up while they work, destroyed, restored on a bare machine: everybody finds what they left."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from journalist_interface import commands_backup
from journalist_interface.commands import main as desk_command
from journalist_interface.recovery_cards import NewShares, Scheme
from source_interface.commands import main as drop_command
from source_interface.door_tokens import DoorToken, keep_pending, read_in_force
from source_interface.drop_folder import DropFolder
from tests.desk_person import Person
from tests.reply_files import BothHosts, both_hosts
from tests.source_ground import today
from tests.source_site import running_site
from tests.test_guide_onion import parse

REPLY = "canary-reply-2b71: which station?"
LETTER = "He sells what he reads."


def drop_run(words: list[str], typed: str = "") -> Result:
    """A command of the source host."""
    return CliRunner().invoke(drop_command, words, input=typed)


def desk_run(words: list[str], typed: str = "") -> Result:
    """A command of the desk."""
    return CliRunner().invoke(desk_command, words, input=typed)


@dataclass(frozen=True)
class Kept:
    """What is left of two hosts: their backups, the groups on paper, and what people know by heart."""

    scratch: Path
    codename: str
    reference: str
    address: str
    onion_key: bytes
    shares: tuple[str, ...]
    groups: dict[str, str]

    def backup(self, host: str) -> Path:
        """The only backup of a host."""
        [path] = (self.scratch / "stick").glob(f"candour-{host}-*.backup")
        return path


def backed_up(hosts: BothHosts, scratch: Path) -> Kept:
    """Give a reply, make the onion services' keys, back both hosts up while both serve."""
    amina = Person(hosts.app, hosts.office, "amina")
    assert hosts.reply(amina, REPLY).status_code == 303
    assert hosts.collect().problems == []
    drop, desk, stick = str(scratch / "drop"), str(hosts.office.folder), scratch / "stick"
    stick.mkdir()
    made = drop_run(["onion", "set-up", "--data", drop])
    address = re.findall(r"[a-z2-7]{56}\.onion", made.output)[0]
    keep_pending(DropFolder(scratch / "drop").tokens, DoorToken("ab" * 32, today()))
    key = scratch / "recovery.pub"
    assert desk_run(["recovery-key", "--data", desk, "--out", str(key)]).exit_code == 0
    said = drop_run(["backup", "--data", drop, "--out", str(stick), "--recovery-key", str(key)])
    assert said.exit_code == 0, said.output
    told = desk_run(["backup", "--data", desk, "--out", str(stick)])
    assert told.exit_code == 0, told.output
    groups = {
        name: re.findall(r"Signed with the key ([0-9A-F ]{29})", each.output)[0]
        for name, each in (("drop", said), ("desk", told))
    }
    onion_key = (scratch / "drop" / "tor" / "site" / "hs_ed25519_secret_key").read_bytes()
    return Kept(scratch, hosts.codename, hosts.reference, address, onion_key, hosts.office.recovery.shares, groups)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Both hosts with a report, a reply and a case, backed up; then both folders are destroyed."""
    scratch = tmp_path_factory.mktemp("both")
    with both_hosts(scratch) as hosts:
        found = backed_up(hosts, scratch)
    shutil.rmtree(scratch / "drop")
    shutil.rmtree(scratch / "desk")
    return found


def typed_shares(kept: Kept) -> str:
    """What two custodians type."""
    return "".join(f"{share}\n" for share in kept.shares[:2])


def restore_desk(kept: Kept) -> Result:
    """The one command."""
    words = ["restore", "--data", str(kept.scratch / "desk"), "--backup", str(kept.backup("desk"))]
    return desk_run([*words, "--signed-by", kept.groups["desk"]], typed_shares(kept))


def test_the_source_returns_to_a_restored_host(kept: Kept) -> None:
    """The desk gives the code, one command restores; the address is the old one; the codename opens the reply."""
    words = ["backup-code", "--backup", str(kept.backup("drop"))]
    said = desk_run(words, f"{kept.groups['drop']}\n" + typed_shares(kept))
    assert said.exit_code == 0, said.output
    [code] = re.findall(r"^(?:[0-9A-Z]{4}-){13}[0-9A-Z]{4}$", said.output, re.M)
    drop = kept.scratch / "drop"
    words = ["restore", "--data", str(drop), "--backup", str(kept.backup("drop")), "--signed-by", kept.groups["drop"]]
    # A slip of the pen is told, and typed again.
    done = drop_run(words, f"{code[:-1]}{'2' if code[-1] == '1' else '1'}\n{code.lower()}\n")
    assert "A sign of this code is wrong" in done.output
    assert f"The site for sources, as before: {kept.address}" in done.output
    assert "FAULT" not in done.output
    assert done.exit_code == 0, done.output
    assert (drop / "tor" / "site" / "hs_ed25519_secret_key").read_bytes() == kept.onion_key
    # What it came out of is a backup: "none was ever made" would be untrue, and keep somebody from silencing it.
    asked = drop_run(["silence", "--data", str(drop)], "no\n").output
    assert f"With the backup of {kept.backup('drop').stem[-10:]} the site comes back" in asked
    assert "backup of this host was ever made" not in done.output
    # Whoever had the token of that day, or has the old host: nothing of it opens this door, and it says so.
    assert read_in_force(DropFolder(drop).tokens).is_void
    assert not DropFolder(drop).tokens.pending.exists()
    told = done.output.partition("What to do next")[2]
    for line in (
        "candour-drop revoke-desk",
        "--close",
        "candour-drop intake-key show",
        "candour-drop pairing",
        "pepper rotate",
        "audit show --act inbox-shut",
        "shut-inbox once more",
        "must be written again",
    ):
        assert line in told
    # The test asks at another address than sources do.
    (drop / "site-address").unlink()
    shutil.rmtree(drop / "tor")
    with running_site(drop) as url:
        source = SourceClient(url)
        inbox = source.come_back(kept.codename)
        source.close()
    assert inbox.status == 200
    assert REPLY in inbox.text


def test_the_case_opens_on_a_restored_desk_and_the_trail_verifies(kept: Kept) -> None:
    """With the password and the authenticator of before; nothing that `check` looks at is missing."""
    done = restore_desk(kept)
    assert "FAULT" not in done.output
    assert "backup of this host was ever made" not in done.output
    assert done.exit_code == 0, done.output
    # Whoever was shut out since that day, there or in a case, is let in by it, and only people know whom.
    next_lines = done.output.partition("What to do next")[2]
    for line in (
        "audit verify",
        "destroy-again",
        "intake-key replace",
        "candour-drop revoke-desk",
        "suspended since that day can sign in",
    ):
        assert line in next_lines
    told = desk_run(["audit", "verify", "--data", str(kept.scratch / "desk")])
    assert told.exit_code == 0, told.output
    recovered = desk_run(
        ["recover", "--data", str(kept.scratch / "desk"), "--reviewer", "amina", "--all"],
        "Lost disk.\n" + typed_shares(kept),
    )
    assert "amina can read 1 case now" in recovered.output


def test_shares_of_another_desk_open_no_backup_of_this_one(kept: Kept, tmp_path: Path) -> None:
    """Neither to restore it nor for a code; nothing is left, and it says whose shares are needed."""
    others = "".join(f"{share}\n" for share in NewShares.draw(Scheme(shares=3, needed=2)).shares[:2])
    words = ["restore", "--data", str(tmp_path / "desk"), "--backup", str(kept.backup("desk"))]
    for told in (
        desk_run([*words, "--signed-by", kept.groups["desk"]], others),
        desk_run(["backup-code", "--backup", str(kept.backup("drop")), "--signed-by", kept.groups["drop"]], others),
    ):
        assert told.exit_code == 1
        assert "These shares do not open this backup" in told.output
    assert "too few" in desk_run([*words, "--signed-by", kept.groups["desk"]], f"{kept.shares[0]}\n").output
    assert list(tmp_path.iterdir()) == []


def test_nobody_types_a_secret_where_nothing_can_be_restored(kept: Kept, tmp_path: Path) -> None:
    """Something is there already: it says so before the shares are asked for, and the code."""
    (tmp_path / "x").touch()
    for run, host in ((desk_run, "desk"), (drop_run, "drop")):
        done = run(["restore", "--data", str(tmp_path), "--backup", str(kept.backup(host))])
        assert (done.exit_code, "is there already" in done.stderr, done.stdout) == (1, True, "")


def test_whoever_stops_the_checks_at_the_end_is_not_told_that_nothing_is_there(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk is restored by then."""

    def stopped(_root: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands_backup, "check_restored", stopped)
    words = ["restore", "--data", str(tmp_path / "desk"), "--backup", str(kept.backup("desk"))]
    done = desk_run([*words, "--signed-by", kept.groups["desk"]], typed_shares(kept))
    assert (tmp_path / "desk" / "desk.sqlite").exists()
    assert ("Restored in" in done.output, "Nothing was restored" in done.output) == (True, False)


def test_a_backup_without_a_recovery_key_is_refused(tmp_path: Path, drop_folder: DropFolder) -> None:
    """It says where to get one; what is none is refused as well, and not kept."""
    words = ["backup", "--data", str(drop_folder.root), "--out", str(tmp_path)]
    assert "candour-desk recovery-key" in drop_run(words).output
    (tmp_path / "key").write_text("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    assert "holds no recovery key" in drop_run([*words, "--recovery-key", str(tmp_path / "key")]).output
    assert not (drop_folder.root / "recovery-key.pub").exists()


GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "guide-backup.md").read_text("utf-8")


@pytest.mark.parametrize("line", re.findall(r"^candour-(?:drop|desk) .*$", GUIDE, re.M))
def test_a_command_of_the_guide_can_be_typed_as_it_stands(line: str) -> None:
    """With all that it requires."""
    parse(line)


def test_every_refusal_in_the_guide_is_one_that_is_said() -> None:
    """Word for word: somebody looks it up at night."""
    table = GUIDE.split("| it says |", 1)[1].split("\n\n", 1)[0]
    root = Path(__file__).resolve().parent.parent
    said = "".join(
        path.read_text("utf-8")
        for folder in ("store/backup", "source_interface", "journalist_interface")
        for path in (root / folder).glob("*.py")
    )
    said = re.sub(r'"\s*\n\s*"', "", said)
    sentences = re.findall(r"^\| (?!---)([^|]+) \|", table, re.M)
    assert len(sentences) == 11
    assert [each for each in sentences if each.lower() not in said.lower()] == []
