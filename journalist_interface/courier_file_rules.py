"""The courier's judge of files that go with replies: what the door may answer, and what follows from it.

As in courier_rules: no input, no output, no clock, and DoorDistrusted for whatever breaks a rule.
"""

from enum import Enum, auto

from journalist_interface.courier_rules import VERSION, distrust, read_answers
from keys.errors import Malformed
from keys.strict_json import write_object
from store.desk.outbox import OutboxDelivery


class ForFile(Enum):
    """What to do with a file that goes with a reply."""

    BRING = auto()
    NOTHING = auto()  # it is there, or its reply is not wanted: the delivery says what became of that


_FOR_FILES = {
    "send": ForFile.BRING,
    "here": ForFile.NOTHING,
    "unknown source": ForFile.NOTHING,
    "not wanted": ForFile.NOTHING,
    "differs": None,
}


def write_announcement(delivery: OutboxDelivery) -> bytes:
    """Return the document that announces the files of a reply."""
    files = [{"blob": file.id, "size": file.size, "sha256": file.sha256} for file in delivery.files]
    return write_object({"candour_door": VERSION, "address": delivery.address, "reply": delivery.reply, "files": files})


@distrust()
def read_announced(untrusted: bytes, delivery: OutboxDelivery) -> tuple[ForFile, ...]:
    """Return what to do with each file of a reply."""
    answers = read_answers(untrusted, "files", [file.id for file in delivery.files], frozenset(_FOR_FILES))
    found = [_FOR_FILES[answer] for answer in answers]
    if None in found:
        raise Malformed("the source host has another file under the name of one that goes with a reply")
    return tuple(each for each in found if each is not None)


@distrust()
def read_kept(untrusted: bytes, blob: str) -> None:
    """Check the answer to a file that was brought."""
    read_answers(untrusted, "files", [blob], frozenset({"kept"}))
