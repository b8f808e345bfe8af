"""What in a reply may tell on its source: a table of sentences, those that warn and those that must not."""

import pytest

from journalist_interface.case_documents import LetterDocument
from journalist_interface.casework.before_sending import passages_of
from journalist_interface.casework.telltales import Passage, Telltale, Told, Why, find_telltales, fingerprint
from keys.letter import Answer

LETTER = (
    "He looks people up on the computer for a man who pays him at the car wash, always on a Friday. Dave Harris "
    "(collar 4127) drives AB12 CDE. On 14 March at 10.30pm he met her in Northtown, in room 12. I have worked there "
    "for 12 years. She gave him £5,000 at the Station. He told me to mark the file as closed. Ring me on 07700 900123."
)
PASSAGES = (
    Passage(LETTER, Told.LETTER),
    Passage("Sergeant Blunt, and my boss", Told.MUST_NOT),
    Passage("my sergeant, in the custody suite", Told.WHO_OR_WHERE),
)
COLLEAGUES = ("amina", "ben", "will", "k.osborne")

# What a reply says, which words are marked, and by which rule.
WARNS = {
    "a first name": ("Does Dave know?", [("Dave", Why.NAME)]),
    "a first name in small letters": ("does dave know", [("dave", Why.NAME)]),
    "two names are one mark": ("Is it Dave Harris's car?", [("Dave Harris's", Why.NAME)]),
    "a place": ("When were you in Northtown?", [("Northtown", Why.NAME)]),
    "a place in small letters": ("when were you in northtown?", [("northtown", Why.NAME)]),
    "a collar number": ("Is his number 4127?", [("4127", Why.NUMBER)]),
    "a registration without its space": ("Do you mean ab12cde?", [("ab12cde", Why.NUMBER)]),
    "a registration as it was": ("Do you mean AB12 CDE?", [("AB12 CDE", Why.NUMBER)]),
    "a date in figures": ("Was it on 14/03/2026?", [("14/03/2026", Why.NUMBER)]),
    "a date the other way round": ("Was it on March 14th?", [("March 14th", Why.NUMBER)]),
    "an ISO date": ("Was it on 2026-03-14?", [("2026-03-14", Why.NUMBER)]),
    "a time by another clock": ("Was it at 22:30?", [("22:30", Why.NUMBER)]),
    "a time without its half of the day": ("Was it at 10:30?", [("10:30", Why.NUMBER)]),
    "a sum": ("Was it really 5000 pounds?", [("5000", Why.NUMBER)]),
    "a room": ("What is in room 12?", [("room 12", Why.NUMBER)]),
    "a telephone number": ("We rang 07700 900123.", [("07700 900123", Why.NUMBER)]),
    "copied words": (
        "You say that a man who pays him at the car wash knows.",
        [("a man who pays him at the car wash", Why.COPIED)],
    ),
    "whom it must not reach": ("Has Sergeant Blunt seen it?", [("Sergeant Blunt", Why.MUST_NOT)]),
    "whom it must not reach, by a word": ("Does your boss know?", [("boss", Why.MUST_NOT)]),
    "an answer to where": ("Who else works in custody?", [("custody", Why.PLACE)]),
    "a reviewer's own name": ("Yours, Ben", [("Ben", Why.COLLEAGUE)]),
    "a colleague's name within a sentence": ("Ask for AMINA here.", [("AMINA", Why.COLLEAGUE)]),
    "a part of a user name": ("My name is Osborne.", [("Osborne", Why.COLLEAGUE)]),
    "a user name that is a common word, as a name": ("I asked Will about it.", [("Will", Why.COLLEAGUE)]),
    "a typographic apostrophe": ("Is it Dave\u2019s?", [("Dave\u2019s", Why.NAME)]),
}  # fmt: skip
SILENT = {
    "thanks": "Thank you for your report. It was brave of you to write to us.",
    "coming back": "Please come back on Friday, or in about 3 working days, if it is safe.",
    "a safe time": "Is there a day and a time when nobody can see your screen? Is Tuesday evening safe?",
    "danger": "If anyone is in danger, call 999. We cannot send help.",
    "others": "Crimestoppers can help: 0800 555 111. Or call 101, or Samaritans on 116 123.",
    "the year": "We had many reports in 2026.",
    "how long": "How many years have you worked there? More than 12?",
    "common words of the letter": "Does he use the computer at home? Who pays him? Did you see the man yourself?",
    "a weekday": "Was it always on a Friday?",
    "a verb that is a name": "Please mark your answer with a number.",
    "a common word at the beginning of a sentence": "Will you tell us more? Station staff may see your screen.",
    "a note's most frequent words": "Who, and when? And what did you see with your own eyes?",
    "a polite reply": (
        "We have read what you told us. We do not know yet what we can do. Please do not look for more, and do not "
        "tell anyone at work that you wrote to us. You can write here again at any time."
    ),
    "four copied words": "What does he do on the computer?",
    "five common words copied": "He told me to go. I have worked there for a while.",
    "nothing": "",
}  # fmt: skip


