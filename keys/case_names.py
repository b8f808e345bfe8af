"""Names for cases: two words a reviewer can remember and say aloud, drawn at random, telling nothing of the source."""

import secrets

from keys.wordlist import words

# Without the letters and digits that are mistaken for one another (Crockford's Base32).
_REFERENCE_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def draw_case_name() -> str:
    """Return two listed words, capitalised: some 60 million names. Not promised to be unique; the reference is."""
    return " ".join(secrets.choice(words()).capitalize() for _ in range(2))


def draw_case_reference() -> str:
    """Return a random case reference like 7K3M-Q9TW (40 bits): a gap between two tells nothing."""
    signs = "".join(secrets.choice(_REFERENCE_SIGNS) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"
