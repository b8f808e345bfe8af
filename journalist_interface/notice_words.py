"""What a notice says: how many letters wait, what presses most, whether the hosts are well. Numbers and days, no case.

Whether a letter tells of danger nobody knows before an intake officer's key has opened it, so no notice says it: every
letter that waits may be one that does, and the notice says that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from serving.language import gettext as _
from serving.language import ngettext
from serving.plain_dates import plain_day

MOST = 9_999  # more are not counted: the text has one length
_MOST_LINES = 6


@dataclass(frozen=True)
class HostWords:
    """One host in a notice: its name, the names of what is bad, and of what somebody should see to."""

    name: str
    bad: tuple[str, ...]
    look: tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """What is told. `oldest`, `late_since` and `collected` are days, or empty.

    `is_post_late`: the oldest letter has waited longer than the deadline for an answer. `unreadable`: cases that nobody
    at work can read. `collected`: the day of the last collection that came to its end; `is_stale`: too long ago.
    """

    day: str
    waiting: int
    oldest: str
    is_post_late: bool
    unreadable: int
    late: int
    late_since: str
    collected: str
    is_stale: bool
    hosts: tuple[HostWords, ...]


def write_notice(now: Situation) -> str:
    """Return the text. Its longest fits into keys.notice.CLEARTEXT_BYTES."""
    lines = [
        _("Candour, {day}").format(day=plain_day(now.day)),
        "",
        _("Most urgent: {what}").format(what=_most_urgent(now)),
        "",
        _post(now),
        _deadlines(now),
        _collection(now),
        _health(now.hosts),
        "",
        _("This notice comes every day, whether something came or not. If one is missing, look at the desk."),
    ]
    return "\n".join(lines) + "\n"


def _most_urgent(now: Situation) -> str:
    if now.is_post_late:
        return _("a letter has waited too long. Open the post today.")
    if now.waiting:
        return _("a letter waits that nobody has read. It may tell of danger. Open the post.")
    if now.is_stale:
        return _("nothing was collected of late, so nobody knows whether something came. Call the administrator.")
    if now.unreadable:
        return _("a case that nobody at work can read.")
    if now.late:
        return _("a deadline has passed.")
    if any(host.bad for host in now.hosts):
        return _("a host is not well. Call the administrator.")
    return _("nothing. You need not come.")


def _post(now: Situation) -> str:
    if not now.waiting:
        return _("Post: nothing waits.")
    return ngettext(
        "Post: {count} letter that nobody has opened, since {day}.",
        "Post: {count} letters that nobody has opened, the oldest since {day}.",
        now.waiting,
    ).format(count=min(now.waiting, MOST), day=plain_day(now.oldest))


def _deadlines(now: Situation) -> str:
    said = _("Deadlines: none has passed.")
    if now.late:
        said = ngettext(
            "Deadlines: {count} case is past one, since {day}.",
            "Deadlines: {count} cases are past one, the first since {day}.",
            now.late,
        ).format(count=min(now.late, MOST), day=plain_day(now.late_since))
    if not now.unreadable:
        return said
    unreadable = ngettext(
        "{count} case can be read by nobody at work.", "{count} cases can be read by nobody at work.", now.unreadable
    ).format(count=min(now.unreadable, MOST))
    return f"{said} {unreadable}"


def _collection(now: Situation) -> str:
    if not now.collected:
        return _("Collection: none has come to its end yet. What stands here may be far too little.")
    said = _("Collection: the last one on {day}.").format(day=plain_day(now.collected))
    return said if not now.is_stale else f"{said} {_('That is too long ago: reports may wait at the source host.')}"


def _health(hosts: Iterable[HostWords]) -> str:
    parts = [part for host in hosts if (part := _host(host))]
    return _("Hosts: {said}").format(said="; ".join(parts) if parts else _("well, as far as is known."))


def _host(host: HostWords) -> str:
    if host.bad:
        return _("{host}: not well ({what})").format(host=host.name, what=", ".join(host.bad[:_MOST_LINES]))
    if host.look:
        return _("{host}: somebody should look ({what})").format(
            host=host.name, what=", ".join(host.look[:_MOST_LINES])
        )
    return ""
