"""Where in a case something sealed belongs: nothing passes for another, within the case or outside."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256

from keys.errors import Malformed, SealBroken
from keys.padding import text_size_class

NO_ITEMS = sha256(b"candour v1 timeline").hexdigest()
LONGEST_DOCUMENT = text_size_class(64 << 20)  # bytes; a letter is far shorter
LONGEST_TEXT = 200_000  # characters; each text was checked against its own limit when it came in


def card_place(case_id: str) -> str:
    """Return the place of a case's card."""
    return f"{case_id} card"


def item_place(case_id: str, item_id: str) -> str:
    """Return the place of an item of the timeline."""
    return f"{case_id} item {item_id}"


def attachment_place(case_id: str, attachment_id: str) -> str:
    """Return the place of a vault file."""
    return f"{case_id} attachment {attachment_id}"


def sheet_place(case_id: str, kind: str) -> str:
    """Return the place of a sheet."""
    return f"{case_id} sheet {kind}"


def timeline_after(timeline: str, item_ids: Iterable[str]) -> str:
    """Return the hash over a timeline to which items were added, the oldest first."""
    for item_id in item_ids:
        timeline = sha256(f"candour v1 timeline {timeline} {item_id}".encode()).hexdigest()
    return timeline


@contextmanager
def broken_if_malformed() -> Iterator[None]:
    """Take a document that does not read as what it should be for one that was altered. Raises SealBroken."""
    try:
        yield
    except Malformed as reason:
        raise SealBroken("what is sealed here is not what it should be") from reason
