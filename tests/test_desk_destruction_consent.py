"""Who agrees to a destruction: one person, asked by name, who sees what was written for them and no more of it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_consents import waiting_in_cases
from journalist_interface.casework.destruction import agree_to_end, end_case, refuse_end
from journalist_interface.casework.holding import hold
from journalist_interface.casework.periods_kept import keep_periods
from journalist_interface.casework.retention import Periods
from journalist_interface.errors import SetUpRefused, WritingRefused
from journalist_interface.key_names import OtherKey
from journalist_interface.walls import clear, withdraw
from keys.hpke import SecretKey
from store.desk.account_tables import audit, reviewers, roles
from store.desk.audit import Act
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter
from tests.ended_case import asked, close, close_and_wait, is_there, requests

CANARY = "canary: the sister asked for it"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post, ben reads, cora is a supervisor who reads too, sue and sid supervisors alone."""
    both = (Role.REVIEWER, Role.SUPERVISOR)
    people = {"ben": (Role.REVIEWER,), "cora": both, "sue": (Role.SUPERVISOR,), "sid": (Role.SUPERVISOR,)}
    with new_office(tmp_path / "desk", people) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case of amina's and ben's whose time is over."""
    found = office.open(letter(office), cleared=("amina", "ben"))
    close_and_wait(office, found)
    return found


def notes(office: Office, act: Act) -> list[tuple[str, str]]:
    """Who did it, and the note."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == act.value).order_by(audit.c.number)).all()
    return [(row.actor, row.note) for row in rows]


def test_a_day_with_two_people(app: Flask, office: Office, reference: str) -> None:
    """Ben asks on the case's page; sue finds it where she is asked, agrees, and it is gone for everybody."""
    ben, sue = Person(app, office, "ben"), Person(app, office, "sue")
    page = ben.get(f"/case/{reference}")
    offered = re.findall(r"<option>(\w+)</option>", page.split('id="destroy-consenter"')[1])
    assert offered == ["cora", "sid", "sue"], "no reader who is no supervisor"
    assert ben.post(f"/case/{reference}/destroy", consenter="sue")[:2] == (303, f"/case/{reference}#end")
    page = ben.get(f"/case/{reference}")
    assert "sue was asked by ben" in page
    assert f'action="/case/{reference}/destroy"' not in page
    assert "waits for sue" in ben.get("/destruction")
    page = sue.get("/consents")
    assert 'Consents <span class="count">1</span>' in page
    assert f"Case {reference} is to be destroyed" in page
    assert "Not enough to act on" in page
    assert "Opened from the post: amina" in page
    assert "Its status was last set: amina" in page
    status, to, _page = sue.post("/consents/case/agree", request=requests(office, "sue")[0])
    assert (status, to) == (303, "/consents?done=destroyed")
    assert "the case is destroyed" in sue.get(to)
    assert not is_there(office, reference)
    assert ben.get(f"/case/{reference}") == ben.get("/case/0000-0000")


def test_nobody_else_finds_that_anything_was_asked(app: Flask, office: Office, reference: str) -> None:
    """Not a supervisor beside her, not an administrator: no row, no count, no way to agree."""
    request = asked(office, reference)
    sid = Person(app, office, "sid")
    page = sid.get("/consents")
    assert reference not in page
    assert "Nothing waits" in page
    status, _to, page = sid.post("/consents/case/agree", request=request)
    assert status == 422
    assert "not here any more" in page
    with pytest.raises(SetUpRefused):
        refuse_end(office.desk, office.signed_in("sid"), request)
    assert is_there(office, reference)
    assert notes(office, Act.DESTROY) == []


def test_whom_a_wall_keeps_out_is_not_asked(office: Office, reference: str) -> None:
    """Nor judges what they were asked before it went up."""
    clear(office.desk, office.signed_in("ben"), reference, "cora", "A second pair of eyes.")
    withdraw(office.desk, office.signed_in("ben"), reference, "cora", "It is about a friend of hers.")
    with pytest.raises(WritingRefused, match="Choose who is asked"):
        end_case(office.desk, office.signed_in("ben"), reference, "cora")
    clear(office.desk, office.signed_in("ben"), reference, "cora", "It was another.")
    request = asked(office, reference, "cora")
    withdraw(office.desk, office.signed_in("ben"), reference, "cora", "It is about a friend of hers.")
    assert waiting_in_cases(office.desk, office.signed_in("cora")) == ()
    with pytest.raises(SetUpRefused):
        agree_to_end(office.desk, office.signed_in("cora"), request)


@pytest.mark.parametrize("whom", ["", "ben", "amina", "nobody", "recovery", "sue\x00"])
def test_only_a_second_person_can_be_asked(office: Office, reference: str, whom: str) -> None:
    """Not oneself, not another reader; and nothing is written by asking."""
    with pytest.raises(WritingRefused, match="Choose who is asked"):
        end_case(office.desk, office.signed_in("ben"), reference, whom)
    assert notes(office, Act.DESTROY_ASKED) == []


