"""Who is proposed to read a case, and what counts as a conflict: the rules, without a desk."""

import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.conflicts import Asked, Conflict, Where, find_conflicts, fold, looked_for, words_of
from journalist_interface.proposing import READERS_PROPOSED, Candidate, propose
from journalist_interface.views_about_me import TOPICS_IN_ORDER
from keys.letter import TOPICS

TODAY = "2026-11-25"
ALL = frozenset(TOPICS)


def reviewer(username: str, **more: object) -> Candidate:
    """A reviewer who takes everything and is there."""
    return Candidate(username, **{"topics": ALL, **more})  # type: ignore[arg-type]  # a test names the fields


def asked(username: str, *lines: str) -> Asked:
    """A reviewer's standing recusals."""
    return Asked(username, lines)


def why(username: str, topics: tuple[str, ...], *candidates: Candidate, conflicts: tuple[Conflict, ...] = ()) -> str:
    """All that is said of one of the candidates."""
    proposal = propose(topics, candidates, conflicts, TODAY)
    (advice,) = [each for each in proposal.advice if each.username == username]
    return " ".join((*advice.sentences, *advice.cautions))


def test_the_least_loaded_of_those_who_fit_are_proposed() -> None:
    """Two of them; of equals, by name."""
    four = [reviewer("dana", load=1), reviewer("cora"), reviewer("ben"), reviewer("amina", load=4)]
    proposal = propose(["money"], four, [], TODAY)
    assert proposal.names == ("ben", "cora")
    assert not proposal.doubtful
    assert proposal.sentence == ""
    assert [each.username for each in proposal.advice] == ["ben", "cora", "dana", "amina"]


def test_who_does_not_take_a_topic_is_not_proposed() -> None:
    """Every topic of the letter, not one of them; a letter without a topic is everybody's."""
    some = reviewer("ben", topics=frozenset({"money"}))
    assert propose(["money", "partner"], [some], [], TODAY).names == ()
    assert why("ben", ("money", "partner"), some) == "Does not take: Abuse of a partner or family. No case lately."
    assert propose([], [some], [], TODAY).names == ("ben",)
    assert why("ben", ("money",), some) == "Takes this topic. No case lately."


@pytest.mark.parametrize(
    ("back_on", "proposed"), [("2026-11-26", ()), ("2026-11-25", ("ben",)), ("2026-01-01", ("ben",)), (None, ("ben",))]
)
def test_who_is_away_is_not_proposed_until_the_day_of_return(back_on: str | None, proposed: tuple[str, ...]) -> None:
    """On the day itself they are back."""
    away = reviewer("ben", back_on=back_on)
    assert propose(["money"], [away], [], TODAY).names == proposed
    assert ("Away, back on 26 Nov 2026." in why("ben", ("money",), away)) == (not proposed)


def test_if_fewer_fit_it_says_so_and_a_person_decides() -> None:
    """One of three, none of three; but a desk with a single reviewer cannot do better."""
    away = {"back_on": "2027-01-01"}
    one = propose([], [reviewer("amina"), reviewer("ben", **away), reviewer("cora", **away)], [], TODAY)
    assert (one.names, one.doubtful) == (("amina",), True)
    assert one.sentence.startswith("Only 1 reviewer can be proposed")
    none = propose([], [reviewer("ben", **away)], [], TODAY)
    assert (none.names, none.doubtful) == ((), True)
    assert none.sentence.startswith("Nobody can be proposed")
    assert propose([], [], [], TODAY).doubtful
    assert not propose([], [reviewer("amina")], [], TODAY).doubtful


def test_a_conflict_outweighs_everything() -> None:
    """Even if nobody else is left; and a person must look, also when two others fit."""
    three = (reviewer("amina", load=9), reviewer("ben", load=9), reviewer("cora"))
    clash = (Conflict("cora", Where.LETTER),)
    proposal = propose([], three, clash, TODAY)
    assert proposal.names == ("amina", "ben")
    assert proposal.doubtful
    assert proposal.in_conflict == {"cora"}
    assert proposal.advice[-1].username == "cora"
    assert propose([], [reviewer("cora")], clash, TODAY).names == ()


def test_the_reason_is_said_in_a_sentence() -> None:
    """A word is quoted if the officer reads it in the note anyway; of the letter nothing is."""
    ben = reviewer("ben", load=1)
    said = {
        Conflict("ben", Where.NAMED): "The note names ben.",
        Conflict("ben", Where.NOTE, ("Northtown", "Smith")): "Named “Northtown”, “Smith” as a conflict, and the note",
        Conflict("ben", Where.LETTER, ("Northtown",)): "The letter mentions the name of this reviewer, or a conflict",
        Conflict("ben", Where.UNREADABLE): "cannot be read. Ask them to save",
    }
    assert {conflict.where for conflict in said} == set(Where)
    for conflict, sentence in said.items():
        assert sentence in why("ben", (), ben, conflicts=(conflict,))
    assert "Northtown" not in why("ben", (), ben, conflicts=(Conflict("ben", Where.LETTER, ("Northtown",)),))
    assert why("ben", (), ben) == "1 case lately."


