"""The codename: what is drawn, how forgivingly it is read, and that it hides itself."""

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.codename import LONGEST_TYPED_CODENAME, WORDS_IN_A_CODENAME, Codename
from keys.errors import CodenameMisspelt
from keys.wordlist import is_listed, suggest, words

SPOKEN = "abacus abdomen zoology zoom yummy able yoga"
CODENAMES = st.lists(st.sampled_from(words()), min_size=7, max_size=7).map(tuple)


def full_width(text: str) -> str:
    """The text in the full-width letters of an East Asian keyboard."""
    return "".join(chr(ord(char) + 0xFEE0) if "a" <= char <= "z" else char for char in text)


ODD_SPELLINGS = {
    "in capitals": SPOKEN.upper(),
    "as a sentence": SPOKEN.capitalize() + ".",
    "with hyphens": SPOKEN.replace(" ", "-"),
    "with full stops": SPOKEN.replace(" ", "."),
    "with commas": SPOKEN.replace(" ", ", "),
    "with many spaces": "   " + SPOKEN.replace(" ", "    ") + "  ",
    "one word a line, as Windows ends lines": SPOKEN.replace(" ", "\r\n"),
    "with tabs": SPOKEN.replace(" ", "\t"),
    "with no-break spaces": SPOKEN.replace(" ", "\u00a0"),
    "with ideographic spaces": SPOKEN.replace(" ", "\u3000"),
    "with en dashes": SPOKEN.replace(" ", " \u2013 "),
    "with non-breaking hyphens": SPOKEN.replace(" ", "\u2011"),
    "in curly quotation marks": f"\u201c{SPOKEN}\u201d",
    "numbered as a list": " ".join(f"{number}. {word}" for number, word in enumerate(SPOKEN.split(), 1)),
    "in full-width letters": full_width(SPOKEN),
    "with zero-width spaces inside words": SPOKEN.replace("zoo", "z\u200boo"),
    "with soft hyphens inside words": SPOKEN.replace("abdomen", "ab\u00addo\u00admen"),
    "with a byte order mark before it": "\ufeff" + SPOKEN,
    "with direction marks around it": f"\u202a{SPOKEN}\u202c",
    "with underscores": SPOKEN.replace(" ", "_"),
}


def test_the_list_is_the_one_promised() -> None:
    """There are 7,772 words, all plain lower-case letters, so seven of them carry 90.5 bits."""
    assert len(words()) == len(set(words())) == 7_772
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words())
    assert max(len(word) for word in words()) == 9
    assert round(WORDS_IN_A_CODENAME * math.log2(len(words())), 1) == 90.5


def test_a_drawn_codename_is_seven_listed_words() -> None:
    """What is drawn is seven listed words, and no two draws are the same."""
    drawn = [Codename.draw() for _ in range(200)]
    assert all(len(one.reveal().split(" ")) == 7 and all(map(is_listed, one.reveal().split())) for one in drawn)
    assert len(set(drawn)) == 200


