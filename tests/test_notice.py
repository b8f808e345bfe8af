"""The daily notice: whoever sees the mails, the files or the line learns the date, and nothing of what came."""

import inspect
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Self

import pytest
from click.testing import CliRunner, Result

from deploy.hosts.units import DATA, UNITS
from journalist_interface.backup import look_at_restored
from journalist_interface.check_notice import check_notice
from journalist_interface.clock import day_of
from journalist_interface.commands import main
from journalist_interface.host_lines import OF_HOST
from journalist_interface.host_words import host_name, thing_name
from journalist_interface.notice_duty import NoticeDuty
from journalist_interface.notice_errors import NoticeNotSent, NoticeRefused
from journalist_interface.notice_mail import HEAD
from journalist_interface.notice_reach import check_reach, is_walled
from journalist_interface.notice_relay import SECONDS as SECONDS_OF_A_RELAY
from journalist_interface.notice_relay import hand_over, read_relay
from journalist_interface.notice_rhythm import LEAST_WINDOW, Rhythm, draw_due
from journalist_interface.notice_words import HostWords, Situation, write_notice
from keys.letter import Letter
from keys.notice import CLEARTEXT_BYTES, fill_up
from posture.machine import Machine
from serving.plain_dates import plain_day
from store.desk.courier_state import Doing, say_finished
from store.desk.health import DESK, SOURCE, note_health, read_health
from store.desk.notices import Recipient, keep_draw, list_recipients, read_draw
from store.host_health import Thing
from tests.desk_office import Office, new_office
from tests.desk_person import letter, source
from tests.keys_fixtures import CURVE25519, GpgHome, gpg_home, make_keys
from tests.small_relay import AFTER, DAWDLES, FLOODS, MUTE, RECIPIENT, SILENT, Relay, small_relay
from tests.source_site import CANDOUR_DROP

DESK_COMMAND = CANDOUR_DROP.with_name("candour-desk")
CANARY = "canary of a letter"
ADDRESS = "ada.officer@example.org"
SECONDS = 60  # until it is a failure


