"""How both hosts are: told by the source host in coarse words, shown at the desk, written for an administrator."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from journalist_interface.clock import now, today
from journalist_interface.commands import main as desk_command
from journalist_interface.courier_duty import Duty
from journalist_interface.desk_folder import DESK_LOCK, only_desk
from journalist_interface.host_words import sentence_of, thing_name
from journalist_interface.notice_duty import NoticeDuty
from onion.health import Health, TorState, clock_word, write_health
from serving.plain_dates import plain_day
from source_interface.commands import main as drop_command
from source_interface.drop_folder import SITE_LOCK, DropFolder, only_site
from store.backup.record import RECORD, last_backup
from store.desk.courier_state import Doing, say_finished
from store.desk.health import DESK, SOURCE, Seen, note_health, read_health
from store.desk.roles import Role
from store.findings import Finding, tell_findings
from store.held_lock import is_held
from store.host_health import OF_SOURCE, WORDS, Grade, Thing, backup_word, disk_word, grade_of, is_old, key_word
from store.posture_summary import PostureSummary, read_summary, summarise, summary_path, write_summary
from tests.conftest import IntakeSecret
from tests.courier.ground import (
    TOKEN,
    DropGround,
    Watching,
    make_desk_ground,
    make_drop_ground,
    make_real_drop,
    serving,
)
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.kept_backup import note_backup

PEOPLE = {"dora": (Role.ADMINISTRATOR,), "sue": (Role.SUPERVISOR,), "ben": (Role.REVIEWER,), "evan": (Role.AUDITOR,)}
WELL = {thing: next(word for word, grade in words.items() if grade is Grade.WELL) for thing, words in WORDS.items()}
GIB = 1024**3
DAY = "2026-11-20"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with somebody of each role."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


def ago(days: int) -> str:
    """The day so many days ago."""
    return (date.fromisoformat(today()) - timedelta(days=days)).isoformat()


def note(office: Office, host: str, day: str, **words: str) -> None:
    """Note how a host is on a day: well, but for these."""
    with office.desk.database.writing() as connection:
        note_health(connection, host, {**WELL, **{Thing(thing): word for thing, word in words.items()}}, day)
        say_finished(connection, now(), Doing.DONE, "No new submissions.")


def plain(page: str) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_page_is_calm_while_all_is_well(app: Flask, office: Office) -> None:
    """And says since when; no alarm, and nothing beside its name in the navigation."""
    for host in (SOURCE, DESK):
        note(office, host, ago(9))
        note(office, host, today())
    page = Person(app, office, "dora").get("/hosts")
    assert "Both hosts are well. Nothing here needs you." in page
    assert "alarm" not in page
    assert "not well" not in plain(page).lower()
    assert page.count('class="mark well"') == 16
    assert plain(page).count("Since") == 16


@pytest.mark.parametrize("days", [2, 21])
def test_what_nobody_looks_at_any_more_is_a_fault(app: Flask, office: Office, days: int) -> None:
    """Whatever it said last: in words, in the navigation of whoever can act, and since which day."""
    note(office, SOURCE, ago(days))
    note(office, DESK, today())
    for who in ("dora", "sue", "amina"):
        page = Person(app, office, who).get("/hosts")
        assert page.count("Too old") == 8
        assert "8 things are not well." in plain(page)
        assert '<span class="count">8 not well</span>' in page
        assert f"Nobody has heard of it since {date.fromisoformat(ago(days)).day} " in plain(page)


def test_a_watch_that_never_ran_is_to_be_seen_to(app: Flask, office: Office) -> None:
    """Nobody looks at this host, so nothing of it grows old: without this the page would be calm for ever."""
    note(office, SOURCE, today())
    dora = Person(app, office, "dora")
    assert "All holds for now; 1 thing is to be seen to." in plain(dora.get("/hosts"))
    assert "See to it Nobody looks at this host, and no notice goes: the watch never ran." in plain(dora.get("/hosts"))
    said = CliRunner().invoke(desk_command, ["check", "--data", str(office.folder)]).output
    assert "The watch does not run, so nobody looks at this host" in said
    with closing(NoticeDuty(office.folder)) as duty:
        duty.look(int(time.time()))
    assert "the watch never ran" not in plain(dora.get("/hosts"))
    said = CliRunner().invoke(desk_command, ["check", "--data", str(office.folder)]).output
    assert "The watch does not run" not in said


@pytest.mark.parametrize("thing", list(WELL), ids=str)
def test_every_word_has_its_mark_its_sentence_and_what_to_do(thing: Thing) -> None:
    """None falls to “nobody has looked”, but what nobody has looked at; colour is never alone."""
    assert thing_name(thing)
    if thing is not Thing.COLLECTED:
        for word in WORDS[thing]:
            assert sentence_of(thing, word) != "Nobody has looked at it yet.", word
    assert grade_of(thing, "a word that somebody wrote into the database") is Grade.UNKNOWN


def test_bad_words_are_bad_on_the_page(app: Flask, office: Office) -> None:
    """A thing that is to be seen to is no alarm; one that is not well is."""
    note(office, SOURCE, today(), disk="low")
    note(office, DESK, today())
    dora = Person(app, office, "dora")
    assert "All holds for now; 1 thing is to be seen to." in plain(dora.get("/hosts"))
    note(office, SOURCE, today(), tor="not published")
    page = dora.get("/hosts")
    assert '<div class="health-bad">' in page
    assert "Not well The address is not published: sources may not find the site." in plain(page)


def test_who_cannot_act_is_told_of_no_host(app: Flask, office: Office) -> None:
    """No page, no link, no count."""
    note(office, SOURCE, ago(9))
    for who, home in (("ben", "/today"), ("evan", "/audit")):
        person = Person(app, office, who)
        assert person.client.get("/hosts").status_code == 404
        assert "Hosts" not in person.get(home)


def test_a_courier_that_is_silent_for_a_day_is_told_before_the_day_is_over(app: Flask, office: Office) -> None:
    """Its heart tells sooner than the day of what it noted."""
    note(office, SOURCE, today())
    note(office, DESK, today())
    with office.desk.database.writing() as connection:
        say_finished(connection, now() - 25 * 3600, Doing.DONE, "No new submissions.")
    assert "1 thing is not well." in plain(Person(app, office, "dora").get("/hosts"))


def test_the_courier_brings_what_the_source_host_says(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """One run: every word is noted with its day; one that fails says so, and the rest stays as it was heard."""
    with closing(make_real_drop(tmp_path, intake_secret)) as drop, closing(make_desk_ground(tmp_path / "desk")) as desk:
        note_backup(drop.folder, ago(20))
        with serving(drop.app()) as url:
            desk.pair_with(url)
            duty = Duty(desk.folder, Watching())
            assert duty.run().problems == []
            duty.close()
        with desk.database.reading() as connection:
            first = read_health(connection, SOURCE)
        assert {thing: first[thing].word for thing in OF_SOURCE} == {
            Thing.DISK: "roomy", Thing.KEY: "lasts", Thing.CLOCK: "unknown", Thing.POSTURE: "unknown",
            Thing.BACKUP: "old", Thing.UPDATES: "unknown",
        }  # fmt: skip
        assert first[Thing.COLLECTION] == Seen("done", today(), today())
        duty = Duty(desk.folder, Watching())
        assert duty.run().problems != []
        duty.close()
        with desk.database.reading() as connection:
            second = read_health(connection, SOURCE)
        assert second.pop(Thing.COLLECTION).word == "failed"
        assert second.items() <= first.items()


def contents_of(drop: DropGround) -> None:
    """Letters wait, with files."""
    for _each in range(3):
        drop.submit(b"letter", bytes(300_000), b"file")


def health_of(drop: DropGround) -> tuple[int, bytes]:
    """What the door says, to whoever has the token."""
    app = drop.app()
    client = app.test_client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/v1/health?x=1", headers=headers).status_code == 400
    assert client.get("/v1/health").status_code == 401
    answer = client.get("/v1/health", headers=headers)
    app.extensions["candour_door"].close()
    return answer.status_code, answer.data


def test_the_door_says_the_same_of_a_host_with_letters_and_without(tmp_path: Path) -> None:
    """Byte for byte, in 512 bytes whatever is said: also of a host that is ill."""
    said = []
    for name, fill in (("empty", lambda _drop: None), ("full", contents_of)):
        with closing(make_drop_ground(tmp_path / name)) as drop:
            fill(drop)
            said.append(health_of(drop))
            write_ill(drop.folder)
            said.append(health_of(drop))
    assert said[0] == said[2]
    assert said[1] == said[3] != said[0]
    assert {(status, len(body)) for status, body in said} == {(200, 512)}
    assert b'"posture":"faults","backup":"fresh","updates":"waiting"' in said[1][1]


def write_ill(folder: Path) -> None:
    """A look over the machine found much, today; and there is a backup."""
    summary_path(folder).parent.mkdir()
    # The ground's own day for the door is another: the look is judged by it.
    write_summary(summary_path(folder), PostureSummary(DAY, 70, 9, 3, 2, "waiting"))
    note_backup(folder, DAY)


def metrics_text(command: object, folder: Path, *options: str) -> str:
    """What a `metrics` command prints."""
    done = CliRunner().invoke(command, ["metrics", "--data", str(folder), *options])  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output
    return done.output


def test_the_source_hosts_metrics_follow_nothing_that_anybody_sent(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """The same bytes before letters with files came, after, and once they were collected."""
    with closing(make_real_drop(tmp_path, intake_secret)) as drop:
        before = metrics_text(drop_command, drop.folder)
        contents_of(drop)
        assert metrics_text(drop_command, drop.folder) == before
        assert metrics_text(drop_command, drop.folder, "--out", str(tmp_path / "candour.prom")) == ""
    found = tmp_path / "candour.prom"
    assert (found.read_text(), found.stat().st_mode & 0o777) == (before, 0o644)
    assert re.search(r'^candour_info\{version="[^"]+"\} 1$', before, re.MULTILINE)
    for line in (
        'candour_up{program="site"} 0',
        "candour_disk_class 2",
        "candour_backup_days -1",
        'candour_tor{state="none"} 1',
    ):
        assert f"\n{line}\n" in before
    # Every line is a comment, or a name and a whole number: a collector takes them all.
    assert all(
        re.fullmatch(r'# (HELP|TYPE) .+|candour_\w+(\{\w+="[^"]*"\})? -?\d+', line) for line in before.splitlines()
    )


def test_the_desks_metrics_follow_nothing_that_came_or_was_done(office: Office) -> None:
    """Letters in the post, then a case of them: not a byte moves."""
    with closing(NoticeDuty(office.folder)) as duty:
        duty.look(int(time.time()))
    before = metrics_text(desk_command, office.folder)
    waiting = letter(office, source())
    letter(office, source())
    assert metrics_text(desk_command, office.folder) == before
    office.open(waiting)
    assert metrics_text(desk_command, office.folder) == before
    assert "\ncandour_watch_days 0\n" in before
    assert "\ncandour_collection_days -1\n" in before


def test_the_desks_metrics_only_read(office: Office) -> None:
    """Nothing is made beside the data, nor brought up to date: of another version it says so; the old file stays."""
    office.desk.database.close()
    out = office.folder.parent / "candour.prom"
    before = everything_in(office.folder)
    assert metrics_text(desk_command, office.folder, "--out", str(out)) == ""
    assert everything_in(office.folder) == before
    kept = out.read_bytes()
    for revision, said in (("0001", "is of an earlier version"), ("9999", "A later version of Candour")):
        with closing(sqlite3.connect(office.folder / "desk.sqlite")) as database, database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        before = everything_in(office.folder)
        done = CliRunner().invoke(desk_command, ["metrics", "--data", str(office.folder), "--out", str(out)])
        assert (done.exit_code, said in done.output) == (1, True), done.output
        assert everything_in(office.folder) == before
    assert out.read_bytes() == kept


def everything_in(folder: Path) -> dict[str, bytes]:
    """Every name below a folder, with what is in it if it is a file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")
    }


