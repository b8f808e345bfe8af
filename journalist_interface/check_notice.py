"""Does the daily notice go, and will it go on? A part of `candour-desk check`.

Names of recipients are the administrator's own; nothing is told of what a notice said.
"""

import time
from collections.abc import Iterator

from journalist_interface.clock import day_of
from journalist_interface.desk_folder import Desk
from journalist_interface.desk_health import notice_word
from keys.errors import OpenPGPFailed
from keys.intake_key import last_moment_of
from serving.language import gettext as _
from store.desk.health import DESK, read_health
from store.desk.notices import Recipient, list_recipients
from store.expiry import WEEKS_AHEAD
from store.findings import Finding
from store.host_health import Thing, days_left, is_old


def check_notice(desk: Desk) -> Iterator[Finding]:
    """Yield what is found: whether anybody gets a notice, what became of each one's last, whether the watch runs."""
    now = int(time.time())
    with desk.database.reading() as connection:
        recipients = list_recipients(connection)
        watched = read_health(connection, DESK).get(Thing.DISK)
    if not recipients:
        said = _("Nobody gets a daily notice: who is not at the desk does not learn that somebody has written.")
        yield Finding(f"{said} " + _("Add somebody: candour-desk notice add."), sound=True, warns=True)
    for recipient in recipients:
        yield _went(recipient, day_of(now))
        yield _lasts(recipient, now)
    if watched is None or is_old(watched.seen, day_of(now)):
        said = _("The watch does not run, so nobody looks at this host, and no notice goes: candour-desk notice run.")
        yield Finding(said, sound=not recipients, warns=True)


def _went(recipient: Recipient, today: str) -> Finding:
    word = notice_word([recipient], today)
    if word == "sent":
        said = _("The notice goes to {name}, last on {day}.").format(name=recipient.name, day=recipient.sent)
        return Finding(said, sound=True)
    if word == "due":
        return Finding(_("The first notice to {name} is still to go.").format(name=recipient.name), sound=True)
    said = _("The notice to {name} did not go, or nobody knows whether it did; last on {day}. {why}")
    return Finding(
        said.format(name=recipient.name, day=recipient.sent or _("no day"), why=recipient.problem).rstrip(), sound=False
    )


def _lasts(recipient: Recipient, now: int) -> Finding:
    try:
        days = days_left(last_moment_of(recipient.key), now)
    except OpenPGPFailed as reason:
        return Finding(
            _("The key of {name} cannot be read: {why}").format(name=recipient.name, why=reason.diagnosis), sound=False
        )
    if days is None:
        return Finding(_("The key of {name} never expires.").format(name=recipient.name), sound=True)
    if days < 0:
        said = _("The key of {name} has expired: nothing can be sealed to it. Remove them, and add the new key.")
        return Finding(said.format(name=recipient.name), sound=False)
    said = _("The key of {name} lasts for another {days} days.").format(name=recipient.name, days=days)
    return Finding(said, sound=True, warns=days < WEEKS_AHEAD * 7)
