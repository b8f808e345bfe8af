"""`candour-drop revoke-desk`: a stolen desk is shut out by one line, whatever runs, is full, or fails meanwhile."""

import http.client
import json
import re
import shlex
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from bench.source_client import SentFile, SourceClient
from journalist_interface.commands import main as desk
from keys.codename import Codename
from keys.derivation import derive
from keys.reply import Reply, reply_address
from onion import clients
from onion.client_key import ClientKey, authorised
from serving.server import CLOSE
from source_interface.after_revoking import what_to_do_next
from source_interface.backup import CONTENTS
from source_interface.commands import main
from source_interface.door_app import create_door
from source_interface.door_tokens import DoorToken, keep_pending, read_in_force
from source_interface.drop_folder import MIGRATIONS, DropFolder, make_drop, open_drop
from source_interface.intake_key_history import key_in_force
from source_interface.lost_desk import LostDesk, is_closed, read_lost_desk, tell_lost_desk
from source_interface.site_app import create_site
from store.database import open_database
from store.drop.deliveries import ReplyDelivery, apply_delivery
from store.drop.held_answers import count_held
from store.drop.reply_files import forget_files
from store.drop.tables import deliveries, replies, reply_files
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.keys_fixtures import CURVE25519, gpg_home
from tests.killed_calls import Killer, open_killer
from tests.served import served
from tests.small_disk import fill, needs_root, small_disk
from tests.source_ground import today

DROP = "tests.killed_calls:drop"


def days_ago(days: int) -> str:
    """The day that many days before today."""
    return (date.fromisoformat(today()) - timedelta(days=days)).isoformat()


def run(root: Path, *words: str) -> Result:
    """Run `candour-drop`, its data folder given."""
    return CliRunner().invoke(main, [*words, "--data", str(root)])


def revoke(root: Path, *options: str) -> Result:
    """Shut the desk out."""
    return run(root, "revoke-desk", *options)


def deliver(folder: DropFolder, codename: str, text: str, *, came: int, dated: int) -> None:
    """Have an answer come `came` days ago, which says of itself that it was written `dated` days ago."""
    drop = open_drop(folder.root)
    public = derive(Codename.read(codename), drop.pepper).reply_key().public
    reply = Reply("".join(f"{byte:02x}" for byte in text.encode().ljust(16, b"."))[:32], days_ago(dated), text, (), 1)
    delivery = ReplyDelivery(
        f"{came:02x}" * 16, reply_address(public), days_ago(dated), reply.id, reply.seal_to(public)
    )
    apply_delivery(drop.database, delivery, days_ago(came))
    drop.database.close()


def texts(url: str, codename: str) -> str:
    """What the inbox says."""
    source = SourceClient(url)
    page = source.come_back(codename)
    source.close()
    return page.text


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> tuple[Path, str]:
    """A source host with an onion service for its door, a source with three answers; and the source's codename."""
    place = tmp_path_factory.mktemp("lived")
    make_drop(place / "drop", intake_secret.public, place / "pairing.json")
    folder = DropFolder(place / "drop")
    app = create_site(folder.root)
    with served(app) as url:
        source = SourceClient(url)
        codename = source.take_codename()
        assert source.report("It happened on a Tuesday.", codename=codename).status == 200
        source.close()
    app.extensions[CLOSE]()
    deliver(folder, codename, "An old answer", came=9, dated=9)
    deliver(folder, codename, "A thief's answer", came=1, dated=1)
    deliver(folder, codename, "A backdated one", came=2, dated=40)
    (folder.root / "tor").mkdir(mode=0o700)
    service = folder.root / "tor" / "door"
    clients.shut(service)
    for name in ("desk", "desk-2"):
        clients.allow(service, name, authorised(ClientKey.draw().public))
    keep_pending(folder.tokens, DoorToken("ab" * 32, today()))
    return place, codename