def test_whether_a_server_runs_is_seen_without_its_lock(drop_folder: DropFolder, tmp_path: Path) -> None:
    """A server that starts while somebody asks is not turned away: the lock is never taken, nor made."""
    (drop_folder.root / SITE_LOCK).unlink(missing_ok=True)
    assert '\ncandour_up{program="site"} 0\n' in metrics_text(drop_command, drop_folder.root)
    assert not (drop_folder.root / SITE_LOCK).exists()
    with only_site(drop_folder.root):
        assert '\ncandour_up{program="site"} 1\n' in metrics_text(drop_command, drop_folder.root)
    assert '\ncandour_up{program="site"} 0\n' in metrics_text(drop_command, drop_folder.root)
    tmp_path.chmod(0o700)
    with only_desk(tmp_path):
        assert is_held(tmp_path / DESK_LOCK)
    assert not is_held(tmp_path / DESK_LOCK)


# What is seen, and the word for it.
JUDGED = {
    "room for a large report": (disk_word(2 * GIB), "roomy"),
    "a byte less": (disk_word(2 * GIB - 1), "low"),
    "no room": (disk_word(256 * 1024**2 - 1), "full"),
    "a key for ever": (key_word(None, 0), "lasts"),
    "a key for eight weeks": (key_word(56 * 86_400, 0), "lasts"),
    "a key for a day less": (key_word(56 * 86_400 - 1, 0), "ends soon"),
    "a key that is over": (key_word(0, 1), "unusable"),
    "no backup": (backup_word("", DAY), "never"),
    "a backup of three days ago": (backup_word("2026-11-17", DAY), "fresh"),
    "a backup of four days ago": (backup_word("2026-11-16", DAY), "old"),
    "a backup of tomorrow": (backup_word("2026-11-21", DAY), "old"),
    "a day that is none": (backup_word("yesterday", DAY), "old"),
    "a figure of yesterday": (str(is_old("2026-11-19", DAY)), "False"),
    "a figure of the day before": (str(is_old("2026-11-18", DAY)), "True"),
}


