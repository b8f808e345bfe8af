"""Figures for the whole: counted in the act, sealed until they are not small, published by whoever opens the post."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.figures.counting import HOLDER, count, let_count
from journalist_interface.figures.measures import MEASURES, NEW_CASE
from journalist_interface.figures.page import figures_csv, read_figures
from journalist_interface.figures.publishing import publish_figures
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.writing import write_reply, write_status
from keys.ciphertext import Ciphertext
from keys.figures_key import NOTE_SIZE, figures_key, open_note
from keys.hpke import SEED_SIZE, SecretKey
from keys.strict_json import read_object
from store.blobs import new_blob_id
from store.desk.figures import add_note, list_figures, list_notes, read_waiting
from store.desk.roles import Role
from store.desk.settings import Setting, keep_setting
from tests.desk_office import Office, new_office, write_letter
from tests.desk_person import Person, source
from tests.test_desk_work import acts

PEOPLE = {"ben": (Role.REVIEWER,), "cora": (Role.SUPERVISOR,), "evan": (Role.AUDITOR,)}
BEGUN = "2026-01"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Amina opens the post, ben is a reviewer, cora the supervisor, evan the auditor."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture(autouse=True)
def _november(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("publishing", "counting"):
        monkeypatch.setattr(f"journalist_interface.figures.{module}.today", lambda: "2026-11-29")


def begin(office: Office, since: str = BEGUN) -> None:
    """As on a desk that has counted since that month."""
    with office.desk.database.writing() as connection:
        let_count(connection, "amina", office.passphrase())
        keep_setting(connection, Setting.FIGURES_SINCE, since.encode())


def note(office: Office, month: str, measure: str = NEW_CASE, times: int = 1) -> None:
    """As if so many acts had been done in that month."""
    with office.desk.database.writing() as connection:
        for _each in range(times):
            count(connection, "ben", [measure], month)


def look_at_post(office: Office) -> bool:
    """Amina unlocks the key and looks at the post."""
    lock, amina = IntakeLock(), office.signed_in()
    lock.unlock(office.desk, amina)
    closed = publish_figures(office.desk, lock, amina)
    lock.lock(office.desk, amina)
    return closed


def shown(office: Office) -> list[tuple[str, str, str, int]]:
    """What is published."""
    with office.desk.database.reading() as connection:
        return [(each.measure, each.first_month, each.last_month, each.shown) for each in list_figures(connection)]


def notes(office: Office) -> list[list[str]]:
    """What was noted, as an intake officer with the disk could read it."""
    key = figures_key(office.passphrase())
    with office.desk.database.reading() as connection:
        found = [open_note(key, sealed) for sealed in list_notes(connection).values()]
    return sorted(list(read_object(each, NOTE_SIZE).list_of("measures", len(MEASURES), str)) for each in found)


def test_acts_are_counted_in_their_transaction(office: Office) -> None:
    """A letter that is opened, an answer, a question, a status; each note weighs as much, and none names its case."""
    key = source()
    reference = office.open(office.deliver(write_letter(key, topics=("money", "hate"))), cleared=("amina", "ben"))
    ben = office.signed_in("ben")
    write_reply(office.desk, ben, reference, new_blob_id(), "Thank you.", ["Who?"])
    write_reply(office.desk, ben, reference, new_blob_id(), "One more thing.", [])
    office.open(office.deliver(write_letter(key)), cleared=("amina",))
    write_status(office.desk, ben, reference, new_blob_id(), "passed-on", "")
    write_status(office.desk, ben, reference, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse")
    assert notes(office) == sorted(
        [
            ["new-case", "topic-money", "topic-hate"],
            ["answer-late", "question"],
            ["topic-money"],
            ["passed-on-in-time"],
            ["closed-misuse"],
        ]
    )
    with office.desk.database.reading() as connection:
        sealed = list_notes(connection)
    assert len({len(each) for each in sealed.values()}) == 1
    for item in sealed.values():
        assert not re.search(rb"money|hate|case", item)


def test_a_failed_act_counts_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one transaction."""
    reference = office.open(office.deliver(write_letter(source())))
    before = notes(office)

    def fail(*_arguments: object, **_more: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("journalist_interface.writing.change_case", fail)
        with pytest.raises(RuntimeError):
            write_status(
                office.desk, office.signed_in(), reference, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse"
            )
    assert notes(office) == before


def test_small_numbers_wait_and_nothing_stands_in_clear(office: Office) -> None:
    """Seven of January, none of February, one of March: ten of the three months, and only then."""
    begin(office)
    note(office, "2026-01", times=7)
    note(office, "2026-01", "topic-hate", 3)
    with office.desk.database.reading() as connection:
        assert len(list_notes(connection)) == 10
    note(office, "2026-03")
    assert look_at_post(office)
    assert shown(office) == [(NEW_CASE, "2026-01", "2026-03", 10)]
    with office.desk.database.reading() as connection:
        assert list_notes(connection) == {}
        assert b"topic" not in (read_waiting(connection) or b"")
    assert [note for _who, _case, note in acts(office, "figures")] == ["2026-10"]
    assert not look_at_post(office)


def test_this_month_is_not_counted_before_it_is_over(office: Office) -> None:
    """However many there are; and a desk that has just begun has nothing to publish."""
    reference = office.open(office.deliver(write_letter(source())))
    for _each in range(20):
        with office.desk.database.writing() as connection:
            count(connection, "ben", [NEW_CASE])
    assert reference
    assert not look_at_post(office)
    assert shown(office) == []
    with office.desk.database.reading() as connection:
        assert len(list_notes(connection)) == 21


def test_what_was_published_never_changes(office: Office) -> None:
    """A note that comes late, by a clock that was put back, counts in the first month that is not closed."""
    begin(office, "2026-01")
    note(office, "2026-01", times=9)
    look_at_post(office)
    before = shown(office)
    note(office, "2026-01", times=30)
    look_at_post(office)
    assert shown(office) == before == [(NEW_CASE, "2026-01", "2026-01", 10)]


def test_the_months_that_follow_go_on_where_the_last_ended(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Month by month, as an officer looks at the post in each: the same as if they had looked once at the end."""
    begin(office)
    series = {"2026-01": 3, "2026-02": 4, "2026-03": 1, "2026-04": 23, "2026-05": 0}
    for month, number in series.items():
        note(office, month, times=number)
    for day in ("2026-02-01", "2026-03-15", "2026-04-02", "2026-05-20", "2026-06-01"):
        monkeypatch.setattr("journalist_interface.figures.publishing.today", lambda day=day: day)
        assert look_at_post(office)
    assert shown(office) == [(NEW_CASE, "2026-01", "2026-03", 10), (NEW_CASE, "2026-04", "2026-04", 25)]


def test_nobody_publishes_without_the_intake_key(office: Office) -> None:
    """A locked key, a reviewer, a supervisor: nothing is opened."""
    begin(office)
    note(office, "2026-01", times=9)
    for who in ("amina", "ben", "cora"):
        assert not publish_figures(office.desk, IntakeLock(), office.signed_in(who))
    assert shown(office) == []


def test_junk_in_the_database_closes_no_post(office: Office) -> None:
    """Notes of another key, what waits altered, a month that is none: not counted, and gone."""
    begin(office)
    note(office, "2026-01", times=9)
    with office.desk.database.writing() as connection:
        add_note(connection, Ciphertext(b"junk"))
        count(connection, "ben", [NEW_CASE], "2026-99"[:7].replace("99", "é"))
        count(connection, "ben", ["no-such-measure"], "2026-01")
        connection.exec_driver_sql("INSERT INTO figures_waiting VALUES (1, x'00')")
    assert look_at_post(office)
    assert shown(office) == [(NEW_CASE, "2026-01", "2026-01", 10)]
    with office.desk.database.writing() as connection:
        assert list_notes(connection) == {}
        keep_setting(connection, Setting.FIGURES_SINCE, b"never")
    assert not look_at_post(office)


def test_an_exchanged_public_key_gets_nothing(office: Office) -> None:
    """The act is done all the same, the trail says so, and the officer who opens next puts the true one back."""
    reference = office.open(office.deliver(write_letter(source())))
    theirs = SecretKey(bytes(SEED_SIZE)).public
    with office.desk.database.writing() as connection:
        keep_setting(connection, Setting.FIGURES_PUBLIC_KEY, theirs)
    before = notes(office)
    write_status(
        office.desk, office.signed_in(), reference, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse"
    )
    assert notes(office) == before
    assert [note for _who, _case, note in acts(office, "key-exchanged")] == [HOLDER]
    office.open(office.deliver(write_letter(source())))
    assert len(notes(office)) == len(before) + 1


def test_before_anybody_opened_the_post_nothing_is_counted(office: Office) -> None:
    """As on a desk of before: nothing fails, and the page says that nothing was counted."""
    with office.desk.database.writing() as connection:
        count(connection, "ben", [NEW_CASE])
        assert list_notes(connection) == {}
    assert read_figures(office.desk).since == ""


def test_the_page_and_the_file_show_what_is_published(app: Flask, office: Office) -> None:
    """To a supervisor and to an auditor, and with what the numbers are; to nobody else."""
    begin(office)
    note(office, "2026-01", times=13)
    note(office, "2026-02", "topic-hate", 2)
    look_at_post(office)
    for who in ("cora", "evan"):
        person = Person(app, office, who)
        page = person.get("/figures")
        assert re.search(r"New cases</th>\s*<td><span class=\"line\"><time[^>]*>Jan 2026</time>: <strong>15<", page)
        assert re.search(r"misogynistic or disablist conduct</th>\s*<td><span class=\"line soft\">since Jan 2026", page)
        assert ">Figures<" in person.get("/figures")
        taken = person.client.get("/figures/csv")
        assert taken.headers["Content-Disposition"].startswith("attachment;")
        lines = taken.text.split("\r\n")
        assert lines[0].startswith("# Each number is rounded to the nearest 5.")
        assert lines[4:] == [
            "group,measure,first_month,last_month,number",
            "Reports,New cases,2026-01,2026-01,15",
            "",
        ]
    ben = Person(app, office, "ben")
    assert ">Figures<" not in ben.get("/")
    assert ben.client.get("/figures/csv").status_code == 404
    assert figures_csv(office.desk).count(b"\n") == 6
    assert replace(read_figures(office.desk), groups=()).since == BEGUN
    assert len(MEASURES) == 18


def test_two_copies_of_the_disk_tell_nothing_of_the_case_between(office: Office) -> None:
    """What is another in clear after a letter was opened: no topic, and no count of any."""
    begin(office)

    def in_clear() -> list[object]:
        with office.desk.database.reading() as connection:
            settings = connection.exec_driver_sql("SELECT name FROM settings ORDER BY name").all()
            return [*settings, *shown(office)]

    before = in_clear()
    office.open(office.deliver(write_letter(source(), topics=("sexual",))))
    assert in_clear() == before
    for path in office.folder.rglob("*"):
        if path.is_file():
            assert b"topic-sexual" not in path.read_bytes()
