"""Today: what needs somebody now; every count is true, and leads to what it counts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_access import open_case
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.safety_keeping import set_look_again
from journalist_interface.casework.today import LISTS, SHOWN, Need
from journalist_interface.casework.work import Outcome
from journalist_interface.clock import today
from journalist_interface.resetting import ask_reset
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_reply, write_status
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.invitations import InvitationKind
from store.desk.roles import Role
from tests.desk_office import PASSWORD, Office, new_office
from tests.desk_person import Person, letter, source


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post and reads, ben and cora are reviewers."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


def later(days: int) -> str:
    """The day in so many days."""
    return (date.fromisoformat(today()) + timedelta(days=days)).isoformat()


def opened(office: Office, day: str = "", **more: object) -> str:
    """A case that ben and amina can read, of a source who comes back; its letter came on a day, or today."""
    found = letter(office, source(), **more)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE parcels SET collected_day = ?", (day or today(),))
    return office.open(found, cleared=("amina", "ben"))


def sections(page: str) -> dict[str, tuple[str, int, list[str]]]:
    """Address, count and references of each section."""
    found = {}
    for need, body in re.findall(r'class="panel need need-(\w+)".*?>(.*?)</section>', page, re.DOTALL):
        head = re.search(r'<a href="([^"]*)">.*?<span class="count">(\d+)</span>', body, re.DOTALL)
        assert head
        found[need] = (head[1].replace("&amp;", "&"), int(head[2]), re.findall(r"/case/([\w-]+)", body))
    return found


def test_every_section_counts_what_its_list_holds(app: Flask, office: Office) -> None:
    """A case of each kind; each count, and each case shown, is one of the list that it leads to."""
    opened(office, answers=(Answer("q-danger", "yes"),))
    mine = opened(office)
    set_work(office.desk, office.signed_in("ben"), mine, WorkForm("ben", "normal", ""))
    asked = opened(office)
    set_work(office.desk, office.signed_in("ben"), asked, WorkForm("ben", "normal", ""))
    write_reply(office.desk, office.signed_in("ben"), asked, new_blob_id(), "", ["When was it?"])
    opened(office, "2026-01-05")
    set_look_again(office.desk, office.signed_in("ben"), mine, later(40), "0")
    set_look_again(office.desk, office.signed_in(), asked, later(40), "0")
    for outcome in (Outcome.MISUSE, Outcome.NONE):
        closed = opened(office)
        write_status(
            office.desk, office.signed_in("ben"), closed, new_blob_id(), "closed", "Done.", untrusted_outcome="misuse"
        )
        keep_until = "2020-01-01" if outcome else ""
        with office.desk.database.writing() as connection:
            case = open_case(connection, office.signed_in("ben"), closed)
            change_work(connection, case, partial(replace, outcome=outcome, keep_until=keep_until))
    ben = Person(app, office, "ben")
    found = sections(ben.get("/today"))
    assert found.keys() == set(Need) - {Need.SOON}
    for need, (address, count, shown) in found.items():
        listed = re.findall(r'<th scope="row">\s*<a href="/case/([\w-]+)\?', ben.get(address))
        assert len(listed) == count, need
        assert shown == listed[:SHOWN], need
    assert found["waiting"][2] == [asked]
    assert found["reminder"][2] == [mine]
    assert found["mine"][1] == 2


def test_a_closed_case_needs_nobody(app: Flask, office: Office) -> None:
    """Late as it was, and to be looked at again."""
    reference = opened(office, "2026-01-05")
    set_look_again(office.desk, office.signed_in("ben"), reference, later(0), "0")
    ben = Person(app, office, "ben")
    assert reference in ben.get("/today")
    write_status(
        office.desk,
        office.signed_in("ben"),
        reference,
        new_blob_id(),
        "closed",
        "It is done.",
        untrusted_outcome="misuse",
    )
    page = ben.get("/today")
    assert reference not in page
    assert "Nothing needs you now" in page


def test_of_a_case_behind_a_wall_there_is_no_trace(app: Flask, office: Office) -> None:
    """The page of somebody who was kept out is that of somebody who was never let in."""
    reference = opened(office, answers=(Answer("q-danger", "yes"),))
    ben, cora = Person(app, office, "ben"), Person(app, office, "cora")
    assert reference in ben.get("/today")
    withdraw(office.desk, office.signed_in(), reference, "ben", "A friend.")

    def plain(page: str) -> str:
        page = re.sub(r'(name="(?:csrf_token|form_id|writer)" value=")[^"]*', r"\1", page)
        return page.replace(">ben<", "><").replace(">cora<", "><")

    assert plain(ben.get("/today")) == plain(cora.get("/today"))


def test_an_officer_sees_how_long_the_post_has_waited(app: Flask, office: Office) -> None:
    """Overdue when nobody opened it in time: nobody can know what stands in it."""
    amina, ben = Person(app, office, "amina"), Person(app, office, "ben")
    assert "in the post" not in amina.get("/today")
    letter(office)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE parcels SET collected_day = '2026-01-05'")
    page = amina.get("/today")
    assert "1 letter in the post" in page
    assert "the oldest since 5 Jan 2026" in page
    assert "Overdue" in page
    assert "in the post" not in ben.get("/today")


def test_what_a_colleagues_case_waits_for_is_not_counted(app: Flask, office: Office) -> None:
    """Once the officer has read the post: a further letter of a case that is not theirs is not there."""
    key = source()
    office.open(letter(office, key), cleared=("ben",))
    letter(office, key)
    amina = Person(app, office, "amina").unlock()
    amina.get("/post")
    assert "in the post" not in amina.get("/today")


def test_a_day_that_is_none_closes_nothing(app: Flask, office: Office) -> None:
    """Somebody wrote it beside a parcel: the page stands, and the case that is made of it opens."""
    found = letter(office, source())
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE parcels SET collected_day = '9999-99-99'")
    amina = Person(app, office, "amina")
    assert "1 letter in the post" in amina.get("/today")
    reference = office.open(found, cleared=("amina",))
    assert amina.client.get(f"/case/{reference}").status_code == 200
    assert reference in amina.get("/")


def test_reminders_are_worded_with_the_rules_in_force(app: Flask, office: Office) -> None:
    """From day 4 of a letter that nobody answered, and after month 2 of a report of which nothing came yet."""
    late, soon = opened(office, later(-10)), opened(office)
    for reference in (late, soon):
        write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), "", ["When was it?"])
    with office.desk.database.writing() as connection:
        for reference, changed in ((late, {"unanswered": later(-10)}), (soon, {"acknowledged": later(-70)})):
            case = open_case(connection, office.signed_in(), reference)
            change_work(connection, case, lambda work, changed=changed: replace(work, **changed))  # type: ignore[misc]
    page = Person(app, office, "ben").get("/today")
    found = sections(page)
    assert (found["overdue"][2], found["soon"][2]) == ([late], [soon])
    assert "within 3 working days; this reminder begins on day 4" in page
    assert "within 3 months; this reminder begins after 2" in page
    # Both wait for their source: that is said beside the deadline, which runs all the same.
    assert page.count("which stops no clock") >= 2


def test_nothing_to_do_is_said_kindly_and_the_post_is_not_hidden_by_it(app: Flask, office: Office) -> None:
    """Whoever has no case hears that it will stand here; an officer still sees what waits in the post."""
    page = Person(app, office, "cora").get("/today")
    assert "Nothing needs you now" in page
    assert "You have no open case" in page
    letter(office)
    amina = Person(app, office, "amina").get("/today")
    assert "No case needs you now" in amina
    assert "1 letter in the post" in amina


def test_a_case_that_does_not_open_is_said_where_everybody_lands(app: Flask, office: Office) -> None:
    """And leads to the list, which says which it is."""
    reference = opened(office)
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET sealed_card = x'00'")
        connection.exec_driver_sql("UPDATE clearances SET stamp = stamp + 1")
    ben = Person(app, office, "ben")
    assert "1 of your cases does not open" in ben.get("/today")
    assert reference in ben.get("/")


def test_a_reviewer_begins_with_today(app: Flask, office: Office) -> None:
    """After signing in, and by the name of the desk at the top of every page."""
    client = app.test_client()
    form = {"username": "ben", "password": PASSWORD, "code": office.code("ben")}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.location) == (303, "/today")
    assert '<a class="brand" href="/today">' in client.get("/").text


def test_who_waits_for_my_consent_is_counted(app: Flask, office: Office) -> None:
    """As many as the page of consents has for whoever looks; nobody whose consent does not count sees a line."""
    office.add("sue", Role.SUPERVISOR, Role.REVIEWER)
    office.add("ada", Role.ADMINISTRATOR)
    ask_reset(office.desk, office.signed_in("ada"), "cora", InvitationKind.PASSWORD)
    ask_reset(office.desk, office.signed_in("ada"), "sue", InvitationKind.PASSWORD)
    assert '<a href="/consents">1 request waits for your consent</a>' in Person(app, office, "sue").get("/today")
    assert "for your consent" not in Person(app, office, "ben").get("/today")


def test_lists_are_of_open_cases() -> None:
    """A section that held closed ones would never be empty."""
    assert {need for need, chosen in LISTS.items() if chosen.status != "open"} == {Need.END, Need.UNDATED}
    assert all(LISTS[need].fate for need in (Need.END, Need.UNDATED)), "and not all of them"
    assert list(LISTS) == list(Need)
