"""Where one part of the work on cases meets another: splitting, asking, ending, walls, taking out."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.case_access import open_case
from journalist_interface.casework.dating import put_outcome
from journalist_interface.casework.destruction import agree_to_end, end_case
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.periods_kept import keep_periods
from journalist_interface.casework.retention import Periods
from journalist_interface.errors import SetUpRefused, WritingRefused
from journalist_interface.takeout.consenting import agree, refuse, waiting_take_outs
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_reply
from keys.letter import Answer
from keys.statuses import Status
from store.blobs import new_blob_id
from store.desk.outbox import Kind, OutboxDelivery, ReplyState, mark_done, move_reply, waiting_deliveries
from store.desk.post_tables import outgoing_files
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person
from tests.ended_case import close_and_wait, requests, work_of
from tests.in_danger import over
from tests.taken_out import Recipient, asked, recipient
from tests.two_matters import Matter

PEOPLE = {
    "ben": (Role.REVIEWER,),
    "cora": (Role.REVIEWER,),
    "dan": (Role.REVIEWER, Role.SUPERVISOR),
    "sue": (Role.SUPERVISOR,),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Amina opens the post; ben, cora and dan are reviewers; dan and sue are supervisors."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture
def matter(office: Office) -> Matter:
    """A case with two matters, of which the second tells of danger."""
    return Matter(office)


@pytest.fixture(scope="module")
def to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recipient]:
    """Who is to get a case."""
    with recipient(tmp_path_factory.mktemp("recipient") / "gpg") as made:
        yield made


def alone(office: Office) -> None:
    """The charity has chosen that one person ends a case whose time is over."""
    keep_periods(office.desk, office.signed_in("sue"), Periods(consent=False))


def waiting(office: Office) -> list[OutboxDelivery]:
    """What the courier has to take."""
    with office.desk.database.reading() as connection:
        return list(waiting_deliveries(connection, 99))


def delivered(office: Office) -> list[str]:
    """Let everything arrive; return the ids of the replies."""
    with office.desk.database.writing() as connection:
        found = list(waiting_deliveries(connection, 99))
        for each in found:
            mark_done(connection, each, arrived=True)
    return [each.reply for each in found if each.kind is Kind.REPLY and each.reply]


def test_a_letter_copied_into_a_closed_case_leaves_nothing_to_end_it_by(office: Office, matter: Matter) -> None:
    """Even when the first case had been answered: it is open, in danger, and has no day any more."""
    made = matter.split()
    over(office, made)
    close_and_wait(office, made)
    write_reply(office.desk, office.signed_in(), matter.reference, new_blob_id(), "Thank you.", ())
    matter.split(letters=matter.letters()[:1], into=made)
    work = work_of(office, made)
    assert (work.closed, work.outcome, work.keep_until) == ("", "", "")
    with pytest.raises(WritingRefused, match="is open"):
        end_case(office.desk, office.signed_in(), made, "sue", "x")


def test_a_question_leaves_a_closed_case_nothing_to_end_it_by(office: Office, matter: Matter) -> None:
    """It waits for an answer, and has no day any more."""
    over(office, matter.reference)
    close_and_wait(office, matter.reference)
    write_reply(office.desk, office.signed_in(), matter.reference, new_blob_id(), "", ["Are you well?"])
    work = work_of(office, matter.reference)
    assert (work.closed, work.keep_until, bool(work.waiting)) == ("", "", True)


def test_the_end_of_the_first_case_takes_nothing_of_the_other_along(office: Office, matter: Matter) -> None:
    """Its own answers go; what waits for the source from the other stays, and nobody is told that all is destroyed."""
    alone(office)
    made = matter.split()
    write_reply(office.desk, office.signed_in(), matter.reference, new_blob_id(), "From the first.", ())
    first = delivered(office)
    write_reply(office.desk, office.signed_in(), made, new_blob_id(), "From the other.", ())
    over(office, matter.reference)
    close_and_wait(office, matter.reference)
    kept = [each.reply for each in waiting(office) if each.kind is Kind.REPLY]
    assert end_case(office.desk, office.signed_in(), matter.reference)
    left = waiting(office)
    assert kept[0] in [each.reply for each in left if each.kind is Kind.REPLY]
    assert {each.reply for each in left if each.kind is Kind.WITHDRAW} >= set(first)
    assert Status.DESTROYED not in [each.status for each in left]


def test_a_case_that_was_split_off_takes_its_answers_back_from_the_source(office: Office, matter: Matter) -> None:
    """Though its address stands in its card alone; also where a second person agrees, who has no key of it."""
    made = matter.split()
    delivered(office)
    write_reply(office.desk, office.signed_in(), made, new_blob_id(), "From the other.", ())
    [sent] = delivered(office)
    with office.desk.database.writing() as connection:
        move_reply(connection, sent, ReplyState.READ)
    over(office, made)
    close_and_wait(office, made)
    assert not end_case(office.desk, office.signed_in(), made, "sue")
    [request] = requests(office, "sue")
    agree_to_end(office.desk, office.signed_in("sue"), request)
    assert sent in {each.reply for each in waiting(office) if each.kind is Kind.WITHDRAW}
    assert Status.DESTROYED not in [each.status for each in waiting(office)]


def test_a_case_alone_still_tells_its_source(office: Office, matter: Matter) -> None:
    """Nothing was split off: all is destroyed, and the source hears of it."""
    alone(office)
    over(office, matter.reference)
    close_and_wait(office, matter.reference)
    assert end_case(office.desk, office.signed_in(), matter.reference)
    assert waiting(office)[-1].status is Status.DESTROYED
    with office.desk.database.reading() as connection:
        assert connection.execute(outgoing_files.select()).all() == []


def test_splitting_takes_a_request_for_the_end_away(office: Office, matter: Matter) -> None:
    """Whoever was asked was told that nothing of it lives on."""
    over(office, matter.reference)
    close_and_wait(office, matter.reference)
    assert not end_case(office.desk, office.signed_in(), matter.reference, "sue")
    assert len(requests(office, "sue")) == 1
    matter.split()
    assert requests(office, "sue") == []


def test_who_is_asked_and_who_asks_are_told_what_lives_on(app: Flask, office: Office, matter: Matter) -> None:
    """On the page of the case, and in the words that are sealed to the other."""
    matter.split()
    over(office, matter.reference)
    close_and_wait(office, matter.reference)
    assert "stand in another case too" in Person(app, office, "amina").get(f"/case/{matter.reference}")
    assert not end_case(office.desk, office.signed_in(), matter.reference, "sue")
    assert "live on in another case" in Person(app, office, "sue").get("/consents")


def test_another_outcome_makes_no_case_due_at_once(office: Office, matter: Matter) -> None:
    """Whatever it is called: everybody who reads it is warned first."""
    alone(office)
    over(office, matter.reference)
    close_and_wait(office, matter.reference, kept_until="2040-01-01")
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), matter.reference)
        change_work(connection, case, lambda work: replace(work, closed="2020-01-01"))
    put_outcome(office.desk, office.signed_in(), matter.reference, "withdrawn", "They asked.")
    with pytest.raises(WritingRefused):
        end_case(office.desk, office.signed_in(), matter.reference)


def test_whom_a_wall_keeps_out_consents_to_no_taking_out(office: Office, matter: Matter, to: Recipient) -> None:
    """Dan sees no request, and can neither agree nor refuse; sue can, who was never let in."""
    clear(office.desk, office.signed_in(), matter.reference, "dan", "Second pair of eyes.")
    withdraw(office.desk, office.signed_in(), matter.reference, "dan", "It is about him.")
    wanted = asked(office, to, matter.reference, "ben")
    assert waiting_take_outs(office.desk, office.signed_in("dan")) == ()
    for judge in (agree, refuse):
        with pytest.raises(SetUpRefused):
            judge(office.desk, office.signed_in("dan"), wanted.id)
    agree(office.desk, office.signed_in("sue"), wanted.id)


def test_what_the_source_tells_in_one_case_warns_in_the_other(app: Flask, office: Office, matter: Matter) -> None:
    """A further letter comes into the first alone; whoever may read both must not answer the other unwarned."""
    other = matter.split()
    over(office, matter.reference)
    amina = Person(app, office, "amina")
    assert "another case of the same source" not in amina.get(f"/case/{other}")
    danger = matter.write("He knows it was me.", answers=(Answer("q-danger", "yes"),))
    office.open(danger)
    page = amina.get(f"/case/{other}")
    assert "Danger stands in another case of the same source." in page
    assert matter.reference in page
    assert "took another report back" not in page
    office.open(matter.write("", withdraws=True))
    assert "The same source took another report back on" in amina.get(f"/case/{other}")


def test_who_reads_the_one_case_alone_is_not_warned_of_the_other(app: Flask, office: Office, matter: Matter) -> None:
    """That it exists would be told with the warning."""
    other = matter.split()
    clear(office.desk, office.signed_in(), other, "dan", "He knows the law.")
    office.open(matter.write("He knows it was me.", answers=(Answer("q-danger", "yes"),)))
    page = Person(app, office, "dan").get(f"/case/{other}")
    assert "His chief hits his wife." in page
    assert "another case of the same source" not in page
    assert matter.reference not in page
