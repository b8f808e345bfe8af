"""Many cases at once: what would be done, what is done, what is not and why; one refused case stops no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_documents import MarkDocument, ReplyDocument, StatusDocument
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.bulk import do_bulk
from journalist_interface.casework.bulk_plan import MOST_AT_ONCE, read_picked
from journalist_interface.casework.bulk_wish import NOBODY, Deed, Wish
from journalist_interface.casework.work import Outcome, Priority
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.roles import Role
from store.errors import NoRoom
from tests.desk_office import Office, new_office, sent_replies
from tests.desk_person import letter, source
from tests.quiet_cases import World, closed, quiet_world

CLOSING = Wish(Deed.CLOSE, reason="Nothing more can be done.", outcome="no-evidence")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def world(office: Office) -> World:
    """Three quiet cases, a one-way one, and one that ben cannot read."""
    return quiet_world(office)


def references(cases: object) -> list[str]:
    """The references of what a plan or report lists."""
    return [each.reference for each in cases]  # type: ignore[attr-defined]  # every kind of line has one


def test_work_is_changed_in_each_and_told_in_each(world: World) -> None:
    """Tags are added after those there were, and taken off; who works on it and priority are set; all else stays."""
    ben, (first, second, _third) = world.office.signed_in("ben"), world.quiet
    set_work(world.office.desk, ben, first, WorkForm("cora", "low", "old, north"))
    wish = Wish(Deed.CHANGE, assignee="ben", tags="south, north", tags_off="old")
    plan = world.plan(wish, first, second)
    assert (references(plan.ready), plan.alarming, plan.skipped) == ([first, second], (), ())
    report = world.do(plan)
    assert references(report.done) == [first, second]
    assert (world.work(first).assignee, world.work(first).tags) == ("ben", ("north", "south"))
    assert world.work(first).priority is Priority.LOW
    assert world.work(second).tags == ("south", "north")
    marks = [each for each in world.timeline(first) if isinstance(each, MarkDocument)]
    assert [each.author for each in marks] == ["ben", "ben"]
    nobody = world.plan(Wish(Deed.CHANGE, assignee=NOBODY, priority="high"), first)
    world.do(nobody, "cd" * 16)
    assert (world.work(first).assignee, world.work(first).priority) == ("", Priority.HIGH)


def test_only_readers_can_work_on_a_case(world: World) -> None:
    """Where the one who is chosen is no reader it is skipped and said, and the others are given."""
    withdraw(world.office.desk, world.office.signed_in(), world.quiet[1], "cora", "A friend of his.")
    plan = world.plan(Wish(Deed.CHANGE, assignee="cora"), *world.quiet)
    assert references(plan.ready) == [world.quiet[0], world.quiet[2]]
    [skipped] = plan.skipped
    assert (skipped.reference, skipped.why) == (world.quiet[1], "cora cannot read it, and so cannot work on it.")
    assert skipped.name


def test_who_is_not_cleared_learns_nothing(world: World) -> None:
    """A case of others is as one that never was: no name, the same words, nothing done, before and after."""
    plan = world.plan(CLOSING, world.foreign, "0000-0000", world.quiet[0])
    assert [(each.name, each.why) for each in plan.skipped] == [("", "You have no such case (any more).")] * 2
    before = world.timeline(world.foreign)
    named = [f"{world.foreign}.2.{'0' * 16}", "0000-0000.2.x"]
    report = do_bulk(world.office.desk, world.office.signed_in("ben"), CLOSING, "ab" * 16, named)
    assert [(each.name, each.why) for each in report.skipped] == [("", "You have no such case (any more).")] * 2
    assert world.timeline(world.foreign) == before


def test_closing_tells_each_source_word_for_word(world: World) -> None:
    """And says beforehand to how many; who cannot come back gets nothing; the outcome stands in the card."""
    plan = world.plan(CLOSING, *world.quiet, world.one_way)
    assert (plan.told, plan.one_way, plan.alarming) == (3, 1, ())
    waiting = sent_replies(world.office)
    report = world.do(plan)
    assert len(report.done) == 4
    assert sent_replies(world.office) == waiting + 3
    for reference in (*world.quiet, world.one_way):
        assert world.work(reference).outcome is Outcome.NO_EVIDENCE
        said = [each for each in world.timeline(reference) if isinstance(each, StatusDocument)]
        assert (said[-1].author, said[-1].status, said[-1].reason) == ("ben", "closed", CLOSING.reason)
    replies = [each for each in world.timeline(world.quiet[0]) if isinstance(each, ReplyDocument)]
    assert replies[-1].text == CLOSING.reason
    again = world.plan(CLOSING, *world.quiet)
    assert [each.why for each in again.skipped] == ["It is closed already."] * 3


def test_what_deserves_a_look_needs_a_tick_of_its_own(world: World) -> None:
    """An unread letter, an open question, a letter not answered, one in the post: each says why."""
    office = world.office
    danger = office.open(letter(office, source(), answers=(Answer("q-danger", "yes"),)), cleared=("amina", "ben"))
    unread = office.open(letter(office, source()), cleared=("amina", "ben"))
    write_reply(office.desk, office.signed_in("ben"), world.quiet[0], new_blob_id(), "", ["When was it?"])
    plan = world.plan(CLOSING, danger, unread, *world.quiet)
    # Danger is not closed with anything: it is stood down first, on its page.
    assert [(each.reference, "stand the danger down" in each.why) for each in plan.skipped] == [(danger, True)]
    assert references(plan.ready) == world.quiet[1:]
    why = {each.reference: each.alarms for each in plan.alarming}
    assert why == {
        unread: ("1 letter is unread.", "A letter is not answered."),
        world.quiet[0]: ("A question to the source is open.",),
    }
    assert (plan.told, plan.told_alarming) == (2, 2)
    # To give such a case to somebody is what should be done.
    assert world.plan(Wish(Deed.CHANGE, priority="high"), danger).alarming == ()
    only = do_bulk(office.desk, office.signed_in("ben"), CLOSING, "ab" * 16, [each.picked for each in plan.ready])
    assert references(only.done) == world.quiet[1:]
    assert not closed(world, danger)
    assert not closed(world, unread)


def test_a_letter_that_came_since_is_not_closed_over(world: World) -> None:
    """Nor what a colleague changed; the rest is done, and those are said."""
    plan = world.plan(CLOSING, *world.quiet)
    first, second, third = world.quiet
    world.office.open(letter(world.office, world.keys[first], message="He is coming tonight."))
    write_note(world.office.desk, world.office.signed_in(), second, new_blob_id(), "Do not close before Tuesday.")
    report = world.do(plan)
    assert references(report.done) == [third]
    assert references(report.skipped) == [first, second]
    assert all(each.why.startswith("Something came into it") for each in report.skipped)
    assert not closed(world, first)
    assert not closed(world, second)


def test_what_a_colleague_changed_since_is_not_changed_over(world: World) -> None:
    """Who works on it was another when the summary was shown; the rest is done."""
    plan = world.plan(Wish(Deed.CHANGE, assignee="ben"), *world.quiet)
    set_work(world.office.desk, world.office.signed_in("cora"), world.quiet[0], WorkForm("cora", "normal", ""))
    report = world.do(plan)
    assert references(report.done) == world.quiet[1:]
    assert references(report.skipped) == world.quiet[:1]
    assert world.work(world.quiet[0]).assignee == "cora"


def test_pressing_twice_does_nothing_twice(world: World) -> None:
    """Whether it was closing or changing; not even if a colleague has undone it since."""
    plan = world.plan(CLOSING, *world.quiet)
    world.do(plan)
    before = world.rows()
    again = world.do(plan)
    assert (references(again.before), again.done, again.skipped) == (world.quiet, [], [])
    assert world.rows() == before
    change = world.plan(Wish(Deed.CHANGE, assignee="ben", tags="north"), *world.quiet)
    world.do(change, "cd" * 16)
    set_work(world.office.desk, world.office.signed_in(), world.quiet[0], WorkForm("cora", "normal", ""))
    before = world.rows()
    assert references(world.do(change, "cd" * 16).before) == world.quiet
    assert world.rows() == before
    assert world.work(world.quiet[0]).assignee == "cora"


def test_a_crash_in_the_middle_leaves_each_case_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those before it are done, it and those after it are as they were; the same form again does the rest, once."""
    plan = world.plan(CLOSING, *world.quiet)
    real, sent = write_status, []

    def crash(*told: object, **more: object) -> None:
        sent.append(told)
        if len(sent) == 2:
            raise KeyboardInterrupt
        real(*told, **more)  # type: ignore[arg-type]  # as it was called

    waiting = sent_replies(world.office)
    with monkeypatch.context() as broken:
        broken.setattr("journalist_interface.casework.bulk.write_status", crash)
        with pytest.raises(KeyboardInterrupt):
            world.do(plan)
    assert [closed(world, each) for each in world.quiet] == [True, False, False]
    report = world.do(plan)
    assert references(report.before) == world.quiet[:1]
    assert references(report.done) == world.quiet[1:]
    assert sent_replies(world.office) == waiting + 3


