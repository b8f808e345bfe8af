"""The queue of the post, narrowed, sorted and paged: a thousand letters are no scroll, and no choice says a word."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.letter_opening import Danger
from journalist_interface.post_list import LETTERS_A_PAGE, PostChoice, list_post
from journalist_interface.post_preview import Preview
from journalist_interface.post_queue import Queue
from keys.letter import Answer
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter


def queue(*previews: Preview) -> Queue:
    """A queue of these, the most urgent first as the post reads it."""
    return Queue(len(previews), "2026-11-20", previews, 0, ())


LETTERS = {
    "danger": Preview("danger", "2026-11-22", danger=Danger.NOW, topics=("partner",)),
    "noted": Preview("noted", "2026-11-20", topics=("hate", "money"), must_not_reach="Sergeant Blunt"),
    "more": Preview("more", "2026-11-21", topics=("money",), case="Amber Otter", cleared=("amina",)),
    "plain": Preview("plain", "2026-11-23", topics=("money",), cleared=()),
}


def shown(**chosen: object) -> list[str]:
    """The letters of the first page, in its order."""
    page = list_post(queue(*LETTERS.values()), PostChoice(**chosen), 1)  # type: ignore[arg-type]  # a test's own fields
    assert page.found == len(page.letters)
    return [each.submission for each in page.letters]


def test_what_a_choice_shows() -> None:
    """Each by itself, and two together; by urgency unless another order is asked for."""
    assert shown() == ["danger", "noted", "more", "plain"]
    assert shown(topic="money") == ["noted", "more", "plain"]
    assert shown(what="more") == ["more"]
    assert shown(what="new", topic="money") == ["noted", "plain"]
    assert shown(is_danger=True) == ["danger"]
    assert "noted" in shown(is_person=True)
    assert "more" not in shown(is_person=True)
    assert shown(sort="oldest") == ["noted", "more", "danger", "plain"]
    assert shown(sort="newest") == ["plain", "danger", "more", "noted"]
    assert shown(topic="sexual") == []


def test_a_thousand_letters_have_pages() -> None:
    """Each once; a number past the end is the last page, and one before the beginning the first."""
    many = queue(*(Preview(str(number), "2026-11-20") for number in range(1_000)))
    seen = [each.submission for number in range(1, 21) for each in list_post(many, PostChoice(), number).letters]
    assert seen == [str(number) for number in range(1_000)]
    assert list_post(many, PostChoice(), 99).number == 20 == 1_000 // LETTERS_A_PAGE
    assert list_post(many, PostChoice(), -3).number == 1
    assert list_post(queue(), PostChoice(), 1).pages == 1


words = st.text(max_size=20)


@given(st.dictionaries(st.sampled_from(["topic", "what", "is_danger", "is_person", "sort"]) | words, words))
def test_any_address_is_a_queue(untrusted: dict[str, str]) -> None:
    """Nonsense chooses nothing, and what was read is said again in the same words."""
    chosen = PostChoice.read(untrusted)
    assert PostChoice.read(dict(parse_qsl(chosen.query()))) == chosen
    list_post(queue(*LETTERS.values()), chosen, 1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk whose post has seven letters, one of them of danger."""
    with new_office(tmp_path / "desk") as made:
        letter(made, answers=(Answer("q-danger", "yes"),))
        for _number in range(6):
            letter(made, topics=("hate",))
        yield made


def test_narrowing_and_turning_pages(app: Flask, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says how many are so; links go on with the same choice; a locked key shows no way to narrow."""
    monkeypatch.setattr("journalist_interface.post_list.LETTERS_A_PAGE", 4)
    amina = Person(app, office, "amina")
    assert "Narrow the queue" not in amina.get("/post")
    page = amina.unlock().get("/post")
    assert page.count('<li class="letter') == 4
    assert "Someone is in danger now" in page
    following = re.search(r'<a rel="next" accesskey="n" href="([^"]*)"', page)
    assert following
    assert amina.get(following[1]).count('<li class="letter') == 3
    narrowed = amina.get("/post?topic=hate&sort=newest")
    assert "6 of 7 letters are so." in narrowed
    assert "Someone is in danger now" not in narrowed
    assert 'href="/post?topic=hate&amp;sort=newest&amp;page=2"' in narrowed
    none = amina.get("/post?topic=sexual")
    assert "0 of 7 letters are so." in none
