"""How ordinary a word is: its rank in lists of frequent English words, and whether it is somebody's name.

The lists are those of zxcvbn, which has them to judge passwords (guessable.py): Wikipedia's words, those of films and
television, and the names of the United States' census. Each word stands in the one list where it is most frequent.
"""

from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS

UNKNOWN = 1_000_000  # the rank of a word that stands in no list
_BELOW_ALL = 6_000  # of one that only the list of passwords has: "computer", "friday"
_ENDINGS = ("'s", "s", "es", "ed", "d", "ing", "ly", "er", "ers")
_SHORTEST_STEM = 3
# First names that are ordinary words too: they are names where they are written as one.
_ALSO_WORDS_TEXT = """
    amber angel april art autumn bill bob buck carol chance charity chase cherry christian clay crystal daisy
    dawn drew earl eve faith forest frank ginger grace guy harmony heather holly honey hope iris ivy jack jade
    jasmine jan jean jewel joy june king lily love mark may melody mercy merry miles nick olive page pat pearl
    penny pepper pierce precious prince rich rob robin rod rose royal ruby rusty sage sandy sheila sky stone
    summer sunny victor violet ward will wren
"""
_ALSO_WORDS = frozenset(_ALSO_WORDS_TEXT.split())


def rank(word: str) -> int:
    """Return how many words are more frequent than this one (in small letters), or its stem; UNKNOWN if not listed."""
    stems = {word.removesuffix(ending) for ending in _ENDINGS if len(word) - len(ending) >= _SHORTEST_STEM}
    stems |= {f"{stem}e" for stem in stems} | {f"{word.removesuffix('ies')}y"}
    return min(_ranks().get(each, UNKNOWN) for each in (word, *stems))


def is_first_name(word: str) -> bool:
    """Tell whether a word, in small letters, is a first name and hardly ever anything else."""
    return word in _first_names()


@cache
def _ranks() -> dict[str, int]:
    found = {word: _BELOW_ALL for word in FREQUENCY_LISTS["passwords"] if word.isalpha()}
    for name in ("english_wikipedia", "us_tv_and_film"):
        for place, word in enumerate(FREQUENCY_LISTS[name]):
            found[word] = min(place, found.get(word, UNKNOWN))
    return found


@cache
def _first_names() -> frozenset[str]:
    names = {*FREQUENCY_LISTS["male_names"], *FREQUENCY_LISTS["female_names"]}
    return frozenset(name for name in names if len(name) >= _SHORTEST_STEM) - _ALSO_WORDS - _ranks().keys()
