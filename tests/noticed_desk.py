"""A desk that sends a daily notice: who gets it, how it goes through a day, and what is said of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Self

from click.testing import CliRunner, Result

from journalist_interface.check_notice import check_notice
from journalist_interface.commands import main
from journalist_interface.notice_duty import NoticeDuty
from keys.letter import Letter
from keys.notice import CLEARTEXT_BYTES
from store.desk.courier_state import Doing, say_finished
from store.desk.health import DESK, SOURCE, note_health, read_health
from store.desk.notices import Recipient, list_recipients, read_draw
from store.host_health import Thing
from tests.desk_office import Office
from tests.desk_person import letter, source
from tests.keys_fixtures import CURVE25519, GpgHome, gpg_home
from tests.small_relay import Relay

CANARY = "canary of a letter"
ADDRESS = "ada.officer@example.org"
WELL = {
    Thing.COLLECTION: "done", Thing.COLLECTED: "done", Thing.DISK: "roomy", Thing.KEY: "lasts", Thing.CLOCK: "right",
    Thing.TOR: "well", Thing.POSTURE: "right", Thing.BACKUP: "fresh", Thing.UPDATES: "none",
}  # fmt: skip


@dataclass(frozen=True)
class Homes:
    """The GnuPG homes of those who get notices, with their secret keys; not on the desk's host."""

    ada: GpgHome
    rob: GpgHome
    folder: Path  # where their public keys lie


@contextmanager
def people_with_keys(folder: Path) -> Iterator[Homes]:
    """Two people, each with a key at home."""
    with gpg_home(folder / "of ada") as ada, gpg_home(folder / "of rob") as rob:
        for name, home in (("ada", ada), ("rob", rob)):
            (folder / f"{name}.asc").write_bytes(home.public(home.make(name, CURVE25519.format(expiry=0))))
        yield Homes(ada, rob, folder)


def run(office: Office, *arguments: str) -> Result:
    """A command of `candour-desk notice`."""
    head, *others = arguments
    return CliRunner().invoke(main, ["notice", head, "--data", str(office.folder), *others])


def set_up(office: Office, people: Homes, relay: Relay) -> Path:
    """Ada gets a mail, Rob a file; return the folder where that lies."""
    folder = office.folder.parent / "drop folder"
    folder.mkdir()
    keys = people.folder
    assert run(office, "rhythm", "--relay", relay.where).exit_code == 0
    assert run(office, "add", "ada", "--key", str(keys / "ada.asc"), "--to", ADDRESS).exit_code == 0
    assert run(office, "add", "rob", "--key", str(keys / "rob.asc"), "--folder", str(folder)).exit_code == 0
    return folder


def midnight(day: str) -> int:
    """The first second of a day."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def later(day: str, days: int) -> str:
    """A day so many days on."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def text_in(people: Homes, mail: bytes) -> str:
    """What stands in a mail, for who has the key, as a mail program finds it."""
    parsed = message_from_bytes(mail, policy=default)
    assert parsed.get_content_type() == "multipart/encrypted"
    version, sealed = parsed.iter_parts()
    assert version.get_content_type() == "application/pgp-encrypted"
    opened = people.ada.run("--decrypt", typed=sealed.get_content().decode())
    assert len(opened) == CLEARTEXT_BYTES
    inner = message_from_bytes(opened, policy=default)
    assert inner.get_content_type() == "text/plain"
    return str(inner.get_content()).replace("\r\n", "\n").rstrip()


@dataclass
class World:
    """A desk with its watch, and letters that wait."""

    office: Office
    duty: NoticeDuty
    waiting: list[Letter] = field(default_factory=list)
    passed: float = 0  # what a clock shows that nobody sets

    def step(self, now: int, passed: float | None = None) -> int:
        """Have the watch do what is due; `passed` where the clock was set meanwhile."""
        self.passed = now if passed is None else passed
        return self.duty.step(now)

    def letter(self, day: str, letters: int = 1) -> Self:
        """Letters wait, that came on a day."""
        for _each in range(letters):
            self.waiting.append(letter(self.office, source(), message=CANARY))
            self.sql("UPDATE parcels SET collected_day = ? WHERE submission = ?", day, self.waiting[-1].submission)
        return self

    def open_all(self) -> Self:
        """Every letter that waits becomes a case."""
        for each in self.waiting:
            self.office.open(each)
        self.waiting.clear()
        return self

    def sql(self, statement: str, *values: object) -> Self:
        """Change the desk's database."""
        with self.office.desk.database.writing() as connection:
            connection.exec_driver_sql(statement, values)
        return self

    def collected(self, day: str, **changes: str) -> Self:
        """The courier was there on a day, and all was well but what is named."""
        words = {**WELL, **{Thing(name): word for name, word in changes.items()}}
        with self.office.desk.database.writing() as connection:
            note_health(connection, SOURCE, words, day)
            say_finished(connection, midnight(day) + 30_000, Doing.DONE, "No new submissions.")
        return self

    def due(self) -> int:
        """When the notice that was drawn last is due."""
        with self.office.desk.database.reading() as connection:
            found = read_draw(connection)
        assert found is not None
        return found[1]

    def morning(self, day: str) -> int:
        """Go through a day until what is due has gone, and no earlier; return the second in which."""
        self.step(midnight(day) + 1)
        assert self.step(self.due() - 1) == 1
        self.step(self.due())
        return self.due()

    def recipient(self, name: str = "ada") -> Recipient:
        """Somebody who gets it."""
        with self.office.desk.database.reading() as connection:
            return next(each for each in list_recipients(connection) if each.name == name)


@contextmanager
def watched(office: Office, people: Homes, relay: Relay) -> Iterator[World]:
    """A desk that is set up, and its watch."""
    set_up(office, people, relay)
    made: list[World] = []
    with closing(NoticeDuty(office.folder, ticks=lambda: made[0].passed)) as duty:
        made.append(World(office, duty))
        yield made[0]


def word_of(world: World) -> str:
    """How the desk's page has the notice."""
    with world.office.desk.database.reading() as connection:
        return read_health(connection, DESK)[Thing.NOTICE].word


def check(office: Office) -> str:
    """What the check says of notices."""
    with office.desk.database.reading():
        return "\n".join(finding.sentence for finding in check_notice(office.desk))