@dataclass(frozen=True)
class Homes:
    """The GnuPG homes of those who get notices, with their secret keys; not on the desk's host."""

    ada: GpgHome
    rob: GpgHome
    folder: Path  # where their public keys lie


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """Two people, each with a key at home."""
    folder = tmp_path_factory.mktemp("people")
    with gpg_home(folder / "of ada") as ada, gpg_home(folder / "of rob") as rob:
        for name, home in (("ada", ada), ("rob", rob)):
            (folder / f"{name}.asc").write_bytes(home.public(home.make(name, CURVE25519.format(expiry=0))))
        yield Homes(ada, rob, folder)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A mail relay on this machine."""
    with small_relay() as made:
        yield made


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


@pytest.fixture
def world(office: Office, people: Homes, relay: Relay) -> Iterator[World]:
    """A desk that is set up, and its watch."""
    set_up(office, people, relay)
    made: list[World] = []
    with closing(NoticeDuty(office.folder, ticks=lambda: made[0].passed)) as duty:
        made.append(World(office, duty))
        yield made[0]


WELL = {
    Thing.COLLECTION: "done", Thing.COLLECTED: "done", Thing.DISK: "roomy", Thing.KEY: "lasts", Thing.CLOCK: "right",
    Thing.TOR: "well", Thing.POSTURE: "right", Thing.BACKUP: "fresh", Thing.UPDATES: "none",
}  # fmt: skip
# Very different days, one after the other, and what stands in the notice of each.
DAYS: dict[str, tuple[Callable[[World, str], World], str]] = {
    "nothing was ever collected": (lambda world, _day: world, "nothing was collected of late"),
    "all is well and nothing came": (lambda world, day: world.collected(day), "Post: nothing waits."),
    "a letter": (lambda world, day: world.collected(day).letter(day), "Post: 1 letter that nobody"),
    "eleven more": (lambda world, day: world.collected(day).letter(day, 11), "Post: 12 letters that nobody"),
    "one has waited for a month": (
        lambda world, day: world.collected(day).letter(later(day, -30)),
        "a letter has waited too long",
    ),
    "all were opened": (lambda world, day: world.collected(day).open_all(), "Post: nothing waits."),
    "deadlines have passed": (
        lambda world, day: world.collected(day).sql("UPDATE cases SET answer_from = '2020-01-06'"),
        "13 cases are past one, the first since 9 January 2020",
    ),
    "nobody at work reads them": (
        lambda world, day: world.collected(day).sql("UPDATE reviewers SET suspended = 1"),
        "13 cases can be read by nobody at work",
    ),
    "no collection on this day": (lambda world, _day: world, "Post: nothing waits."),
    "nor on the next": (lambda world, _day: world, "That is too long ago"),
    "the source host is ill": (
        lambda world, day: world.collected(day, disk="full", tor="not published", posture="faults"),
        "source host: not well (disk, Tor, posture)",
    ),
    "everything at once": (
        lambda world, day: world.collected(day, key="unusable").letter(day),
        "source host: not well (keys)",
    ),
}


def fixed(mail: bytes) -> bytes:
    """A mail without what may differ: its random names, its hour and what is sealed, each of which has one length."""
    boundary = re.search(rb'boundary="([0-9a-f]{32})"', mail)
    assert boundary is not None
    without = mail.replace(boundary[1], b"B" * 32)
    without, count = re.subn(rb"(?m)^Message-ID: <[0-9a-f]{32}@", b"Message-ID: <M@", without)
    assert count == 1
    without, count = re.subn(rb"(?m)^Date: \w{3}, \d\d \w{3} \d{4} \d\d:00:00 \+0000\r$", b"Date: D\r", without)
    assert count == 1
    return re.sub(rb"(?s)(-----BEGIN PGP MESSAGE-----\r\n\r\n).*?(-----END)", rb"\1S\2", without)


def test_who_sees_the_notices_of_very_different_days_sees_the_date_alone(
    world: World, people: Homes, relay: Relay
) -> None:
    """One a day to each, of one length, with the same words around it; what it says is true, and sealed."""
    drop = world.office.folder.parent / "drop folder" / "notice-rob.asc"
    files, moments, texts = [], [], []
    for number, (change, wanted) in enumerate(DAYS.values()):
        day = later(day_of(int(time.time())), number + 1)
        change(world, day)
        moments.append(world.morning(day) - midnight(day))
        assert len(relay.mails) == number + 1
        texts.append(text_in(people, relay.mails[-1]))
        assert wanted in texts[-1]
        assert texts[-1].startswith(f"Candour, {plain_day(day)}\n")
        seen = drop.stat()
        files.append((seen.st_size, seen.st_mode, os.listdir(drop.parent)))
        assert people.rob.run("--decrypt", typed=drop.read_text()).decode().rstrip() == texts[-1]
    assert len({len(mail) for mail in relay.mails}) == 1
    assert len({fixed(mail) for mail in relay.mails}) == 1
    assert len(set(texts)) == len(DAYS)
    assert files == [files[0]] * len(DAYS)
    assert files[0][1:] == (0o100600, ["notice-rob.asc"])
    # The same words on the line, too, and nowhere this host's name.
    assert relay.said == [["ehlo localhost", f"mail FROM:<{ADDRESS}>",
                           f"rcpt TO:<{ADDRESS}>", "DATA"]] * len(DAYS)  # fmt: skip
    assert all(6 * 3600 <= moment < 8 * 3600 for moment in moments)
    assert len({*moments}) > len(DAYS) // 2
    for text in texts:
        assert CANARY not in text
        assert not re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", text), "a reference"
    everything = b"".join(map(fixed, relay.mails)).lower()
    assert not any(word in everything for word in (b"candour", b"python", socket.gethostname().lower().encode()))


def test_a_moment_is_drawn_for_a_day_and_knows_nothing_else() -> None:
    """In the window, in every part of it, never the same again: a function of the day and the rhythm alone."""
    assert list(inspect.signature(draw_due).parameters) == ["day", "rhythm"]
    rhythm = Rhythm(at=22 * 60, within=120)
    moments = [draw_due("2026-11-29", rhythm) - midnight("2026-11-29") for _each in range(400)]
    assert all(22 * 3600 <= moment < 24 * 3600 for moment in moments)
    quarters = [
        sum(22 * 3600 + q * 1800 <= moment < 22 * 3600 + (q + 1) * 1800 for moment in moments) for q in range(4)
    ]
    # Of 400 fair draws fewer than 50 fall in a quarter once in a hundred million million times.
    assert min(quarters) >= 50
    assert len(set(moments)) > 350


def test_nothing_that_comes_moves_or_doubles_a_notice(world: World, relay: Relay) -> None:
    """The moment is kept through restarts; what comes later the same day brings no second one; nor does a hand."""
    day = later(day_of(int(time.time())), 1)
    world.step(midnight(day) + 1)
    drawn = world.due()
    world.letter(day)
    for now in (midnight(day) + 60, drawn - 1):
        with closing(NoticeDuty(world.office.folder)) as another:
            another.step(now)
    assert (world.due(), relay.mails) == (drawn, [])
    world.step(drawn)
    assert len(relay.mails) == 1
    world.letter(day)
    for now in range(drawn, midnight(later(day, 1)), 4 * 3600):
        world.step(now)
    with closing(NoticeDuty(world.office.folder)) as another:
        another.step(midnight(later(day, 1)) - 1)
        assert another.send(world.recipient(), drawn + 7) is False
    assert len(relay.mails) == 1
    # And on the next day one again.
    world.morning(later(day, 1))
    assert len(relay.mails) == 2


@pytest.mark.parametrize("ill", [RECIPIENT, "is not there"])
def test_what_did_not_leave_goes_later_the_same_day(world: World, relay: Relay, ill: str) -> None:
    """Told meanwhile, with the reason; tried again within the half hour; told no more once it has gone."""
    day = later(day_of(int(time.time())), 1)
    relay.ill = ill
    if ill == "is not there":
        assert run(world.office, "rhythm", "--relay", "unix:/nowhere.sock").exit_code == 0
    at = world.morning(day)
    world.step(at + 1)
    refused = len(relay.said)
    assert refused == (0 if ill == "is not there" else 1), "it is not asked at once again"
    assert (world.recipient().sent, world.recipient("rob").sent) == ("", day)
    assert "mail relay" in world.recipient().problem
    assert word_of(world) == "failed"
    assert "The notice to ada did not go" in check(world.office)
    assert "mail relay" in run(world.office, "show").output
    relay.ill = ""
    run(world.office, "rhythm", "--relay", relay.where)
    for minutes in (5, 31):
        world.step(at + minutes * 60)
    assert (world.recipient().sent, world.recipient().problem) == (day, "")
    assert (len(relay.said), word_of(world)) == (refused + 1, "sent")


@pytest.mark.parametrize("ill", [SILENT, AFTER])
def test_of_what_may_have_left_no_second_one_goes(world: World, relay: Relay, ill: str) -> None:
    """The relay has all of it, and breaks off or refuses: nobody knows. Desk and check say so; the next day it goes."""
    day = later(day_of(int(time.time())), 1)
    relay.ill = ill
    at = world.morning(day)
    relay.ill = ""
    for minutes in (10, 60, 600):
        world.step(at + minutes * 60)
    assert (len(relay.mails), word_of(world)) == (1, "failed")
    assert "obody knows whether it" in check(world.office)
    world.morning(later(day, 1))
    assert (len(relay.mails), word_of(world)) == (2, "sent")


def word_of(world: World) -> str:
    """How the desk's page has the notice."""
    with world.office.desk.database.reading() as connection:
        return read_health(connection, DESK)[Thing.NOTICE].word


