"""The whole, for supervisors: true counts of every case, and nothing by which one could be followed or a wall seen."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_access import open_case
from journalist_interface.case_page import read_case
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.deadlines import Rules, clocks_of, deadlines_of, dues_of
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.safety_keeping import raise_danger, set_look_again
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.casework.whole import AGES, FEW, Figures, Whole, figures_of, look_at_whole
from journalist_interface.clock import today
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_reply, write_status
from store.blobs import new_blob_id
from store.desk.clocks import Counted
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source

CANARY = "canary-of-a-case"
PEOPLE = {
    "ben": (Role.REVIEWER,),
    "sue": (Role.SUPERVISOR,),
    "rita": (Role.SUPERVISOR, Role.REVIEWER),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post, ben reads; sue is a supervisor, rita a supervisor who reads cases too."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


def opened(office: Office, day: str = "", readers: tuple[str, ...] = ("amina", "ben"), **more: object) -> str:
    """A case whose letter came on a day, or today."""
    found = letter(office, source(), **more)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE parcels SET collected_day = ?", (day or today(),))
    return office.open(found, cleared=readers)


def whole(office: Office, who: str = "sue") -> Whole:
    """What a supervisor sees, without a page."""
    return look_at_whole(office.desk, IntakeLock(), office.signed_in(who))


def clocks(office: Office) -> dict[str, tuple[str | None, str | None]]:
    """What stands in clear of each case, by reference."""
    with office.desk.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT reference, answer_from, feedback_from FROM cases").all()
    return {row[0]: (row[1], row[2]) for row in rows}


def later(days: int) -> str:
    """The day in so many days."""
    return (date.fromisoformat(today()) + timedelta(days=days)).isoformat()


def test_the_clocks_in_clear_are_those_of_the_card_after_every_act(office: Office) -> None:
    """Opened, read, asked, answered by a further letter, passed on, closed, opened again, walled: never another day."""
    key, me = source(), office.signed_in()
    reference = office.open(letter(office, key), cleared=("amina", "ben"))

    def card_says() -> tuple[str, str]:
        with office.desk.database.reading() as connection:
            case = open_case(connection, me, reference)
            return clocks_of(case.work, is_one_way=case.is_one_way)

    acts = (
        lambda: None,
        lambda: read_case(office.desk, me, reference),
        lambda: write_reply(office.desk, me, reference, new_blob_id(), "", ["When?"]),
        lambda: office.open(letter(office, key)),
        lambda: set_work(office.desk, me, reference, WorkForm("ben", "high", "north")),
        lambda: withdraw(office.desk, me, reference, "ben", "A friend."),
        lambda: write_status(office.desk, me, reference, new_blob_id(), "passed-on", "To them."),
        lambda: write_status(office.desk, me, reference, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse"),
        lambda: office.open(letter(office, key)),
    )
    seen = []
    for act in acts:
        act()
        seen.append(card_says())
        assert clocks(office)[reference] == seen[-1]
    assert len(set(seen)) >= 3
    one_way = office.open(letter(office), cleared=("amina",))
    assert clocks(office)[one_way] == ("2026-11-20", "")
    read_case(office.desk, me, one_way)
    assert clocks(office)[one_way] == ("", "")


def test_counts_are_true(app: Flask, office: Office) -> None:
    """By status, by age, in the post, late: as the cards have it, over cases of which the supervisor reads none."""
    opened(office, "2026-01-05")
    opened(office, "2026-02-02")
    asked = opened(office)
    write_reply(office.desk, office.signed_in("ben"), asked, new_blob_id(), "", ["When?"])
    closed = opened(office, "2026-01-05")
    write_status(
        office.desk, office.signed_in("ben"), closed, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse"
    )
    waiting = letter(office)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET changed_at = changed_at - 864000 WHERE reference = ?", (asked,))
    found = whole(office)
    assert found.figures.statuses == (("being-read", 2), ("question", 1), ("passed-on", 0), ("closed", 1))
    assert dict(found.figures.ages) == {1: 2, 7: 0, 30: 1, 90: 0, None: 0}
    assert (found.figures.open_cases, found.figures.overdue, found.figures.oldest) == (3, 2, "2026-01-08")
    assert (found.post, found.post_since, found.is_post_late) == (1, "2026-11-20", later(-6) > "2026-11-20")
    assert (found.unreadable, found.is_partial, found.figures.unknown) == (0, False, 0)
    page = Person(app, office, "sue").get("/whole")
    assert "2 cases are past a deadline, the oldest since 8 Jan 2026." in page
    assert "1 letter that nobody has opened, since 20 Nov 2026." in page
    assert waiting.submission not in page


def test_a_supervisor_learns_nothing_else(app: Flask, office: Office) -> None:
    """Whatever is done in the cases, the page stays what it was: no name, reference, reader, tag or danger."""
    references = [opened(office, "2026-01-05", topics=("sexual",), message=CANARY) for _each in range(3)]
    sue = Person(app, office, "sue")

    def plain(page: str) -> str:
        main = page[page.index("<main") : page.index("</main>")]
        return re.sub(r'(name="(?:csrf_token|form_id)" value=")[^"]*', r"\1", main)

    before = plain(sue.get("/whole"))
    with office.desk.database.reading() as connection:
        names = [open_case(connection, office.signed_in(), each).card.name for each in references]
    set_work(office.desk, office.signed_in("ben"), references[0], WorkForm("ben", "high", CANARY))
    write_summary(office.desk, office.signed_in("ben"), references[0], Summary(CANARY), "0")
    raise_danger(office.desk, office.signed_in("ben"), references[1], CANARY)
    set_look_again(office.desk, office.signed_in("ben"), references[1], later(0), "99")
    withdraw(office.desk, office.signed_in(), references[2], "ben", CANARY)
    after = plain(sue.get("/whole"))
    assert after == before
    for word in (*references, *names, CANARY, "amina", "ben", "sexual", "Abuse", "/case/"):
        assert word not in after, word
    assert "Danger" not in after


def test_who_reads_cases_does_not_see_a_wall_by_counting(app: Flask, office: Office) -> None:
    """Four cases that are not hers, or none: the same page. From five on, none of them is singled out."""
    mine = [opened(office, "2026-01-05", ("amina", "rita")) for _each in range(2)]
    rita = Person(app, office, "rita")

    def figures() -> str:
        page = rita.get("/whole")
        return re.sub(r'(name="(?:csrf_token|form_id)" value=")[^"]*', r"\1", page[page.index("<h1") :])

    alone = figures()
    assert "Fewer than 5 others may be there, or none" in alone
    others = [opened(office, "2026-01-05") for _each in range(FEW - 1)]
    assert figures() == alone
    assert whole(office, "rita").figures.overdue == len(mine)
    assert "of the whole" not in rita.get("/today")
    opened(office, "2026-01-05")
    found = whole(office, "rita")
    assert (found.is_partial, found.figures.overdue) == (False, len(mine) + len(others) + 1)
    assert f'<a href="/whole">{found.figures.overdue} cases of the whole are overdue</a>' in rita.get("/today")
    assert whole(office).figures == found.figures


def test_what_nobody_at_work_can_read_is_told_to_every_supervisor(app: Flask, office: Office) -> None:
    """There is nobody else who would see it."""
    opened(office, readers=("ben",))
    assert whole(office).unreadable == 0
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", suspended=True)
    assert "1 case can be read by nobody at work." in Person(app, office, "sue").get("/whole")
    rita = Person(app, office, "rita")
    assert "1 case can be read by nobody at work." in rita.get("/whole")
    assert '<a href="/whole">1 case can be read by nobody at work</a>' in rita.get("/today")


@pytest.mark.parametrize("who", ["ben", "amina"])
def test_nobody_but_a_supervisor_has_it(app: Flask, office: Office, who: str) -> None:
    """Neither the page, nor a line on Today, nor a way there."""
    opened(office, "2026-01-05", ("ben",))
    person = Person(app, office, who)
    assert person.client.get("/whole").status_code == 404
    assert "whole" not in person.get("/today").lower()


def test_a_case_of_before_is_said_to_be_unknown_until_somebody_reads_it(office: Office) -> None:
    """Nobody holds every key, so no migration can know; reading it is enough."""
    reference = opened(office, "2026-01-05")
    read_case(office.desk, office.signed_in(), reference)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET answer_from = NULL, feedback_from = NULL")
    assert (whole(office).figures.unknown, whole(office).figures.overdue) == (1, 0)
    read_case(office.desk, office.signed_in("ben"), reference)
    assert (whole(office).figures.unknown, whole(office).figures.overdue) == (0, 1)


def test_a_day_that_is_none_closes_nothing(app: Flask, office: Office) -> None:
    """Somebody wrote it into the database: that case counts as unknown, and the page stands."""
    opened(office)
    sue = Person(app, office, "sue")
    for nonsense in ("9999-99-99", "9999-12-31", "x", "0001-01-01"):
        with office.desk.database.writing() as connection:
            connection.exec_driver_sql("UPDATE cases SET answer_from = ?, changed_at = 1 << 60", (nonsense,))
        assert sue.client.get("/whole").status_code == 200


def test_other_deadlines_hold_for_every_case_at_once() -> None:
    """The days in clear are those from which they run; they need no new writing."""
    counted = [Counted("being-read", 20_000, "2026-11-20", "2026-11-20", 3), Counted("closed", 1, "", "", 5)]

    def overdue(rules: Rules) -> Figures:
        return figures_of(counted, rules, "2026-11-28", 20_001)

    assert (overdue(Rules()).overdue, overdue(Rules()).oldest) == (3, "2026-11-25")
    assert overdue(Rules(acknowledge_days=20)).overdue == 0
    assert dict(overdue(Rules()).ages)[AGES[1]] == 3


def test_the_whole_and_the_lists_agree_on_what_is_late(office: Office) -> None:
    """One rule: a case is overdue on the day after its first deadline, here and there."""
    opened(office)
    with office.desk.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT reference FROM cases").scalars().all()
    for back in range(9):
        with office.desk.database.writing() as connection:
            case = open_case(connection, office.signed_in(), rows[0])
            day = later(-back)
            change_work(connection, case, lambda work, day=day: replace(work, unanswered=day))  # type: ignore[misc]
        with office.desk.database.reading() as connection:
            work = open_case(connection, office.signed_in(), rows[0]).work
        dues = dues_of(work, is_one_way=False, rules=Rules(), today=today())
        assert [due.day for due in dues] == list(deadlines_of(*clocks_of(work, is_one_way=False), Rules()))
        assert whole(office).figures.overdue == int(any(due.day < today() for due in dues)), back
