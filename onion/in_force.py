"""Has the Tor that runs taken up what was just changed in its folder? What may be said of it, in one sentence.

Tor reads who may come, and under which address, when it starts; whoever looks after it starts it again (running.py).
Until the Tor that was started with the files as they are has come, one that was started with other files may be there,
and a key that was taken away opens what it opened: so nobody is told that something is in force before it is.
"""

import time
from collections.abc import Callable
from enum import StrEnum

from onion.health import HealthUnknown, read_health
from onion.layout import TorFolder
from onion.own_files import is_at_work
from serving.language import gettext as _

WAIT_SECONDS = 30
_POLL_SECONDS = 0.1


class Force(StrEnum):
    """How far Tor is with the files as they are."""

    NOT_RUNNING = "no Tor runs here"
    NOT_TAKEN = "the Tor that runs was started with other files"
    TAKEN = "Tor was started with them"
    PUBLISHED = "Tor was started with them, and all services are published"


def look(folder: TorFolder, mark: str) -> Force:
    """Return how far Tor is with the files whose mark (onion.stamp) this is."""
    if not is_at_work(folder):
        return Force.NOT_RUNNING
    try:
        health = read_health(folder.health)
    except HealthUnknown:
        return Force.NOT_TAKEN
    if health.taken != mark:
        return Force.NOT_TAKEN
    return Force.PUBLISHED if health.is_well else Force.TAKEN


def wait(folder: TorFolder, read_mark: Callable[[], str], until: Force, seconds: float = WAIT_SECONDS) -> Force:
    """Return how far Tor is once it is as far as `until`, or does not run, or after that many seconds.

    The mark is read each time: what somebody else changes meanwhile is taken up together with what we changed.
    """
    enough = {Force.NOT_RUNNING, Force.PUBLISHED, until}
    ends = time.monotonic() + seconds
    while (found := look(folder, read_mark())) not in enough and time.monotonic() < ends:
        time.sleep(_POLL_SECONDS)
    return found


def tell_let_in(force: Force) -> str:
    """Return what is true for somebody who was let in, or for an address that was changed."""
    return {
        Force.NOT_RUNNING: _("Tor is not running on this host: this will be in force when “onion run” starts it."),
        Force.NOT_TAKEN: _("Not in force yet: Tor has not started again since. Look again with “check”."),
        Force.TAKEN: _(
            "Tor has started again with this, but its onion services are not all published yet: until they are, "
            "nobody finds them. Look again with “check”."
        ),
        Force.PUBLISHED: _("In force now: Tor has started again with this, and its onion services are published."),
    }[force]


def tell_shut_out(force: Force) -> str:
    """Return what is true for somebody whose key was taken away."""
    shut = _("In force now: Tor has started again without the key, and every connection from before is closed.")
    return {
        Force.NOT_RUNNING: _("Tor is not running on this host: nobody comes in, and the key opens nothing later."),
        Force.NOT_TAKEN: _(
            "NOT in force yet: Tor has not started again since, and the key may still open the way. Look again with "
            "“check”. To shut everybody out at once, stop “onion run”."
        ),
        Force.TAKEN: shut,
        Force.PUBLISHED: shut,
    }[force]