LINES = {
    "my brother serves in Northtown": [("Northtown",)],
    "PC 1234 Smith": [("1234",), ("Smith",)],
    "Sergeant O\u2019Brien, retired": [("Brien",)],
    "northtown and the roads unit": [("northtown",), ("roads",)],
    "Ng": [("Ng",)],
    "the police": [("the", "police")],
    "My brother": [("My", "brother")],
    "Zoë at unit 7": [("Zoë",)],
    "smith 1234": [("smith",), ("1234",)],
    "PC 1234 محمد": [("1234",), ("محمد",)],
    "1234 李伟": [("1234",), ("李伟",)],
    "my cousin मोहम्मद, Northtown": [("मोहम्मद",), ("Northtown",)],
    "my ex-husband mark, in CID": [("mark",), ("CID",)],
    "anything about the family next door to me": [("door",)],
    "…": [],
}


@pytest.mark.parametrize("line", LINES)
def test_of_a_line_the_words_that_say_something_are_looked_for(line: str) -> None:
    """Names and numbers, however they are written; the whole line if nothing in it says anything."""
    assert list(looked_for(line)) == LINES[line]


MENTIONS = {
    "as it was written": ("Northtown", "He works at Northtown now.", True),
    "other capitals": ("northtown", "NORTHTOWN!", True),
    "another case of the word": ("Northtown", "Northtown's canteen", True),
    "with accents": ("Zoe Muller", "zoë müller", True),
    "composed otherwise": ("Zoë", unicodedata.normalize("NFD", "Zoë"), True),
    "with a soft hyphen": ("Northtown", "North\u00adtown", True),
    "mathematical capitals": ("Ab", "\U0001d400\U0001d401", True),
    "fullwidth": ("1234", "\uff11\uff12\uff13\uff14", True),
    "part of a word": ("Ann", "Annual leave, planned", False),
    "a relative alone": ("my brother in Northtown", "His brother told me.", False),
    "a rank alone": ("Sergeant Blunt", "A sergeant said so.", False),
    "the surname alone": ("John Blunt", "PC Blunt", True),
    "a line of common words": ("special staff team", "the special staff team", True),
    "common words apart": ("special staff team", "a team of special staff", False),
    "spelt otherwise": ("Northtown", "North town", False),
}


NAMES_IN_SCRIPTS = {
    "Arabic": ("محمد", "رأيت ومحمد في المكتب"),  # "and Muhammad" is one word
    "Hebrew": ("דוד", "הוא אמר לדוד"),
    "Devanagari": ("अमित", "उसने अमित को बताया"),
    "Bengali": ("রহিম", "রহিমের সাথে"),
    "Gurmukhi": ("ਸਿੰਘ", "ਉਹ ਸਿੰਘ ਹੈ"),
    "Tamil": ("தமிழ்", "அவர் தமிழ் என்பவர்"),
    "Thai": ("สมชาย", "เขาบอกสมชายเมื่อวาน"),
    "Chinese": ("李伟", "昨天李伟来了"),
    "Japanese": ("田中", "昨日田中さんが来た"),
    "Korean": ("김철수", "어제 김철수가 왔다"),
    "Cyrillic": ("Владимир", "это сделал владимир"),
    "Greek": ("Γιώργος", "το είπε χθες: ΓΙΩΡΓΟΣ"),
    "Latin": ("nguyễn", "a friend of NGUYEN, he said"),
    "two letters": ("Ng", "It was ng who did it."),
}
BESIDE = ["{}", "PC 1234 {}", "{} 1234", "My brother {}", "{}, Northtown", "sergeant {} of the roads unit"]


@pytest.mark.parametrize("script", NAMES_IN_SCRIPTS)
@pytest.mark.parametrize("beside", BESIDE)
def test_a_name_is_found_in_every_script_whatever_stands_beside_it(script: str, beside: str) -> None:
    """A number, a rank, a capital: none of them drops the name."""
    name, text = NAMES_IN_SCRIPTS[script]
    conflicts = find_conflicts([asked("ben", beside.format(name))], "", [text])
    assert {conflict.where for conflict in conflicts} == {Where.LETTER}
    assert find_conflicts([asked("ben", beside.format(name))], "", ["Quite another matter."]) == frozenset()


ORDINARY = (
    "I work with him on the same team. He told us that the sergeant knows what he does, and nobody says anything. "
    "My sister and her husband live in the next street; a friend of the family saw him with his girlfriend last year."
)


