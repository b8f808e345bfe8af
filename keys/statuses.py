"""Where a report stands, as the desk sets it and the source reads it (DESIGN section 7). One word for one thing."""

from enum import StrEnum


class Status(StrEnum):
    """The statuses in the order a report passes through them."""

    SENT = "sent"
    COLLECTED = "collected"
    BEING_READ = "being-read"
    QUESTION = "question"
    PASSED_ON = "passed-on"
    CLOSED = "closed"
    DESTROYED = "destroyed"
    SHUT = "shut"


# What a reviewer may set. The first two are the source host's own to know; the last two follow from the destruction of
# a case, and from a codename that is in somebody else's hands (no source ever reads that one: store.drop.shut).
SET_BY_THE_DESK = frozenset({Status.BEING_READ, Status.QUESTION, Status.PASSED_ON, Status.CLOSED})
# What the desk may tell the source host.
TOLD_BY_THE_DESK = SET_BY_THE_DESK | {Status.DESTROYED, Status.SHUT}
