"""Both hosts are backed up while they work, destroyed, restored on a bare machine: everybody finds what they left."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from journalist_interface.commands import main as desk_command
from source_interface.commands import main as drop_command
from tests.desk_person import Person
from tests.reply_files import BothHosts, both_hosts
from tests.source_site import running_site

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
    said = desk_run(words, "y\n" + typed_shares(kept))
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
    assert done.exit_code == 0, done.output
    told = desk_run(["audit", "verify", "--data", str(kept.scratch / "desk")])
    assert told.exit_code == 0, told.output
    recovered = desk_run(
        ["recover", "--data", str(kept.scratch / "desk"), "--reviewer", "amina", "--all"],
        "Lost disk.\n" + typed_shares(kept),
    )
    assert "amina can read 1 case now" in recovered.output