@pytest.mark.parametrize(
    "line",
    [
        "my brother serves in Northtown",
        "PC 1234 Smith",
        "anything involving my sister's husband Mark Ashby",
        "I worked with Inspector Okri for two years",
        "my neighbours at 12 Mill Lane, the Ashbys",
        "the family of my ex-partner (Dunn)",
    ],
)
def test_an_ordinary_letter_is_no_conflict(line: str) -> None:
    """Else whoever names one conflict would be proposed for nothing any more."""
    assert find_conflicts([asked("ben", line)], "Please not the sergeant.", [ORDINARY]) == frozenset()


@pytest.mark.parametrize("way", MENTIONS)
@pytest.mark.parametrize("where", [Where.NOTE, Where.LETTER])
def test_a_conflict_is_found_as_whole_words(way: str, where: Where) -> None:
    """In the note, and in what else the letter says."""
    line, text, found = MENTIONS[way]
    note, texts = (text, []) if where is Where.NOTE else ("", ["nothing", text])
    conflicts = find_conflicts([asked("ben", "Elsewhere", line)], note, texts)
    assert {conflict.where for conflict in conflicts} == ({where} if found else set())


def test_a_reviewer_whose_name_stands_in_the_note_is_named() -> None:
    """Each part of a user name of two letters and more; the name in the letter is a conflict as well."""
    three = [asked("amina"), asked("ben.okri"), asked("k_x")]
    assert find_conflicts(three, "Not Amina, nor Mr OKRI", []) == {
        Conflict("amina", Where.NAMED),
        Conflict("ben.okri", Where.NAMED),
    }
    assert find_conflicts(three, "benefit of k x", []) == frozenset()
    assert find_conflicts(three, "", ["Ben knows him"]) == {Conflict("ben.okri", Where.LETTER)}


def test_what_cannot_be_read_is_a_conflict() -> None:
    """Nobody is proposed blindly."""
    assert find_conflicts([Asked("ben", None)], "", []) == {Conflict("ben", Where.UNREADABLE)}


def test_the_page_asks_for_every_topic() -> None:
    """One that is missing there could never be taken."""
    assert sorted(TOPICS_IN_ORDER) == sorted(TOPICS)


NAMES = st.sampled_from(["amina", "ben", "cora", "dana", "eli"])
TOPIC_SETS = st.frozensets(st.sampled_from(sorted(TOPICS)))
CANDIDATES = st.lists(
    st.builds(Candidate, NAMES, TOPIC_SETS, st.sampled_from([None, "2026-11-25", "2027-01-01"]), st.integers(0, 9)),
    unique_by=lambda one: one.username,
)
CONFLICTS = st.frozensets(st.builds(Conflict, NAMES, st.sampled_from(Where)))


@given(TOPIC_SETS, CANDIDATES, CONFLICTS, st.integers(1, 3), st.randoms())
def test_a_proposal_never_breaks_its_rules(
    topics: frozenset[str],
    candidates: list[Candidate],
    conflicts: frozenset[Conflict],
    wanted: int,
    order: Random,
) -> None:
    """No conflict, nobody away, every topic, never more than wanted, the least loaded; the same however it is asked."""
    proposal = propose(sorted(topics), candidates, conflicts, TODAY, wanted)
    clashing = {conflict.username for conflict in conflicts}
    by_name = {each.username: each for each in candidates}
    chosen = [by_name[name] for name in proposal.names]
    assert not clashing.intersection(proposal.names)
    assert all(each.topics >= topics and (each.back_on or "") <= TODAY for each in chosen)
    assert len(chosen) <= wanted
    others = [
        each
        for each in candidates
        if each not in chosen and each.username not in clashing and each.topics >= topics
        if (each.back_on or "") <= TODAY
    ]
    assert not others or len(chosen) == wanted
    assert all(mine.load <= other.load for mine in chosen for other in others)
    assert {each.username for each in proposal.advice} == by_name.keys()
    shuffled = list(candidates)
    order.shuffle(shuffled)
    assert propose(sorted(topics), shuffled, conflicts, TODAY, wanted) == proposal


def test_two_is_what_is_proposed() -> None:
    """No case hangs on one person."""
    assert READERS_PROPOSED == 2


@given(st.text(min_size=1, max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_a_line_is_found_in_any_text_that_holds_it(line: str, before: str, after: str) -> None:
    """Whatever stands around it, as long as its words are words there."""
    conflicts = find_conflicts([asked("xx", line)], f"{before} \n {line} \n {after}", [])
    assert any(conflict.where is Where.NOTE for conflict in conflicts) == bool(words_of(line))


@given(st.text(max_size=80))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    """Two writings of a word that are compared equal stay so."""
    folded = [fold(word) for word in words_of(text)]
    assert [fold(word) for word in folded] == folded