@pytest.mark.parametrize("what", JUDGED)
def test_a_figure_becomes_a_word(what: str) -> None:
    """At its very edge."""
    found, word = JUDGED[what]
    assert found == word


def test_every_word_of_tors_has_a_meaning_and_the_clock_has_three(tmp_path: Path) -> None:
    """A word that means nothing would be shown as not known; a clock is known by a watch that looks."""
    assert {state.value for state in TorState} <= WORDS[Thing.TOR].keys()
    path = tmp_path / "health.json"
    assert clock_word(path, 1_000) == "unknown"
    for skew, seen_at, word in (
        (0, 1_000, "right"),
        (600, 1_000, "wrong"),
        (None, 1_000, "unknown"),
        (0, 1, "unknown"),
    ):
        write_health(path, Health(seen_at, 100, {}, skew=skew))
        assert clock_word(path, 1_000) == word


def test_what_a_look_over_the_machine_found_is_kept_in_numbers(tmp_path: Path) -> None:
    """A day and counts, for every user to read; what is damaged or of another form is nothing."""
    told = tell_findings(
        [
            Finding("a", sound=True, name="updates.waiting", warns=True), Finding("b", sound=False, name="x"),
            Finding("c", sound=True), Finding("d", sound=True, warns=True, unseen=True),
        ],
        repair=False,
    )  # fmt: skip
    data = tmp_path / "candour"
    found = summarise(told, DAY)
    assert found == PostureSummary(DAY, right=1, warnings=1, unseen=1, faults=1, updates="waiting")
    summary_path(data).parent.mkdir()
    write_summary(summary_path(data), found)
    assert (read_summary(data), summary_path(data).stat().st_mode & 0o777) == (found, 0o644)
    assert (found.posture_word(DAY), found.posture_word("2026-11-22"), found.updates_word("2026-11-22")) == (
        "faults", "old", "old",
    )  # fmt: skip
    for damaged in (b"", b"[]", b'{"candour_posture": 1}', summary_path(data).read_bytes().replace(b"1,", b"-1,")):
        summary_path(data).write_bytes(damaged)
        assert read_summary(data) is None
    summary_path(data).unlink()
    assert read_summary(data) is None


def test_the_day_of_a_backup_is_noted_and_in_no_backup(tmp_path: Path) -> None:
    """The note is the host's own; one that is damaged is none."""
    assert last_backup(tmp_path) == ""
    note_backup(tmp_path, DAY)
    assert (last_backup(tmp_path), plain_day(last_backup(tmp_path))) == (DAY, "20 November 2026")
    (tmp_path / RECORD).write_text("soon")
    assert last_backup(tmp_path) == ""