def marked(text: str, passages: tuple[Passage, ...] = PASSAGES) -> list[tuple[str, Why]]:
    """The words that are marked, and why."""
    return [(text[each.start : each.end], each.why) for each in find_telltales([text], passages, COLLEAGUES)]


@pytest.mark.parametrize("what", WARNS)
def test_what_only_few_can_know_is_marked(what: str) -> None:
    """These words, and no others."""
    text, words = WARNS[what]
    assert marked(text) == words


@pytest.mark.parametrize("what", SILENT)
def test_what_everybody_may_say_is_not(what: str) -> None:
    """A warning that comes at every reply is read by nobody."""
    assert marked(SILENT[what]) == []


def test_the_number_of_a_part_says_where_it_stands() -> None:
    """Text first, then the questions; in their order, and none overlaps."""
    parts = ["Thank you.", "Is it Dave?", "Is it Northtown, or Dave again?"]
    found = find_telltales(parts, PASSAGES, COLLEAGUES)
    assert [(each.part, parts[each.part][each.start : each.end]) for each in found] == [
        (1, "Dave"),
        (2, "Northtown"),
        (2, "Dave"),
    ]


def test_without_a_letter_only_colleagues_are_marked() -> None:
    """Nothing is known that could tell."""
    assert marked("Is it Dave Harris, in room 12, on 14 March? Ben", ()) == [("Ben", Why.COLLEAGUE)]


def test_who_shouts_has_not_named_everything() -> None:
    """Capitals that stand everywhere say nothing; rare words and first names still do."""
    shouted = (Passage("HE SELLS SECRETS TO HIS FRIENDS IN NORTHTOWN AND DAVE KNOWS", Told.LETTER),)
    assert marked("Friends? Secrets? Who sells what?", shouted) == []
    assert marked("Does Dave live in Northtown?", shouted) == [("Dave", Why.NAME), ("Northtown", Why.NAME)]


def letter(only_one: str, **answers: str) -> LetterDocument:
    """A letter with an answer to whether only they could know."""
    said = (Answer("q-only-one", only_one), *(Answer(f"q-{name}", text) for name, text in answers.items()))
    message = "She keeps the spare handcuffs in the laundry, and laughs about it with the caretaker."
    return LetterDocument("2026-11-20", ("other",), said, message, "", ())


@pytest.mark.parametrize(("only_one", "words"), [("yes", ["laundry"]), ("no", []), ("not-sure", [])])
def test_if_only_they_could_know_every_uncommon_word_counts(only_one: str, words: list[str]) -> None:
    """What anybody might have said of the place tells, if only one can have said it."""
    passages = tuple(passages_of(letter(only_one)))
    assert [text for text, _why in marked("Is the laundry locked at night?", passages)] == words


def test_choices_of_the_form_are_no_words_of_the_source() -> None:
    """ "Not sure" stands in half of all letters, and was not written by anybody."""
    passages = tuple(passages_of(letter("yes", danger="not-sure", wish="that it stops")))
    assert {each.text for each in passages} >= {"that it stops"}
    assert not {each.text for each in passages} & {"yes", "not-sure"}


def test_a_fingerprint_is_of_these_words_and_of_what_was_found_in_them() -> None:
    """One letter more, or one finding more, is another warning."""
    found = (Telltale(0, 0, 4, Why.NAME),)
    first = fingerprint(["Dave"], found)
    assert first == fingerprint(["Dave"], found)
    assert len({first, fingerprint(["Dave."], found), fingerprint(["Dave"], ())}) == 3


def test_the_longest_letter_is_judged_at_once() -> None:
    """Odd characters, no spaces, figures without end: a sentence each, and in the time of a click."""
    odd = [
        "9" * 100_000,
        "a" * 100_000,
        "1/" * 50_000,
        "Dave " * 20_000,
        "\u202e\x00\ud800" * 30_000,
        "£1,000" * 15_000,
    ]
    for text in odd:
        find_telltales([text[:8_000]], [Passage(text, Told.ONLY_ONE)], COLLEAGUES)