def check(office: Office) -> str:
    """What the check says of notices."""
    with office.desk.database.reading():
        return "\n".join(finding.sentence for finding in check_notice(office.desk))


def test_a_watch_that_is_killed_in_the_middle_sends_no_second_one(world: World, relay: Relay) -> None:
    """The real process, killed while the relay holds the whole mail; started again, and stopped as systemd stops it."""
    relay.ill = MUTE
    with world.office.desk.database.writing() as connection:
        keep_draw(connection, day_of(int(time.time())), int(time.time()) - 5)
    command = [str(DESK_COMMAND), "notice", "run", "--data", str(world.office.folder)]
    first = subprocess.Popen(command)
    assert relay.taken.wait(SECONDS)
    first.kill()
    first.wait()
    relay.ill = ""
    relay.ended.set()
    second = subprocess.Popen(command)
    ends = time.monotonic() + SECONDS
    while not world.recipient("rob").sent:
        assert time.monotonic() < ends
        time.sleep(0.05)
    second.send_signal(signal.SIGTERM)
    assert second.wait(SECONDS) == 0
    assert len(relay.mails) == 1
    assert world.recipient().tried == day_of(int(time.time()))
    assert "nobody knows whether it did" in check(world.office)
    assert "nobody knows whether it left" in run(world.office, "show").output


