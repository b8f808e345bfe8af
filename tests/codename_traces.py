"""What of a codename would give it away where it must not be: two neighbouring words."""

from itertools import pairwise


def traces_of(codename: str) -> dict[str, bytes]:
    """Each two neighbouring words, as they are written and as forms send them, under a name to report them by.

    One word alone proves nothing: "table" or "index" stands in every database.
    """
    pairs = pairwise(codename.split())
    return {f"words {a}{between}{b}": f"{a}{between}{b}".encode() for a, b in pairs for between in " +-"}