def test_words_are_drawn_from_the_whole_list() -> None:
    """Every part of the list is drawn from, and no letter is preferred beyond what chance explains."""
    drawn = [words().index(word) for _ in range(1_000) for word in Codename.draw().reveal().split()]
    sixteenths = [sum(1 for index in drawn if index * 16 // len(words()) == part) for part in range(16)]
    # 7,000 draws: 437.5 expected in each sixteenth, standard deviation 20; eight of them is one chance in 10^14.
    assert all(abs(found - 437.5) < 160 for found in sixteenths)


@pytest.mark.parametrize("typed", ODD_SPELLINGS.values(), ids=ODD_SPELLINGS.keys())
def test_an_odd_spelling_is_read(typed: str) -> None:
    """However a person's keyboard or notebook dresses the seven words, they are the same codename."""
    assert Codename.read(typed).reveal() == SPOKEN


@given(CODENAMES, st.lists(st.sampled_from([" ", "-", ".", "  ", "\n", ", ", "\u00a0"]), min_size=6, max_size=6))
def test_any_codename_is_read_back(chosen: tuple[str, ...], separators: list[str]) -> None:
    """Every codename reads back as itself with any separators and in capitals, within the length that is read."""
    typed = "".join(word + mark for word, mark in zip(chosen, [*separators, ""], strict=True))
    assert Codename.read(typed) == Codename.read(typed.upper()) == Codename(chosen)
    assert len(typed) <= LONGEST_TYPED_CODENAME


WRONG_COUNTS = {
    "nothing": ("", 0),
    "spaces": ("  \t ", 0),
    "only digits": ("12 34 56", 0),
    "six words": (SPOKEN.rsplit(" ", 1)[0], 6),
    "eight words": (SPOKEN + " able", 8),
    "two words run together": (SPOKEN.replace("able yoga", "ableyoga"), 6),
}


@pytest.mark.parametrize(("typed", "count"), WRONG_COUNTS.values(), ids=WRONG_COUNTS.keys())
def test_another_number_of_words_is_told(typed: str, count: int) -> None:
    """Who types another number of words than seven is told how many were seen."""
    with pytest.raises(CodenameMisspelt) as refused:
        Codename.read(typed)
    assert refused.value.word_count == count


MISSPELT = {
    "a letter lost": ("abdmen", "abdomen"),
    "a letter doubled": ("abdommen", "abdomen"),
    "a letter changed": ("abdimen", "abdomen"),
    "two letters swapped": ("zooolgy", "zoology"),
    "several slips": ("abdoominn", "abdomen"),
}


@pytest.mark.parametrize(("typed", "meant"), MISSPELT.values(), ids=MISSPELT.keys())
def test_a_misspelt_word_gets_the_word_that_was_meant(typed: str, meant: str) -> None:
    """The word that was meant is among the suggestions, and the right words are not complained of."""
    with pytest.raises(CodenameMisspelt) as refused:
        Codename.read(SPOKEN.replace(meant, typed))
    assert list(refused.value.suggestions) == [typed]
    assert meant in refused.value.suggestions[typed]
    assert refused.value.places == {typed: SPOKEN.split().index(meant) + 1}


@given(st.text(max_size=400))
def test_whatever_is_typed_suggestions_come_from_the_list_alone(typed: str) -> None:
    """Any text at all gives a codename or a refusal whose suggestions, three at most, are listed words."""
    with suppress(CodenameMisspelt):
        assert Codename.read(typed).reveal()
        return
    with pytest.raises(CodenameMisspelt) as refused:
        Codename.read(typed)
    suggestions = refused.value.suggestions
    assert len(suggestions) <= 14
    assert all(len(found) <= 3 and all(map(is_listed, found)) for found in suggestions.values())
    assert str(refused.value) == "not a codename: seven words of the list are needed"


@given(st.sampled_from(words()))
def test_a_listed_word_with_one_letter_lost_is_suggested(word: str) -> None:
    """A listed word that lost its last letter still finds listed words near it."""
    assert all(map(is_listed, suggest(word[:-1])))


def test_a_codename_hides_itself() -> None:
    """No repr, string or format of a codename shows a word of it."""
    codename = Codename.read(SPOKEN)
    assert repr(codename) == str(codename) == f"{codename}" == "<codename>"
    assert "abacus" not in repr({"codename": codename, "list": [codename]})


def test_two_codenames_are_equal_when_their_words_are() -> None:
    """Equality is of words in their order, and with nothing but another codename."""
    assert Codename.read(SPOKEN) == Codename.read(SPOKEN.upper())
    assert Codename.read(SPOKEN) != Codename.read(" ".join(reversed(SPOKEN.split())))
    assert Codename.read(SPOKEN) != SPOKEN


@pytest.mark.parametrize("chosen", [(), ("abacus",) * 6, ("abacus",) * 8, ("abacus",) * 6 + ("Abacus",)])
def test_a_codename_is_never_made_of_anything_else(chosen: tuple[str, ...]) -> None:
    """The type itself refuses what is not seven listed words."""
    with pytest.raises(ValueError, match="seven listed words"):
        Codename(chosen)