@pytest.mark.parametrize("ill", [DAWDLES, FLOODS])
def test_a_relay_that_comes_to_no_end_holds_nobody_up(relay: Relay, ill: str) -> None:
    """One that says one line after the other, whatever each takes: there is one time for all, and one length."""
    relay.ill = ill
    with pytest.raises(NoticeNotSent):
        hand_over(read_relay(relay.where), ADDRESS, ADDRESS, b"a notice\r\n", seconds=0.3 if ill == DAWDLES else 60)
    assert not relay.taken.is_set(), "it said all that it wanted"


def test_the_watch_is_given_the_time_to_end_a_conversation() -> None:
    """Cut off by who stops it for an upgrade, it would leave a notice of which nobody knows."""
    (unit,) = [unit for unit in UNITS["desk"] if unit.name == "candour-notice"]
    assert unit.ends_within > SECONDS_OF_A_RELAY
    assert f"TimeoutStopSec={unit.ends_within}" in unit.text()


def test_who_is_stopped_begins_with_nobody_else(world: World, relay: Relay) -> None:
    """What was not begun goes when the watch runs again."""
    now = midnight(later(day_of(int(time.time())), 1))
    world.step(now)
    with closing(NoticeDuty(world.office.folder, is_over=lambda: bool(relay.mails))) as stopped:
        stopped.step(world.due())
    assert (len(relay.mails), world.recipient("rob").tried) == (1, "")


def test_a_clock_that_was_ahead_silences_nobody(world: World, relay: Relay) -> None:
    """It is set right: the notice goes on that day, and the page does not take a day to come for one that was."""
    today = day_of(int(time.time()))
    world.morning(later(today, 400))
    assert word_of(world) == "sent"
    world.step(midnight(today) + 1, passed=world.passed + 60)
    assert word_of(world) == "failed"
    world.step(world.due(), passed=world.passed + 2000)
    assert (len(relay.mails), word_of(world)) == (2, "sent")


def test_a_hand_that_fails_does_not_give_back_a_day_that_has_gone(world: World, relay: Relay) -> None:
    """The key cannot be sealed to any more: nothing goes, and nothing is said of the one that went."""
    day = later(day_of(int(time.time())), 1)
    world.morning(day)
    world.sql("UPDATE notice_recipients SET key = x'00' WHERE name = 'ada'")
    with pytest.raises(NoticeNotSent):
        world.duty.send(world.recipient(), world.due() + 60)
    assert (world.recipient().tried, world.recipient().sent, world.recipient().problem) == (day, day, "")
    # On a day on which none went the same failure is told, and stays to be tried.
    with pytest.raises(NoticeNotSent):
        world.duty.send(world.recipient(), midnight(later(day, 1)))
    assert (world.recipient().tried, "could not be sealed" in world.recipient().problem) == (day, True)
    assert len(relay.mails) == 1


def test_a_restored_desk_sends_nothing_on_that_day(world: World, relay: Relay) -> None:
    """From the host that was it may have gone; a copy that somebody only tries out writes to nobody."""
    today = day_of(int(time.time()))
    world.step(midnight(today) + 1)
    look_at_restored(world.office.folder)
    world.step(midnight(today) + 86_399)
    assert (relay.mails, world.recipient().tried, world.recipient("rob").tried) == ([], today, today)
    world.morning(later(today, 1))
    assert len(relay.mails) == 1


def test_a_relay_on_a_socket_takes_one_by_hand_and_no_second(office: Office, people: Homes, tmp_path: Path) -> None:
    """For trying the way out; from an address of its own. Then today's has gone."""
    with small_relay(tmp_path / "relay.sock") as relay:
        set_up(office, people, relay)
        assert run(office, "rhythm", "--sender", "post@example.net").exit_code == 0
        assert run(office, "send", "ada").exit_code == 0
        assert "Most urgent:" in text_in(people, relay.mails[0])
        assert b"\r\nMessage-ID: <" in relay.mails[0]
        assert re.search(rb"Message-ID: <[0-9a-f]{32}@example\.net>", relay.mails[0])
        again = run(office, "send", "ada")
        assert (again.exit_code, "has gone already" in again.output) == (1, True)
        assert (run(office, "send", "nobody").exit_code, len(relay.mails)) == (1, 1)
    assert run(office, "remove", "ada").exit_code == 0
    assert run(office, "remove", "ada").exit_code == 1
    assert "ada" not in run(office, "show").output


