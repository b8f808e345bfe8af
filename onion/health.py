"""How one host's Tor is: what the watch sees of it, kept in a small file, and the sentences that people read.

The file is what others read: who can open Tor's control socket could do anything with it, and a file tells only this.
It says nothing of who came: no count, no circuit.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from onion.clock import MOST_SKEW_SECONDS
from onion.errors import OnionError
from serving.language import gettext as _

# The watch looks every half minute. Tor itself takes some minutes to come up on a poor line.
STALE_SECONDS = 300
_LARGEST_FILE = 16 * 1024  # bytes


class TorState(StrEnum):
    """How a host's Tor is, in a word for those who are elsewhere. The worst comes first."""

    NOT_WATCHED = "not watched"
    NOT_CONNECTED = "not connected"
    NOT_PUBLISHED = "not published"
    UNDEFENDED = "undefended"  # no work is ever asked of visitors: a flood shuts everybody out
    CLOCK_WRONG = "clock wrong"
    FLOODED = "flooded"  # and holding out: visitors do work first
    WELL = "well"


class HealthUnknown(OnionError):
    """Nobody watches Tor on this host, or what the watch wrote cannot be read."""


@dataclass(frozen=True)
class Health:
    """What the watch saw. `seen_at` in seconds since 1970; `progress` in percent; `skew` in seconds, ahead or behind.

    `published` says of each onion service, by its name, whether the directories have its descriptor. `effort` is the
    work asked of each visitor of the open service, whose name is `open_to_all`, if there is one: 0 in quiet times, None
    if it has no such defence or there is no descriptor yet. `skew` is 0 if Tor has found nothing wrong with this
    host's clock, None if nothing is known of it. `taken` is the mark (onion.stamp) of the keys, addresses and entrances
    with which this very Tor was started.
    """

    seen_at: int
    progress: int
    published: dict[str, bool] = field(default_factory=dict)
    effort: int | None = None
    skew: int | None = None
    taken: str = ""
    open_to_all: str | None = None

    @property
    def is_undefended(self) -> bool:
        """Tell whether the service to which strangers come is published as one that asks no work of anybody."""
        return self.effort is None and self.open_to_all is not None and self.published.get(self.open_to_all, False)

    @property
    def is_well(self) -> bool:
        """Tell whether people can come: connected, and all that is offered is published."""
        return self.progress == 100 and all(self.published.values())


def write_health(path: Path, health: Health) -> None:
    """Keep what was seen, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(draft, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        json.dump({"candour_tor_health": 1, **asdict(health)}, file)
    draft.replace(path)


def read_health(path: Path) -> Health:
    """Return what the watch saw last. Raises HealthUnknown."""
    unknown = HealthUnknown(_("Nobody watches Tor on this host: is “onion run” running?"))
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LARGEST_FILE))
    except (OSError, ValueError) as reason:
        raise unknown from reason
    if not isinstance(found, dict) or found.pop("candour_tor_health", None) != 1:
        raise unknown
    try:
        health = Health(**found)
    except TypeError as reason:
        raise unknown from reason
    numbers = (health.seen_at, health.progress)
    if not all(type(number) is int for number in numbers) or not isinstance(health.published, dict):
        raise unknown
    if not isinstance(health.taken, str):
        raise unknown
    if not isinstance(health.open_to_all, str | None):
        raise unknown
    if any(type(number) not in (int, type(None)) for number in (health.effort, health.skew)):
        raise unknown
    return health


def judge(path: Path, now: int) -> TorState:
    """Return in a word what the watch that writes this file saw last."""
    try:
        health = read_health(path)
    except HealthUnknown:
        return TorState.NOT_WATCHED
    faults = {
        TorState.NOT_WATCHED: abs(now - health.seen_at) > STALE_SECONDS,
        TorState.NOT_CONNECTED: health.progress < 100,
        TorState.NOT_PUBLISHED: not all(health.published.values()),
        TorState.UNDEFENDED: health.is_undefended,
        TorState.CLOCK_WRONG: abs(health.skew or 0) > MOST_SKEW_SECONDS,
        TorState.FLOODED: bool(health.effort),
    }
    return next((state for state, holds in faults.items() if holds), TorState.WELL)


def clock_word(path: Path, now: int) -> str:
    """Return whether this host's clock agrees with Tor's, as the watch saw it last: right, wrong or unknown."""
    try:
        health = read_health(path)
    except HealthUnknown:
        return "unknown"
    if health.skew is None or abs(now - health.seen_at) > STALE_SECONDS:
        return "unknown"
    return "wrong" if abs(health.skew) > MOST_SKEW_SECONDS else "right"


def tell(health: Health, now: int) -> Iterator[tuple[str, bool]]:
    """Yield sentences on how Tor is, each with whether all is well in it."""
    if abs(now - health.seen_at) > STALE_SECONDS:
        minutes = abs(now - health.seen_at) // 60
        yield (
            _("Nobody has looked at Tor for {minutes} minutes. Is “onion run” running?").format(minutes=minutes),
            False,
        )
        return
    if health.progress < 100:
        yield (
            _(
                "Tor is not connected: {progress} per cent of the way. Wait some minutes; then look at the network."
            ).format(progress=health.progress),
            False,
        )
    else:
        yield _("Tor is connected."), True
    for name, is_published in sorted(health.published.items()):
        if is_published:
            yield _("The onion service “{name}” is published.").format(name=name), True
        else:
            yield _("The onion service “{name}” is not published: nobody finds it.").format(name=name), False
    if health.effort is not None:
        yield _effort(health.effort), True
    elif health.is_undefended:
        yield _undefended(health.open_to_all or ""), False
    # While Tor has not got through it cannot know; after a skew that was seen, not until the clock was set.
    if health.skew is not None:
        yield _skew(health.skew)


def _effort(effort: int) -> str:
    if effort:
        return _(
            "Many knock at once: each visitor's Tor does work first (effort {effort}). Honest ones still come in."
        ).format(effort=effort)
    return _("Nobody floods the site: no work is asked of visitors.")


def _undefended(name: str) -> str:
    return _(
        "The onion service “{name}” is published without proof of work: a flood shuts everybody out. Start “onion run” "
        "again."
    ).format(name=name)


def _skew(skew: int) -> tuple[str, bool]:
    if abs(skew) <= MOST_SKEW_SECONDS:
        return _("This host's clock agrees with Tor's."), True
    minutes = abs(skew) // 60
    if skew > 0:
        return _("This host's clock is {minutes} minutes ahead of Tor's. Set it right.").format(minutes=minutes), False
    return _("This host's clock is {minutes} minutes behind Tor's. Set it right.").format(minutes=minutes), False
