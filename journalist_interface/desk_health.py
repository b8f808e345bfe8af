"""How the reviewer host is, in the words of store.host_health: looked at by the watch (candour-desk notice run)."""

from collections.abc import Iterable

from journalist_interface.desk_folder import Desk
from journalist_interface.tor_paths import tor_of
from keys.errors import KeysError
from keys.intake_key import last_moment, last_moment_of
from onion.health import clock_word, judge
from store.backup.record import last_backup
from store.desk.notices import Recipient
from store.host_health import UNKNOWN, Thing, backup_word, days_between, disk_word, key_word
from store.posture_summary import read_summary

_WORST_FIRST = ("unusable", "ends soon", "lasts")


def words_of_desk(desk: Desk, recipients: Iterable[Recipient], today: str, now: int) -> dict[Thing, str]:
    """Return a word for each thing of this host. `now` in Unix seconds."""
    root, recipients = desk.paths.folder, tuple(recipients)
    tor, summary = tor_of(root), read_summary(root)
    return {
        Thing.DISK: disk_word(desk.post.free_bytes()),
        Thing.KEY: _keys(desk, recipients, now),
        Thing.CLOCK: clock_word(tor.health, now),
        # Without a Tor of its own, the desk and its source host are one machine.
        Thing.TOR: judge(tor.health, now).value if tor.torrc.exists() else "none",
        Thing.POSTURE: summary.posture_word(today) if summary else UNKNOWN,
        Thing.BACKUP: backup_word(last_backup(root), today),
        Thing.UPDATES: summary.updates_word(today) if summary else UNKNOWN,
        Thing.NOTICE: notice_word(recipients, today),
    }


def notice_word(recipients: Iterable[Recipient], today: str) -> str:
    """Return the word for what became of the notices; the worst of all who get one."""
    words = {_notice_to(recipient, today) for recipient in recipients}
    return next((word for word in ("failed", "due", "sent") if word in words), "nobody")


def _notice_to(recipient: Recipient, today: str) -> str:
    # Tried and not sent, and whoever tried is not at it any more: it died in between, or nobody answered at the end.
    if recipient.problem or recipient.tried not in ("", recipient.sent):
        return "failed"
    if not recipient.sent:
        return "due" if _is_of_late(recipient.added, today) else "failed"
    return "sent" if _is_of_late(recipient.sent, today) else "failed"


def _is_of_late(day: str, today: str) -> bool:
    """Tell whether it is of today or yesterday. A day to come is not: the clock was wrong then."""
    return 0 <= days_between(day, today) <= 1


def _keys(desk: Desk, recipients: Iterable[Recipient], now: int) -> str:
    words = set()
    try:
        words.add(key_word(last_moment(desk.paths.intake_key), now))
        words |= {key_word(last_moment_of(recipient.key), now) for recipient in recipients}
    except KeysError:
        words.add("unusable")
    return next(word for word in _WORST_FIRST if word in words)
