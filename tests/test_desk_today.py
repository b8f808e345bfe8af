"""Today: what needs somebody now; every count is true, and leads to what it counts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.today import LISTS, SHOWN, Need
from journalist_interface.clock import today
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_reply, write_status
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post and reads, ben and cora are reviewers."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


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
    ben = Person(app, office, "ben")
    found = sections(ben.get("/today"))
    assert found.keys() == set(Need) - {Need.SOON}
    for need, (address, count, shown) in found.items():
        listed = re.findall(r'<th scope="row">\s*<a href="/case/([\w-]+)\?', ben.get(address))
        assert len(listed) == count, need
        assert shown == listed[:SHOWN], need
    assert found["waiting"][2] == [asked]
    assert found["mine"][1] == 2


def test_a_closed_case_needs_nobody(app: Flask, office: Office) -> None:
    """Whatever it was."""
    reference = opened(office, answers=(Answer("q-danger", "yes"),))
    ben = Person(app, office, "ben")
    assert reference in ben.get("/today")
    write_status(office.desk, office.signed_in("ben"), reference, new_blob_id(), "closed", "It is done.")
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


def test_lists_are_of_open_cases() -> None:
    """A section that held closed ones would never be empty."""
    assert {chosen.status for chosen in LISTS.values()} == {"open"}
    assert list(LISTS) == list(Need)