@pytest.fixture
def place(lived: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of it, to be revoked at."""
    shutil.copytree(lived[0], tmp_path / "place", ignore=but_sockets_and_locks)
    return tmp_path / "place"


@contextmanager
def site(place: Path) -> Iterator[str]:
    """Its site, as if it had no onion service: this test has none running."""
    (place / "drop" / "tor").rename(place / "tor")
    app = create_site(place / "drop")
    with served(app) as url:
        yield url
    app.extensions[CLOSE]()
    (place / "tor").rename(place / "drop" / "tor")


def held(place: Path) -> int:
    """How many answers are held back."""
    with closing(open_database(place / "drop" / "drop.sqlite", MIGRATIONS)) as database:
        return count_held(database)


def names(place: Path) -> tuple[str, ...]:
    """Who is let in at the door."""
    return clients.names(place / "drop" / "tor" / "door")


def is_shut_out(place: Path) -> bool:
    """Tell whether nothing of before opens the door any more, and strangers find it shut."""
    tokens = DropFolder(place / "drop").tokens
    void = not tokens.in_force.exists() or read_in_force(tokens).is_void
    return (
        void and not tokens.pending.exists() and not names(place) and clients.is_shut(place / "drop" / "tor" / "door")
    )


def test_one_line_does_it_all(place: Path, lived: tuple[Path, str]) -> None:
    """Token, keys, answers by the day on which they came; what is not in doubt stays. Again it changes nothing."""
    done = revoke(place / "drop", "--since", days_ago(3))
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert is_shut_out(place)
    assert "The keys to the door are taken away: desk, desk-2." in done.stdout
    assert "2 answers are held back from their sources" in done.stdout
    assert "The site goes on taking letters" in done.stdout
    assert "Tor is not running on this host: nobody comes in" in done.stdout
    with site(place) as url:
        shown = texts(url, lived[1])
    assert "An old answer" in shown
    assert "A thief" not in shown
    assert "A backdated one" not in shown
    again = revoke(place / "drop", "--since", days_ago(3))
    assert (again.exit_code, held(place), is_shut_out(place)) == (0, 2, True)


SINCE: dict[str, tuple[list[str], int]] = {
    "yesterday, if no day is named": ([], 1),
    "the day before": (["--since", days_ago(2)], 2),
    "so long ago that all of them came since": (["--since", days_ago(200)], 3),
    "tomorrow": (["--since", days_ago(-1)], 0),
}


@pytest.mark.parametrize("day", SINCE)
def test_the_day_on_which_an_answer_came_counts(place: Path, day: str) -> None:
    """This host's own: the day that stands in an answer was the thief's to choose. What is nobody's longest, too."""
    options, count = SINCE[day]
    assert revoke(place / "drop", *options).exit_code == 0
    assert held(place) == count


def test_what_came_before_anybody_remembers_is_held_back_from_a_day_as_old(place: Path) -> None:
    """A day that is remembered leaves it alone."""
    drop = open_drop(place / "drop")
    with drop.database.writing() as connection:
        connection.execute(deliveries.delete())
    drop.database.close()
    assert (revoke(place / "drop").exit_code, held(place)) == (0, 0)
    assert (revoke(place / "drop", "--since", days_ago(91)).exit_code, held(place)) == (0, 3)


SLIPS: dict[str, tuple[str, str]] = {
    "a day that is still to come: nothing would be held back since": (days_ago(-2), "is still to come. Nothing was"),
    "a year of the Middle Ages: no note that names it is believed": (
        "1026-11-25",
        "look at the year. Nothing was done",
    ),
    "two digits of the year": ("0026-11-25", "look at the year. Nothing was done"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_year_at_night_does_nothing(place: Path, slip: str) -> None:
    """Else it would say that sources are told, who read a wrong day, or nothing, at a site that takes nothing."""
    day, said = SLIPS[slip]
    done = revoke(place / "drop", "--since", day)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert not read_in_force(DropFolder(place / "drop").tokens).is_void
    assert not (place / "drop" / "desk-lost.json").exists()


def test_a_folder_that_others_may_enter_is_closed_and_the_thief_shut_out(place: Path) -> None:
    """Every other command has it mended first: this one has no time."""
    root = place / "drop"
    root.chmod(0o750)
    done = revoke(root)
    assert (done.exit_code, "It is closed to them now." in done.stdout) == (0, True), done.output
    assert (stat.S_IMODE(root.stat().st_mode), names(place)) == (0o700, ())
    assert read_in_force(DropFolder(root).tokens).is_void


def test_a_slip_in_the_name_of_the_folder_does_not_say_that_the_thief_is_out(tmp_path: Path) -> None:
    """It says that there is no host, and neither makes a note there nor changes who may come in."""
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong").chmod(0o755)
    done = revoke(tmp_path / "wrong", "--close")
    assert (done.exit_code, "is void" in done.stdout, "no source host" in done.stderr) == (1, False, True), done.output
    assert (list((tmp_path / "wrong").iterdir()), (tmp_path / "wrong").stat().st_mode & 0o777) == ([], 0o755)


def test_an_earlier_day_holds_more_and_a_later_one_releases_nothing(place: Path) -> None:
    """Nobody is sure of the day at six in the morning."""
    for days, count in ((1, 1), (5, 2), (0, 2)):
        assert revoke(place / "drop", "--since", days_ago(days)).exit_code == 0
        assert held(place) == count
    lost = read_lost_desk(place / "drop" / "desk-lost.json")
    assert lost is not None
    assert (lost.since, lost.revoked) == (days_ago(5), today())


def test_what_is_held_back_is_shown_or_erased(place: Path, lived: tuple[Path, str]) -> None:
    """Released it is as it was. Erased it is gone, and the same answer does not come back."""
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    for neither_or_both in ((), ("--release", "--remove"), ("--remove", "--release")):
        assert run(place / "drop", "after-revoking", "answers", *neither_or_both).exit_code == 2
    done = run(place / "drop", "after-revoking", "answers", "--release")
    assert "2 answers that were held back are shown" in done.stdout
    with site(place) as url:
        assert "A backdated one" in texts(url, lived[1])
    done = revoke(place / "drop", "--since", days_ago(3), "--answers", "remove")
    assert "2 answers that were held back are erased" in done.stdout
    folder = DropFolder(place / "drop")
    deliver(folder, lived[1], "A backdated one", came=2, dated=40)
    drop = open_drop(folder.root)
    with drop.database.reading() as connection:
        assert len(connection.execute(replies.select()).all()) == 1
    drop.database.close()


def test_the_files_of_an_answer_wait_with_it(place: Path) -> None:
    """However long somebody takes to say whose it is. Released, they are there for as long as those of a new answer."""
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    drop = open_drop(place / "drop")
    with drop.database.writing() as connection:
        answer = connection.execute(replies.select().where(replies.c.held)).first()
        assert answer is not None
        row = {"reply": answer.id, "lookup_id": answer.lookup_id, "size": 4, "sha256": "0" * 64, "here": True}
        connection.execute(reply_files.insert().values(blob="b" * 32, day=days_ago(90), **row))

    def left(days_on: int = 0) -> list[str]:
        forget_files(drop.database, drop.reply_files, days_ago(-days_on), 60)
        with drop.database.reading() as connection:
            return [row.day for row in connection.execute(reply_files.select())]

    assert left() == [days_ago(90)]
    assert run(place / "drop", "after-revoking", "answers", "--release").exit_code == 0
    assert left(60) == [today()]
    assert left(61) == []
    drop.database.close()


def test_a_source_cannot_reach_what_is_held_back(place: Path, lived: tuple[Path, str]) -> None:
    """Not by the form that deletes an answer either: it is not theirs to erase until somebody knows whose it is."""
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    drop = open_drop(place / "drop")
    with drop.database.reading() as connection:
        [*hidden] = connection.execute(replies.select().where(replies.c.held)).all()
    with site(place) as url:
        source = SourceClient(url)
        page = source.come_back(lived[1])
        values = {"csrf_token": page.hidden("csrf_token"), "act": "delete", "reply": hidden[0].id}
        source.post("/inbox", values)
        source.close()
    assert held(place) == 2
    drop.database.close()


def test_every_source_is_told_until_that_ends(place: Path, lived: tuple[Path, str]) -> None:
    """Since when, that answers may not be ours, that none comes from there any more. It ends by hand, or in time."""
    with site(place) as url:
        assert "Please read this first" not in texts(url, lived[1])
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    with site(place) as url:
        told = texts(url, lived[1])
        assert "Please read this first" in told
        assert "Perhaps it was not from us. Please do not do what it asked." in told
        done = run(place / "drop", "after-revoking", "end-notice")
        assert "Sources are told no longer." in done.stdout
        assert "Please read this first" not in texts(url, lived[1])
    assert "Nothing was changed" in run(place / "drop", "after-revoking", "end-notice").stdout
    for days, tells in ((180, True), (181, False)):
        assert LostDesk(days_ago(200), days_ago(days)).is_told(today()) is tells


def test_a_closed_site_takes_nothing_until_it_has_another_key(place: Path, lived: tuple[Path, str]) -> None:
    """Said where a report begins; words that were on their way come back to who wrote them, a file is not sealed;
    answers can be read. Opened again by hand, or by another intake key.
    """
    blobs = place / "drop" / "blobs"
    with site(place) as url:
        writing = SourceClient(url)
        form = writing.fill_in("I had begun already.", codename=writing.take_codename())
        assert revoke(place / "drop", "--close").exit_code == 0
        before = sorted(path.name for path in blobs.rglob("*"))
        answer = writing.post_multipart("/report", form, [SentFile.of("a.txt", b"evidence")])
        assert (answer.status, "I had begun already." in answer.text) == (507, True)
        assert "Nothing is wrong with what you wrote." in answer.text
        answer = writing.post_multipart("/report", form)
        assert (answer.status, "Nothing is wrong with what you wrote." in answer.text) == (507, True)
        page = writing.get("/codename").text
        writing.close()
        assert "We have to change our locks first." in page
        assert "There is no room" not in page
        inbox = texts(url, lived[1])
        assert "An old answer" in inbox
        assert "We take no messages at the moment." in inbox
        assert sorted(path.name for path in blobs.rglob("*")) == before
        checked = run(place / "drop", "check").output
        assert "warn  The site is closed for as long as it has the intake key" in checked
        assert "The site takes letters again." in run(place / "drop", "after-revoking", "reopen").stdout
        source = SourceClient(url)
        assert source.report("Now it is taken.", codename=source.take_codename()).status == 200
        source.close()
    assert "was not closed. Nothing was changed" in run(place / "drop", "after-revoking", "reopen").stdout
    assert revoke(place / "drop", "--close").exit_code == 0
    # Without --close a closed site stays closed: the same line again must not open it.
    assert revoke(place / "drop").exit_code == 0
    lost = read_lost_desk(place / "drop" / "desk-lost.json")
    assert lost is not None
    assert lost.is_closed(key_in_force(DropFolder(place / "drop")))
    assert not is_closed(place / "drop" / "desk-lost.json", "A" * 40)


def test_a_damaged_note_closes_the_site_and_only_a_person_opens_it(place: Path) -> None:
    """What is sent to a key that a thief has cannot be called back. The line that mends the note, which `check` names,
    leaves the site closed, and says which day was lost with it.
    """
    note, key = place / "drop" / "desk-lost.json", key_in_force(DropFolder(place / "drop"))
    assert revoke(place / "drop", "--close", "--since", days_ago(9)).exit_code == 0
    write_private_file(note, note.read_bytes()[:-1])
    assert is_closed(note, "A" * 40)
    assert "FAULT The note of the lost reviewer host" in run(place / "drop", "check").output
    done = revoke(place / "drop")
    assert (done.exit_code, is_closed(note, key), is_closed(note, "A" * 40)) == (0, True, False)
    assert f"If that was earlier than {days_ago(1)}, type the same line again with --since" in done.stdout
    assert "The site stays closed" in done.stdout
    assert "The site takes letters again" in run(place / "drop", "after-revoking", "reopen").stdout
    assert not is_closed(note, key)


def have_key(place: Path, key: bytes) -> str | None:
    """Seal to another intake key, however it came; return its fingerprint."""
    folder = DropFolder(place / "drop")
    write_private_file(folder.intake_key, key)
    return key_in_force(folder)


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """Another intake key."""
    with gpg_home(tmp_path_factory.mktemp("another") / "gnupg") as home:
        yield home.public(home.make("another", CURVE25519.format(expiry=0)))


def test_closed_means_closed_for_the_key_that_is_here(place: Path, another: bytes) -> None:
    """With another key the site is open, and nothing says that it is closed. Whoever comes back to a key that was
    lost, also after a second theft, finds it closed again.
    """
    first, note = DropFolder(place / "drop").intake_key.read_bytes(), place / "drop" / "desk-lost.json"
    done = revoke(place / "drop", "--close")
    assert "The site is closed" in done.stdout
    assert "Then the site opens by itself" in done.stdout
    assert "Then the site opens by itself" in revoke(place / "drop").stdout
    second = have_key(place, another)
    done = revoke(place / "drop")
    assert done.exit_code == 0, done.output
    assert "The site goes on taking letters" in done.stdout
    assert "Then the site opens by itself" not in done.stdout
    assert "The site is closed" not in run(place / "drop", "check").output
    assert not is_closed(note, second)
    assert "The site is closed" in revoke(place / "drop", "--close").stdout
    assert is_closed(note, second)
    assert is_closed(note, have_key(place, first))
    assert "warn  The site is closed" in run(place / "drop", "check").output
    # The first turned out to be safe: that says nothing of the second.
    assert "The site takes letters again" in run(place / "drop", "after-revoking", "reopen").stdout
    assert (is_closed(note, key_in_force(DropFolder(place / "drop"))), is_closed(note, second)) == (False, True)


def test_a_key_that_nobody_can_read_leaves_the_site_closed_whatever_key_is_put_there(place: Path) -> None:
    """Sources are told all the same. Put back, it does not open the site; the same line then names it."""
    key, note = DropFolder(place / "drop").intake_key.read_bytes(), place / "drop" / "desk-lost.json"
    (place / "drop" / "intake-key.asc").unlink()
    done = revoke(place / "drop", "--close")
    assert (done.exit_code, is_shut_out(place)) == (0, True), done.output
    assert "The site is closed. The intake key cannot be read" in done.stdout
    told = tell_lost_desk(note)
    assert told is not None
    assert run(place / "drop", "after-revoking", "reopen").exit_code == 1
    fingerprint = have_key(place, key)
    assert (is_closed(note, fingerprint), is_closed(note, "A" * 40)) == (True, True)
    assert "The site is closed, for whatever intake key it has" in run(place / "drop", "check").output
    assert revoke(place / "drop").exit_code == 0
    assert is_closed(note, "A" * 40)
    assert revoke(place / "drop", "--close").exit_code == 0
    assert (is_closed(note, fingerprint), is_closed(note, "A" * 40)) == (True, False)


def lose(name: str) -> Callable[[Path], None]:
    """Take something of the data folder away."""
    return lambda root: (root / name).unlink()


def lose_table(root: Path) -> None:
    """Take the answers away as nobody of ours does."""
    with closing(sqlite3.connect(root / "drop.sqlite")) as connection, connection:
        connection.execute("DROP TABLE deliveries")


FAILING: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "the database is gone": (lose("drop.sqlite"), [], "NOT done: hold the answers back (the database"),
    "the database lacks what it must have": (
        lose_table,
        [],
        "NOT done: hold the answers back (the database is in use by somebody who does not end, or is not as",
    ),
    "the note cannot be written": (
        lambda root: (root / "desk-lost.json").mkdir(),
        ["--close"],
        "NOT done: write down what sources are told",
    ),
    "the door's folder cannot be changed": (
        lambda root: (root / "tor" / "door" / "authorized_clients" / "lost.auth").mkdir(),
        [],
        "NOT done: take away the keys to the door",
    ),
}


@pytest.mark.parametrize("what", FAILING)
def test_what_fails_keeps_no_other_step_from_being_done(place: Path, what: str) -> None:
    """It is said, the exit code tells it, and the thief's token is void all the same."""
    break_it, options, said = FAILING[what]
    break_it(place / "drop")
    done = revoke(place / "drop", *options)
    assert (done.exit_code, said in done.stderr, "Type the same line again." in done.stderr) == (1, True, True)
    assert read_in_force(DropFolder(place / "drop").tokens).is_void
    assert "What to do next:" in done.stdout
    if "the door" not in what:
        assert is_shut_out(place)
    if "database" not in what:
        assert held(place) == 1


@needs_root
def test_a_full_disk_is_no_reason(lived: tuple[Path, str], tmp_path: Path) -> None:
    """Not a byte is free, and all of it is done: files go, or are written over, and the ballast makes way."""
    with small_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(lived[0], disk / "place", ignore=but_sockets_and_locks)
        drop = open_drop(disk / "place" / "drop")
        drop.database.restore_ballast()
        drop.database.close()
        # What goes first must not be what makes room.
        (disk / "place" / "drop" / "door-token-next.sha256").unlink()
        fill(disk)
        done = revoke(disk / "place" / "drop", "--close")
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        assert (is_shut_out(disk / "place"), held(disk / "place")) == (True, 1)
        assert read_lost_desk(disk / "place" / "drop" / "desk-lost.json") is not None


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    """What kills at a chosen system call."""
    (tmp_path / "scratch").mkdir()
    with open_killer(tmp_path / "scratch") as made:
        yield made


def test_killed_anywhere_it_is_safe_and_the_same_line_finishes(
    killer: Killer, place: Path, lived: tuple[Path, str], request: pytest.FixtureRequest
) -> None:
    """Never is the door open to strangers, nor a key or token good again; what one line began, the same line ends."""
    command = ["revoke-desk", "--close", "--data", place / "drop"]
    whole = killer.run(DROP, command)
    assert whole.status == 0, whole.said
    shut_out_early = 0
    for blow in [*whole.blows()][:: 1 if request.config.getoption("--long") else 16]:
        shutil.rmtree(place)
        shutil.copytree(lived[0], place, ignore=but_sockets_and_locks)
        killer.run(DROP, command, blow)
        assert clients.is_shut(place / "drop" / "tor" / "door"), blow
        tokens = DropFolder(place / "drop").tokens
        token_is_void = read_in_force(tokens).is_void
        # In this order: the later steps are done only once the earlier ones hold.
        assert token_is_void or names(place), blow
        assert token_is_void or not held(place), blow
        shut_out_early += token_is_void
        done = killer.run(DROP, command)
        assert done.status == 0, f"{blow}: {done.said}"
        assert (is_shut_out(place), held(place)) == (True, 1), blow
        lost = read_lost_desk(place / "drop" / "desk-lost.json")
        assert lost is not None, blow
        assert lost.is_closed(key_in_force(DropFolder(place / "drop"))), blow
    assert shut_out_early


def commands_in(text: str) -> list[str]:
    """The commands that a text names, with what follows them on the line."""
    # An option first, with its value: as a word alone it would end the line at the value.
    found = re.findall(
        r"candour-(?:drop|desk) [a-z-]+(?: (?:--[a-z-]+(?: [A-Z/][^ ,:;]*)?|[a-z][a-z-]*|[A-Z]{2,}\b))*", text
    )
    return [line.rstrip(".") for line in found]


@pytest.mark.parametrize("closed", [True, False])
def test_the_list_of_what_to_do_next_is_true(closed: bool) -> None:
    """Every command in it is one that there is, with the options that it names."""
    found = [line for text in what_to_do_next(Path("/srv/candour"), closed=closed) for line in commands_in(text)]
    assert len(found) >= 6
    for line in found:
        program, *words = shlex.split(line)
        command: click.Command = {"candour-drop": main, "candour-desk": desk}[program]
        context = click.Context(command)
        while isinstance(command, click.Group) and words and not words[0].startswith("--"):
            name, subcommand, words = command.resolve_command(context, words)
            assert subcommand is not None, (line, name)
            command = subcommand
        known = {option: each for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known.keys(), line
        # Who types FILE where a folder must be is refused at night.
        for option, value in pairwise(words):
            if value in ("FILE", "FOLDER") and isinstance(kind := known[option].type, click.Path):
                assert kind.dir_okay if value == "FOLDER" else kind.file_okay, (line, option)
    # The other half of a pairing, without which nothing is ever collected.
    assert any(line.startswith("candour-desk pair ") for line in found)


def test_a_restored_host_stays_void(place: Path) -> None:
    """What a backup of afterwards holds: the void token and what sources are told are in it."""
    assert revoke(place / "drop").exit_code == 0
    found = set(CONTENTS.small_files(place / "drop"))
    assert {"door-token.sha256", "desk-lost.json"} <= found
    assert "door-token-next.sha256" in CONTENTS.files
    assert json.loads((place / "drop" / "desk-lost.json").read_text())["told"] is True
    assert CONTENTS.missing(place / "drop") == []


def test_a_door_that_is_being_spoken_to_applies_nothing_afterwards(place: Path) -> None:
    """Who began to send before, slowly, is refused once the token is void."""
    token = json.loads((place / "pairing.json").read_text())["token"]
    drop = open_drop(place / "drop")
    with drop.database.writing() as connection:
        connection.execute(update(replies).values(read=True))
    drop.database.close()
    app = create_door(place / "drop")
    with served(app) as url:
        body = json.dumps({"candour_door": 1, "deliveries": []}).encode()
        road = http.client.HTTPConnection(url.removeprefix("http://"))
        road.putrequest("POST", "/v1/deliveries")
        for name, value in (
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ):
            road.putheader(name, value)
        road.endheaders(body[:5])
        assert revoke(place / "drop").exit_code == 0
        road.send(body[5:])
        answer = road.getresponse()
        assert answer.status == 401
        answer.read()
        road.close()
    app.extensions["candour_door"].close()
