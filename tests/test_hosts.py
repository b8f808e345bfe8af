"""How both hosts are: told by the source host in coarse words, noted, and shown at the desk to whoever can act."""

import re
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
from journalist_interface.host_words import sentence_of, thing_name
from journalist_interface.notice_duty import NoticeDuty
from store.desk.courier_state import Doing, say_finished
from store.desk.health import DESK, SOURCE, Seen, note_health, read_health
from store.desk.roles import Role
from store.host_health import OF_SOURCE, WORDS, Grade, Thing, grade_of
from tests.conftest import IntakeSecret
from tests.courier.ground import (
    Watching,
    make_desk_ground,
    make_real_drop,
    serving,
)
from tests.desk_office import Office, new_office
from tests.desk_person import Person
from tests.kept_backup import note_backup

PEOPLE = {"dora": (Role.ADMINISTRATOR,), "sue": (Role.SUPERVISOR,), "ben": (Role.REVIEWER,), "evan": (Role.AUDITOR,)}
WELL = {thing: next(word for word, grade in words.items() if grade is Grade.WELL) for thing, words in WORDS.items()}


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
