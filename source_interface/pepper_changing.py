"""Changing the pepper of a source host, and ending the time of the one before. The site is stopped meanwhile.

Rules:
- Two peppers at most. While the older one is not over a further rotation is refused: each pepper costs every sign-in a
  derivation, and a chain of them would be known to whoever has its first.
- Rotating writes one file and not a row: a row says of which pepper it is.
- Ending erases rows first, in one transaction, and then the older pepper: killed between the two, it is asked for again
  and does the rest. What a killed command left of a file is overwritten by the next.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from serving.language import gettext as _
from source_interface.drop_folder import OpenDrop, only_hand_on_pepper, only_site, open_drop
from source_interface.peppers import PEPPER_SIZE, Peppers
from store.destroying import finish_destroying, replace_and_destroy
from store.drop.carrying import count_left, erase_left
from store.drop.reply_files import finish_files

# After so many months hardly anybody will come back who has not, and the older pepper is of use to a thief alone.
LONG_MONTHS = 6
_STEPS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)


class PepperRefused(Exception):
    """The pepper was not changed: the text is a sentence that says why."""


@dataclass(frozen=True)
class Standing:
    """The peppers of a host. `left`, in words: how many have not come back since; empty with one pepper."""

    peppers: Peppers
    left: str


@contextmanager
def changing_pepper(root: Path) -> Iterator[OpenDrop]:
    """Give the open folder of a host of which no site is served, and whose pepper nobody else changes or backs up.

    What an earlier command left when it was killed is overwritten first. Raises AlreadyServed, FolderExposed.
    """
    with ExitStack() as alone:
        alone.enter_context(only_site(root))
        alone.enter_context(only_hand_on_pepper(root))
        drop = open_drop(root)
        with closing(drop.database):
            finish_destroying(drop.folder.pepper)
            yield drop


def rotate(drop: OpenDrop) -> Peppers:
    """Make a new pepper, durably, and keep the one before for those who come back. Raises PepperRefused."""
    peppers = drop.peppers
    if peppers.older is not None:
        raise PepperRefused(
            _(
                "There are two peppers already, since {month}. End the time of the older one first: candour-drop "
                "pepper finish. Nothing was changed."
            ).format(month=peppers.since)
        )
    made = Peppers(secrets.token_bytes(PEPPER_SIZE), peppers.number + 1, _month(), peppers.newest)
    replace_and_destroy(drop.folder.pepper, made.to_file())
    return made


def standing(drop: OpenDrop) -> Standing:
    """Return how it stands with the peppers."""
    if drop.peppers.older is None:
        return Standing(drop.peppers, "")
    return Standing(drop.peppers, about(count_left(drop.database, drop.peppers.number)))


def finish(drop: OpenDrop) -> None:
    """Erase what nobody can open without the older pepper, then that pepper. Done before, it does nothing."""
    peppers = drop.peppers
    if peppers.older is None:
        return
    erase_left(drop.database, peppers.number)
    finish_files(drop.database, drop.reply_files)
    # Also from the log: a lookup id of the older pepper is what a guess could be tried on.
    drop.database.leave_no_trace()
    alone = Peppers(peppers.newest, peppers.number, peppers.since)
    replace_and_destroy(drop.folder.pepper, alone.to_file())


def about(count: int) -> str:
    """Return a count in words, and never exactly: who asks every day must not learn that one more has come back."""
    if count == 0:
        return _("nobody")
    if count < _STEPS[0]:
        return _("fewer than {most}").format(most=_STEPS[0])
    return _("{least} or more").format(least=f"{max(step for step in _STEPS if step <= count):,}")


def is_long(peppers: Peppers, month: str) -> bool:
    """Tell whether in this month (YYYY-MM) there have been two peppers for so long that it is time to end it."""
    return peppers.older is not None and _months(month) - _months(peppers.since) >= LONG_MONTHS


def _months(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:])


def _month() -> str:
    return datetime.now(UTC).strftime("%Y-%m")
