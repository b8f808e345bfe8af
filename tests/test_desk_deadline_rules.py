"""Choosing the deadlines: by a supervisor, recorded, and in force at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.days import Nation
from journalist_interface.casework.deadlines import Rules
from journalist_interface.casework.rules_kept import keep_rules, read_rules
from journalist_interface.clock import today
from store.desk.account_tables import audit
from store.desk.roles import Role
from store.desk.settings import Setting, keep_setting
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source

TYPED = {"acknowledge_days": "10", "feedback_months": "6", "remind_months": "4", "nation": "SCT"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a supervisor and a reviewer."""
    with new_office(tmp_path / "desk", {"sue": (Role.SUPERVISOR,), "ben": (Role.REVIEWER,)}) as made:
        yield made


def kept(office: Office) -> Rules:
    """What holds."""
    with office.desk.database.reading() as connection:
        return read_rules(connection)


def notes(office: Office) -> list[tuple[str, str]]:
    """Who changed which settings."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "settings").order_by(audit.c.number)).all()
    return [(row.actor, row.note) for row in rows]


def test_what_is_chosen_holds_and_is_recorded(app: Flask, office: Office) -> None:
    """With what held before; what is as it was is not recorded again."""
    sue = Person(app, office, "sue")
    for _time in range(2):
        status, to, _page = sue.post("/deadlines", **TYPED)
        assert (status, to) == (303, "/deadlines?done=1")
    assert kept(office) == Rules(10, 6, 4, Nation.SCOTLAND)
    assert notes(office) == [
        ("sue", "deadlines: 3 days, 2 and 3 months, ENG -> 10 days, 4 and 6 months, SCT"),
    ]
    assert "Scotland</option>" in sue.get("/deadlines?done=1")


def test_it_holds_at_once_for_cases_of_before(app: Flask, office: Office) -> None:
    """A letter that was overdue is not, and is again."""
    found = letter(office, source())
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE parcels SET collected_day = date(?, '-20 days')", (today(),))
    reference = office.open(found, cleared=("ben",))
    ben = Person(app, office, "ben")
    assert reference in ben.get("/?due=overdue")
    keep_rules(office.desk, office.signed_in("sue"), Rules(acknowledge_days=60))
    assert reference not in ben.get("/?due=overdue")
    keep_rules(office.desk, office.signed_in("sue"), Rules())
    assert reference in ben.get("/?due=overdue")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"acknowledge_days": "0"}, "from 1 to 60"),
        ({"acknowledge_days": "61"}, "from 1 to 60"),
        ({"acknowledge_days": "three"}, "from 1 to 60"),
        ({"feedback_months": "9" * 5_000}, "from 1 to 24"),
        ({"remind_months": "-1"}, "from 1 to 24"),
        ({"remind_months": "6"}, "must come before"),
        ({"nation": "FRA"}, "bank holidays"),
    ],
)
def test_what_will_not_do_changes_nothing(app: Flask, office: Office, wrong: dict[str, str], said: str) -> None:
    """A sentence, and what was typed stands there still."""
    status, _to, page = Person(app, office, "sue").post("/deadlines", **{**TYPED, **wrong})
    assert status == 422
    assert said in page
    assert 'value="10"' in page or "acknowledge_days" in wrong
    assert kept(office) == Rules()
    assert notes(office) == []


@pytest.mark.parametrize("kept_there", [b'{"acknowledge_days":9999}', b"\xff", b"{}"])
def test_rules_that_somebody_wrote_by_hand_are_none(app: Flask, office: Office, kept_there: bytes) -> None:
    """The usual ones hold, no page is closed by it, and the supervisor hears; choosing anew puts it right."""
    reference = office.open(letter(office, source()), cleared=("ben",))
    with office.desk.database.writing() as connection:
        keep_setting(connection, Setting.DEADLINES, kept_there)
    assert kept(office) == Rules()
    sue, ben = Person(app, office, "sue"), Person(app, office, "ben")
    for address in ("/", "/today", f"/case/{reference}"):
        assert ben.client.get(address).status_code == 200
    usual = {"acknowledge_days": "3", "feedback_months": "3", "remind_months": "2", "nation": "ENG"}
    assert "was altered in the database" in sue.get("/deadlines")
    assert sue.post("/deadlines", **usual)[0] == 303
    assert "was altered in the database" not in sue.get("/deadlines")
