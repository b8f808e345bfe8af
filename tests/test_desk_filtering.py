"""Lists: what a filter holds, in which order, and how an address says it."""

from dataclasses import fields, replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.case_card import Card
from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.deadlines import Rules
from journalist_interface.casework.filtering import SORTS, Filter, list_board
from journalist_interface.casework.kept_lists import Spoken
from journalist_interface.casework.listing import Measures, by_change, with_dues
from journalist_interface.casework.work import Priority, Work

TODAY = "2026-11-25"


def case(name: str, *, status: str = "being-read", changed_at: int = 0, **more: object) -> BoardCase:
    """A case on a board."""
    own = {each.name for each in fields(Work)}
    work = replace(Work(received="2026-11-24"), **{key: value for key, value in more.items() if key in own})  # type: ignore[arg-type]
    card = Card(name, ("money",), 0, danger=False, source="", work=work)
    card = replace(card, **{key: value for key, value in more.items() if key not in own})  # type: ignore[arg-type]
    return BoardCase(name.ljust(32, "0"), "7K3M-Q9TW", status, changed_at, False, card, None)


PLAIN = case("Amber Otter", changed_at=5)
CASES = {
    "plain": PLAIN,
    "mine": case("Brave Heron", assignee="amina", priority=Priority.HIGH, changed_at=9),
    "hers": case("Calm Newt", assignee="cora", tags=("north", "car park"), changed_at=1),
    "late": case("Dusky Owl", unanswered="2026-11-02", received="2026-11-02", changed_at=2),
    "soon": case("Eager Wren", unanswered="2026-11-23", received="2026-11-23", changed_at=3),
    "danger": case("Fleet Hare", danger=True, changed_at=4),
    "unread": case("Green Toad", unread=2, topics=("hate",), changed_at=6),
    "waits": case("Hazel Moth", waiting="2026-11-24", changed_at=7),
    "closed": case("Ivory Lark", status="closed", closed="2026-11-24", changed_at=8),
    "one way": replace(case("Jolly Crab", received="2026-11-10", changed_at=-1), is_one_way=True),
    "broken": replace(PLAIN, id="b" * 32, card=None, changed_at=10),
}


def listed(chosen: Filter) -> list[str]:
    """What a filter holds, in its order."""
    names = {id(each): name for name, each in CASES.items()}
    among = sorted(with_dues(CASES.values(), Measures(TODAY, Rules())), key=by_change)
    return [names[id(each.case)] for each in list_board(among, chosen, "amina")]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(status="closed"), {"closed"}),
        (Filter(topic="hate"), {"unread"}),
        (Filter(assignee="me"), {"mine"}),
        (Filter(assignee="cora"), {"hers"}),
        (Filter(tag="car park"), {"hers"}),
        (Filter(priority="high"), {"mine"}),
        (Filter(due="overdue"), {"late"}),
        (Filter(due="soon"), {"soon"}),
        (Filter(is_danger=True), {"danger"}),
        (Filter(is_unread=True), {"unread"}),
        (Filter(is_unanswered=True), {"late", "soon"}),
        (Filter(is_waiting=True), {"waits"}),
        (Filter(is_one_way=True), {"one way"}),
        (Filter(since="2026-11-24", until="2026-11-24", assignee="me"), {"mine"}),
        (Filter(until="2026-11-03"), {"late"}),
        (Filter(since="2026-11-25"), set()),
        (Filter(words="heron"), {"mine"}),
        (Filter(words="NORTH calm"), {"hers"}),
        (Filter(words="7k3m", assignee="me"), {"mine"}),
        (Filter(assignee="me", priority="low"), set()),
    ],
)
def test_what_a_filter_holds(chosen: Filter, expected: set[str]) -> None:
    """Each by itself, and two together."""
    assert set(listed(chosen)) == expected


def test_nobodys_are_nobodys() -> None:
    """A case without anybody who works on it."""
    assert not {"mine", "hers"} & set(listed(Filter(assignee="nobody")))
    assert "plain" in listed(Filter(assignee="nobody"))


def test_the_usual_list_is_all_that_are_not_closed_the_newest_change_first() -> None:
    """And one that does not open hides in none of the lists it belongs to."""
    assert listed(Filter()) == [
        "broken",
        "mine",
        "waits",
        "unread",
        "plain",
        "danger",
        "soon",
        "late",
        "hers",
        "one way",
    ]
    assert listed(Filter(status="any"))[:3] == ["broken", "mine", "closed"]
    assert "broken" not in listed(Filter(status="closed"))


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("due", ["late", "soon"]),
        ("received", ["late", "one way", "soon"]),
        ("priority", ["mine", "broken"]),
        ("name", ["broken", "plain", "mine", "hers"]),
        ("assignee", ["mine", "hers", "broken"]),
    ],
)
def test_the_order(sort: str, first: list[str]) -> None:
    """What is equal stands as it would in the usual list."""
    assert listed(Filter(sort=sort))[: len(first)] == first


texts = st.text(max_size=30)


@given(st.dictionaries(st.sampled_from([each.name for each in fields(Filter)]) | texts, texts))
def test_any_form_and_any_address_is_a_list(untrusted: dict[str, str]) -> None:
    """Nonsense chooses nothing; what was read is said again, choices by the address and words by the session."""
    chosen = Filter.read(untrusted)
    assert chosen.sort in SORTS
    assert Filter.read_address(dict(parse_qsl(chosen.query())), chosen.spoken) == chosen
    listed(chosen)
    # An address alone chooses what everybody may see of it, whatever somebody writes into it.
    plain = Filter.read_address(untrusted, Spoken())
    assert (plain.words, plain.tag) == ("", "")
    assert plain.assignee in ("", "me", "nobody")


def test_an_address_says_no_more_than_is_unusual_and_no_word() -> None:
    """So that what is usual has one address, and a browser keeps no name, no tag and no colleague."""
    assert Filter().query() == ""
    assert Filter().query(page=1, list="") == ""
    assert Filter(assignee="me").query(page=3, sort="due") == "assignee=me&sort=due&page=3"
    assert Filter(is_danger=True).query() == "is_danger=1"
    said = Filter(words="heron", tag="car park", assignee="cora", topic="hate", since="2026-11-01").query(list="ab12")
    assert said == "topic=hate&since=2026-11-01&list=ab12"