def test_one_that_is_refused_stops_no_other_and_a_full_disk_stops_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is said to be done; what is left can be done with the same form."""
    plan = world.plan(CLOSING, *world.quiet)
    real = write_status
    fault: list[Exception] = [WritingRefused("Not this one."), NoRoom()]

    def refuse(*told: object, **more: object) -> None:
        if told[2] == world.quiet[1]:
            raise fault[0]
        real(*told, **more)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("journalist_interface.casework.bulk.write_status", refuse)
    report = world.do(plan)
    assert references(report.done) == [world.quiet[0], world.quiet[2]]
    assert [each.why for each in report.skipped] == ["Not this one."]
    fault.pop(0)
    full = world.do(plan)
    assert (references(full.before), full.had_room) == ([world.quiet[0]], False)
    assert [each.partition(".")[0] for each in full.left] == world.quiet[1:]


def test_a_request_works_for_some_seconds(world: World) -> None:
    """What is left is named, and done by the next."""
    plan = world.plan(CLOSING, *world.quiet)
    report = world.do(plan, seconds=-1)
    assert (report.done, len(report.left)) == ([], 3)
    rest = do_bulk(world.office.desk, world.office.signed_in("ben"), CLOSING, "ab" * 16, report.left)
    assert references(rest.done) == world.quiet


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Choose what is to be done"),
        ({"deed": "destroy"}, "Choose what is to be done"),
        ({"deed": "change"}, "Say what is to be changed"),
        ({"deed": "change", "tags": " , "}, "Say what is to be changed"),
        ({"deed": "change", "priority": "highest"}, "Choose a priority"),
        ({"deed": "change", "tags": "x" * 41}, "longer than 40 characters"),
        ({"deed": "close", "reason": "Done."}, "Choose what came of these cases"),
        ({"deed": "close", "reason": " ", "outcome": "misuse"}, "Say why the cases are closed"),
        ({"deed": "close", "reason": "x" * 8_001, "outcome": "misuse"}, "characters"),
        ({"deed": "close", "reason": '"&' * 3_999, "outcome": "misuse"}, "too long for one page of a source"),
    ],
)
def test_what_cannot_be_wished(typed: dict[str, str], sentence: str) -> None:
    """It is said before anything is looked at."""
    with pytest.raises(WritingRefused, match=sentence):
        Wish.read(typed)


def test_so_many_at_once_and_no_more(world: World) -> None:
    """None, too many, one twice; a batch that is no id."""
    for wrong in ([], [f"{number:04}-0000" for number in range(MOST_AT_ONCE + 1)]):
        with pytest.raises(WritingRefused):
            read_picked(wrong)
    assert len(read_picked(["A.1.x", "A.2.y"])) == 1
    with pytest.raises(WritingRefused, match="not complete"):
        do_bulk(world.office.desk, world.office.signed_in("ben"), CLOSING, "x", ["A"])


def test_a_report_that_was_taken_back_is_closed_on_its_own_page(world: World) -> None:
    """Its source is owed what is kept, and why: not the words of all the others."""
    world.office.open(letter(world.office, world.keys[world.quiet[0]], withdraws=True, message=""))
    plan = world.plan(CLOSING, *world.quiet)
    assert [(each.reference, "took the report back" in each.why) for each in plan.skipped] == [(world.quiet[0], True)]
    assert world.quiet[0] not in references((*plan.ready, *plan.alarming))
