"""Two scratch hosts that lived, with their backups, and copies of them for each disaster: real keys, real commands."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from journalist_interface.accounts import open_passphrase
from journalist_interface.commands import main as desk_command
from journalist_interface.courier import Courier
from journalist_interface.courier_report import Report
from journalist_interface.desk_folder import opened_desk
from journalist_interface.door_client import DoorClient
from journalist_interface.opening import open_parcel
from journalist_interface.pairing import read_pairing
from journalist_interface.recovery_codes import draw_codes
from journalist_interface.sessions import SignedIn
from keys.intake_secret import agent_running
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from keys.totp import spoken_secret
from serving.server import CLOSE
from source_interface.commands import main as drop_command
from source_interface.door_app import create_door
from source_interface.site_app import create_site
from store.desk.parcels import list_parcels
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from tests.copied_hosts import but_sockets_and_locks
from tests.courier.ground import Watching
from tests.desk_person import Person
from tests.reply_files import both_hosts
from tests.served import served

REPLY = "canary-reply-51c3: which station?"
WAITING = "canary-letter-77aa: he has done it again."
CHARITY = {"charity_name": "The Lantern Trust", "free_bytes_for_files": 0, "free_bytes_for_text": 0}


@dataclass
class Hosts:
    """Both hosts of one disaster: the folder with `drop` and `desk`, the stick, and what people know by heart."""

    place: Path
    stick: Path
    codename: str
    reference: str
    secrets: dict[str, ReviewerSecret]
    shares: tuple[str, ...]
    recovery_codes: tuple[str, ...] = field(repr=False)

    @property
    def drop(self) -> Path:
        """The source host's folder."""
        return self.place / "drop"

    @property
    def desk(self) -> Path:
        """The desk's."""
        return self.place / "desk"

    @property
    def backed_up(self) -> str:
        """The day of the newest backup on the stick: not always today, for the tests may run past midnight."""
        return max(path.stem[-len("2026-11-29") :] for path in self.stick.glob("*.backup"))

    def copy(self, place: Path, stick: Path) -> "Hosts":
        """Restore copies of all of it, to be ruined."""
        shutil.copytree(self.place, place, dirs_exist_ok=True, ignore=but_sockets_and_locks)
        shutil.copytree(self.stick, stick, dirs_exist_ok=True)
        return Hosts(place, stick, self.codename, self.reference, self.secrets, self.shares, self.recovery_codes)

    def code(self, name: str, steps: int = 0) -> str:
        """The one-time code of now, or of so many steps from now."""
        return pyotp.TOTP(spoken_secret(self.secrets[name].totp_secret)).at(int(time.time()) + 30 * steps)

    def token(self) -> str:
        """The token that the desk has for the door."""
        return read_pairing(self.desk).token

    def collect(self) -> Report:
        """What `candour-desk collect` does, straight to the real door: there is no Tor network here."""
        with self.door() as url, opened_desk(self.desk) as desk, closing(DoorClient(url, self.token())) as client:
            return Courier(desk.database, desk.post, desk.outgoing, client, Watching()).run()

    @contextmanager
    def door(self) -> Iterator[str]:
        """Serve the source host's real door; give its address."""
        door = create_door(self.drop)
        try:
            with served(door) as url:
                yield url
        finally:
            door.extensions[CLOSE]()

    def read_post(self, name: str) -> list[str]:
        """Open everything in the post as an officer; return the references of the cases."""
        with opened_desk(self.desk) as desk, agent_running(desk.paths.gnupg):
            with desk.database.reading() as connection:
                passphrase = open_passphrase(find_reviewer(connection, name), self.secrets[name].key())
                parcels = list_parcels(connection)
            return [
                open_parcel(desk, self.signed_in(name), passphrase, each.submission, ("amina",)) for each in parcels
            ]

    def signed_in(self, name: str) -> SignedIn:
        """Somebody at work."""
        return SignedIn(name, self.secrets[name].key(), SessionToken.draw())


@contextmanager
def site(root: Path) -> Iterator[str]:
    """Serve a source host's real site where a test can come to it: without its onion services meanwhile."""
    aside = root.parent / "aside"
    aside.mkdir()
    names = [name for name in ("tor", "site-address") if (root / name).exists()]
    for name in names:
        (root / name).rename(aside / name)
    app = create_site(root)
    try:
        with served(app) as url:
            yield url
    finally:
        app.extensions[CLOSE]()
        for name in names:
            (aside / name).rename(root / name)
        aside.rmdir()


def inbox(root: Path, codename: str) -> str:
    """What a source finds who comes back."""
    with site(root) as url, closing(SourceClient(url)) as source:
        return source.come_back(codename).text


def report(root: Path, message: str) -> tuple[int, str]:
    """A source writes for the first time: the status of the answer, and the codename."""
    with site(root) as url, closing(SourceClient(url)) as source:
        codename = source.take_codename()
        return source.report(message, codename=codename).status, codename


def run(words: list[str], typed: str = "") -> Result:
    """A command of either host."""
    return CliRunner().invoke({"candour-drop": drop_command, "candour-desk": desk_command}[words[0]], words[1:], typed)


def done(*words: object, typed: str = "") -> str:
    """A command that must succeed; what it said."""
    said = run([str(word) for word in words], typed)
    assert said.exit_code == 0, said.output
    return said.output


def make_hosts(place: Path, stick: Path) -> Hosts:
    """Two hosts with one case and an answer, a letter that waits, onion services, and a backup of each of today."""
    with both_hosts(place) as hosts:
        office = hosts.office
        office.add("ben")
        office.add("dora", Role.ADMINISTRATOR)
        codes = draw_codes(office.secrets["amina"].seed, "amina")
        with office.desk.database.writing() as connection:
            codes.keep(connection)
        assert hosts.reply(Person(hosts.app, office, "amina"), REPLY).status_code == 303
        assert hosts.collect().problems == []
        source, page = hosts.come_back()
        assert source.write_again(page, WAITING).status in (200, 303)
        source.close()
    drop, desk = place / "drop", place / "desk"
    (drop / "settings.json").write_text(json.dumps(CHARITY))
    done("candour-desk", "onion", "set-up", "--data", desk, "--courier-key", place / "desk1.auth")
    with_pairing = ("--courier-key", place / "desk1.auth", "--pairing", place / "pairing.json")
    done("candour-drop", "onion", "set-up", "--data", drop, *with_pairing)
    done("candour-desk", "pair", "--data", desk, "--pairing", place / "pairing.json")
    done("candour-desk", "recovery-key", "--data", desk, "--out", stick / "recovery-key.pub")
    done("candour-drop", "backup", "--data", drop, "--out", stick, "--recovery-key", stick / "recovery-key.pub")
    done("candour-desk", "backup", "--data", desk, "--out", stick)
    return Hosts(place, stick, hosts.codename, hosts.reference, office.secrets, office.recovery.shares, codes.codes)


def address_of(root: Path) -> str:
    """The site's onion address."""
    [found] = re.findall(r"[a-z2-7]{56}\.onion", (root / "tor" / "site" / "hostname").read_text())
    return str(found)
