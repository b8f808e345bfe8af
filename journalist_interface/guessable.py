"""The one door to zxcvbn: whether a password is one that guessers try first. Judges in bounded time.

The database shows nobody's password, but a stolen one lets its thief guess as fast as Argon2id allows, for as long as
they like; there the second factor does not count. So a password must survive ten thousand million guesses: at a
thousand a second, some months.
"""

import threading
from collections.abc import Collection

LEAST_GUESSES = 10**10
# zxcvbn's time grows faster than the length; what stands after these characters can only make a password better.
_JUDGED = 72
# Words that a guesser of this desk's passwords would begin with, besides the user name.
_OUR_WORDS = ("candour", "desk", "reviewer", "police", "onion", "whistleblower")
# The library keeps the words of one call where the next finds them.
_ONE_AT_A_TIME = threading.Lock()


def is_guessable(password: str, words: Collection[str] = ()) -> bool:
    """Tell whether a password would be guessed soon by somebody who knows `words`, such as its owner's user name."""
    # A fifth of a second and ten megabytes, which only those pay who choose a password.
    import zxcvbn

    with _ONE_AT_A_TIME:
        judged = zxcvbn.zxcvbn(password[:_JUDGED], user_inputs=[*_OUR_WORDS, *words], max_length=_JUDGED)
    return int(judged["guesses"]) < LEAST_GUESSES