KEYS = ("secret", "expired", "no encryption subkey", "RSA of 1,024 bits")


def test_a_key_that_is_not_good_gets_no_notice(office: Office, tmp_path: Path) -> None:
    """By gpg's own word, and nobody is added; nor by half an address, two places, or a name that is none."""
    good, *bad = make_keys(tmp_path, ("Curve25519", *KEYS)).values()
    for path in (*bad, tmp_path / "nothing"):
        assert run(office, "add", "ada", "--key", str(path), "--to", ADDRESS).exit_code == 1
    for options in (
        ("ada", "--to", "ada@localhost"),
        ("ada", "--to", "ada@example.org\nBcc: eve@example.org"),
        ("ada", "--to", ADDRESS, "--folder", str(tmp_path)),
        ("ada",),
        ("ada", "--folder", str(tmp_path / "nowhere")),
        ("Ada of Intake", "--to", ADDRESS),
    ):
        assert run(office, "add", *options, "--key", str(good)).exit_code == 1, options
    with office.desk.database.reading() as connection:
        assert list_recipients(connection) == ()
    assert run(office, "add", "ada", "--key", str(good), "--to", ADDRESS).exit_code == 0
    assert run(office, "add", "ada", "--key", str(good), "--to", ADDRESS).exit_code == 1


@pytest.mark.parametrize(
    "where", ["10.0.0.1:25", "localhost:25", "127.0.0.1:0", "127.0.0.1:70000", "unix:relay", "127.0.0.1", "0.0.0.0:25"]
)
def test_a_relay_elsewhere_is_refused(where: str) -> None:
    """Nothing but Tor leaves this host: a relay is on this machine."""
    with pytest.raises(NoticeRefused):
        read_relay(where)


OUT_OF_REACH = {
    "a port: the service has no network": {"relay": "127.0.0.1:2525"},
    "a socket elsewhere": {"relay": "unix:/run/relay.sock"},
    "a home": {"folder": "/home/officer/post"},
    "a way out of the data folder": {"folder": "/var/lib/candour/../post"},
}


@pytest.mark.parametrize("what", OUT_OF_REACH)
def test_what_the_service_cannot_reach_is_refused_at_once(what: str) -> None:
    """By hand it would work, and then fail every day; the sentence names the way."""
    with pytest.raises(NoticeRefused, match=r"candour-notice.*guide-watching"):
        check_reach(Path(DATA), **OUT_OF_REACH[what])
    check_reach(Path(DATA), relay=f"unix:{DATA}/relay.sock", folder=f"{DATA}/post")


def test_the_walls_are_those_of_an_installed_desk(tmp_path: Path) -> None:
    """Elsewhere nobody knows what the watch may reach, and nothing is refused."""
    assert not is_walled(Path(DATA), Machine(tmp_path))
    unit = tmp_path / "etc/systemd/system/candour-notice.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert is_walled(Path(DATA), Machine(tmp_path))
    assert not is_walled(tmp_path / "tried out", Machine(tmp_path))


def test_a_window_lies_within_a_day_and_is_wide(office: Office) -> None:
    """Or the notice would be of another day, or come at a moment that anybody can name."""
    for options in (
        ("--at", "23:00", "--within", "61"), ("--within", str(LEAST_WINDOW - 1)), ("--at", "7:30"), ("--at", "24:00"),
    ):  # fmt: skip
        assert run(office, "rhythm", *options).exit_code == 1
    assert "22:00 and 24:00 UTC" in run(office, "rhythm", "--at", "22:00").output


def test_the_longest_notice_fits() -> None:
    """Everything late, everything ill, and more of it than is counted."""
    hosts = tuple(HostWords(host_name(host), tuple(map(thing_name, OF_HOST[host])), ()) for host in OF_HOST)
    day = "2026-09-30"
    longest = write_notice(Situation(day, 10**6, day, True, 10**6, 10**6, day, day, True, hosts))
    assert len(fill_up(longest.replace("\n", "\r\n"), HEAD)) == CLEARTEXT_BYTES
    assert len(longest) < CLEARTEXT_BYTES * 2 // 3, "a translation is longer"
    with pytest.raises(ValueError, match="length"):
        fill_up("x" * CLEARTEXT_BYTES)
