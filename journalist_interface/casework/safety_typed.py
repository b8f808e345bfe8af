"""What was typed on the page of somebody's safety, judged without I/O: as it is kept, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from journalist_interface.case_documents import LONGEST_NOTE
from journalist_interface.casework.safety import ANSWERED_BY_DOING
from journalist_interface.casework.safety_note import LONGEST_WORD, Point, PointAnswer, Said
from journalist_interface.casework.safety_words import point_label
from journalist_interface.checked_words import clean
from journalist_interface.errors import WritingRefused
from serving.language import gettext as _

_AHEAD_SECONDS = 5 * 60  # a clock of theirs that is a little fast
_MOST_DAYS = 366
_MOST_SEEN = 9  # digits


@dataclass(frozen=True)
class TypedAnswer:
    """What was chosen and typed at one point."""

    said: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True)
class TypedTelling:
    """Who was told, by whom, when (UTC) and by which way, as it was typed."""

    whom: str
    by: str
    at: str
    way: str = field(repr=False)


def read_answers(untrusted: Mapping[str, TypedAnswer]) -> tuple[PointAnswer, ...]:
    """Return the answers that were given, one or more. Raises WritingRefused."""
    found = []
    for point in Point:
        typed = untrusted.get(point.value, TypedAnswer(""))
        words = clean(typed.words)
        label = point_label(point)
        if len(words) > LONGEST_WORD:
            said = _("What stands at “{point}” has {length} characters; {most} is the most. Nothing was kept yet.")
            raise WritingRefused(said.format(point=label, length=f"{len(words):,}", most=f"{LONGEST_WORD:,}"))
        if typed.said not in set(Said):
            if words:
                said = _("At “{point}” you wrote something: choose whether it is done. Nothing was kept yet.")
                raise WritingRefused(said.format(point=label))
            continue
        chosen = Said(typed.said)
        if chosen is Said.DONE and point in ANSWERED_BY_DOING:
            raise WritingRefused(_("“{point}” is answered by doing it, further down.").format(point=label))
        if chosen is Said.DOES_NOT_APPLY and not words:
            said = _("Say in a word why “{point}” does not apply. Nothing was kept yet.")
            raise WritingRefused(said.format(point=label))
        found.append(PointAnswer(point, chosen, words))
    if not found:
        raise WritingRefused(_("Choose an answer at one point or more."))
    return tuple(found)


def read_seen(untrusted: str) -> int:
    """Return how many items somebody saw; none, if what is sent is no number."""
    known = untrusted.isascii() and untrusted.isdecimal() and len(untrusted) <= _MOST_SEEN
    return int(untrusted) if known else 0


def read_words(typed: str, if_none: str, most: int = LONGEST_NOTE) -> str:
    """Return words that must be there. Raises WritingRefused."""
    words = clean(typed)
    if not words:
        raise WritingRefused(if_none)
    if len(words) > most:
        said = _("This has {length} characters; {most} is the most. Nothing was kept yet. Shorten it.")
        raise WritingRefused(said.format(length=f"{len(words):,}", most=f"{most:,}"))
    return words


def read_moment(untrusted: str, now: int) -> int:
    """Return a time that was typed, in UTC, in Unix seconds. Raises WritingRefused for one that is none, or to come."""
    try:
        typed = datetime.strptime(untrusted.strip().replace(" ", "T"), "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
        at = int(typed.timestamp())
    except (ValueError, OverflowError) as reason:
        said = _("Type when they were told as 2026-11-29 14:05, in UTC. Nothing was kept yet.")
        raise WritingRefused(said) from reason
    if not 0 <= at <= now + _AHEAD_SECONDS:
        raise WritingRefused(_("They cannot have been told in the future. Nothing was kept yet."))
    return at


def read_day_ahead(untrusted: str, today: str) -> str:
    """Return a day that was typed, from today to a year from now; empty for none. Raises WritingRefused."""
    typed = untrusted.strip()
    if not typed:
        return ""
    try:
        day = date.fromisoformat(typed).isoformat()
    except ValueError as reason:
        raise WritingRefused(_("Type the day as 2026-11-29. Nothing was changed.")) from reason
    last = date.fromisoformat(today) + timedelta(days=_MOST_DAYS)
    if not today <= day <= last.isoformat():
        raise WritingRefused(_("The day to look again is today or later, and within a year. Nothing was changed."))
    return day
