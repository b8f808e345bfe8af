"""Is an upgrade of this host going on? Asked before a command changes anything, which going back would undo unseen.

A copy of the data lies in the folder from the moment in which going back would put it back, until nobody will. Whoever
wrote the copy is `deploy/upgrade`, which is no part of the program and knows the same names.
"""

from collections.abc import Collection
from gettext import gettext as _
from pathlib import Path

from store.errors import UpgradeGoesOn

COPIES = ("before-upgrade", "before-upgrade.half")


def is_upgraded_now(data: Path) -> bool:
    """Tell whether going back would put the data folder back as it was. Raises nothing: who may not look is refused."""
    try:
        return any((data / name).exists() for name in COPIES)
    except OSError:
        return False


def refuse_meanwhile(data: Path, command: str, harmless: Collection[str]) -> None:
    """Raise UpgradeGoesOn if an upgrade goes on, unless `command` is among those that going back may undo."""
    if command not in harmless and is_upgraded_now(data):
        raise UpgradeGoesOn(
            _(
                "An upgrade of this host is going on, or was cut short. If it goes back it would undo what you typed, "
                "so nothing was done. Wait for its end; if nobody is at it, run deploy/upgrade again, which puts "
                "things right. What cannot wait works all the same, on the source host: candour-drop revoke-desk, "
                "which shuts out a reviewer host that was stolen, and candour-drop silence."
            )
        )