def test_a_supervisor_who_reads_the_case_asks_somebody_else(office: Office, reference: str) -> None:
    """Two are two."""
    clear(office.desk, office.signed_in("ben"), reference, "cora", "A second pair of eyes.")
    with pytest.raises(WritingRefused, match="Choose who is asked"):
        end_case(office.desk, office.signed_in("cora"), reference, "cora")


def test_an_only_supervisor_is_judged_by_an_officer(app: Flask, office: Office) -> None:
    """Who finds the page for it, for as long as that waits."""
    with office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.username.in_(["sue", "sid"])))
    office.add("olga", Role.INTAKE_OFFICER)
    found = office.open(letter(office), cleared=("cora",))
    close(office, found, who="cora")
    assert not end_case(office.desk, office.signed_in("cora"), found, "olga", "It was spam.")
    olga = Person(app, office, "olga")
    assert found in olga.get("/consents")
    assert olga.post("/consents/case/agree", request=requests(office, "olga")[0])[0] == 200
    assert not is_there(office, found)
    assert olga.get("/consents") == olga.get("/never-was")


def test_before_its_time_with_a_reason_which_only_she_reads(app: Flask, office: Office) -> None:
    """Whatever the settings; the reason is sealed to whoever was asked, and in the case; not in the trail."""
    keep_periods(office.desk, office.signed_in("sue"), replace(Periods(), consent=False))
    found = office.open(letter(office), cleared=("amina", "ben"))
    close(office, found, "withdrawn")
    with pytest.raises(WritingRefused, match="Give a reason"):
        end_case(office.desk, office.signed_in("ben"), found, "sue")
    with pytest.raises(WritingRefused, match="Choose who is asked"):
        end_case(office.desk, office.signed_in("ben"), found, "", CANARY)
    asked(office, found, reason=CANARY)
    assert CANARY in Person(app, office, "sue").get("/consents")
    assert CANARY in Person(app, office, "ben").get(f"/case/{found}")
    assert notes(office, Act.DESTROY_ASKED) == [("ben", "of sue; before its time")]
    for path in office.folder.glob("desk.sqlite*"):
        assert CANARY.encode() not in path.read_bytes()


def test_where_one_is_enough_a_reader_destroys_what_is_due(office: Office, reference: str) -> None:
    """As the charity chose; recorded under their name."""
    keep_periods(office.desk, office.signed_in("sue"), replace(Periods(), consent=False))
    assert end_case(office.desk, office.signed_in("ben"), reference)
    assert not is_there(office, reference)
    assert notes(office, Act.DESTROY) == [("ben", "")]


def test_nothing_is_sealed_to_a_key_that_was_exchanged(office: Office, reference: str) -> None:
    """Whoever can write to the database could put their own there; it is recorded, and nothing was asked."""
    with office.desk.database.writing() as connection:
        public = SecretKey(bytes(96)).public
        connection.execute(reviewers.update().where(reviewers.c.username == "sue").values(public_key=public))
    with pytest.raises(OtherKey):
        end_case(office.desk, office.signed_in("ben"), reference, "sue")
    assert notes(office, Act.KEY_EXCHANGED) == [("ben", "sue")]
    assert requests(office, "sue") == []


def test_several_at_once_each_by_itself(app: Flask, office: Office, reference: str) -> None:
    """What cannot be done is said and holds nobody up; a case that is not theirs is told from none by nothing."""
    other = office.open(letter(office), cleared=("amina", "ben"))
    close_and_wait(office, other)
    foreign = office.open(letter(office), cleared=("amina",))
    close_and_wait(office, foreign)
    held = office.open(letter(office), cleared=("amina", "ben"))
    close_and_wait(office, held)
    hold(office.desk, office.signed_in(), held, "A court.")
    ben = Person(app, office, "ben")
    page = ben.get("/destruction")
    assert [each in page for each in (reference, other, foreign, held)] == [True, True, False, False]
    chosen = [reference, other, held, foreign, "0000-0000"]
    status, _to, page = ben.post("/destruction", case=chosen, consenter="sue")
    assert status == 200
    assert f"sue was asked to agree: {reference}, {other}." in page
    assert "This case is held" in page
    assert page.count("It is not there for you, or was altered.") == 2
    assert foreign not in page
    assert len(requests(office, "sue")) == 2
    assert ben.post("/destruction", consenter="sue")[0] == 422


def test_without_a_second_person_to_be_had_it_waits(app: Flask, office: Office, reference: str) -> None:
    """The page says so, and has no button."""
    with office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.role == Role.SUPERVISOR.value))
        suspend(connection, "amina", True)
    page = Person(app, office, "ben").get(f"/case/{reference}")
    assert "Nobody here can agree just now" in page
    assert ">Ask them</button>" not in page
