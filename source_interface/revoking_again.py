"""That a desk was shut out while an upgrade went on, noted where going back leaves it: the upgrade does it again.

Going back puts the data folder back byte for byte: the thief's token, the keys to the door and an open site.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from keys.errors import Malformed
from keys.strict_json import read_object, write_object
from store.errors import FolderExposed
from store.folder import read_private_file, write_private_file
from store.upgrade_going_on import is_upgraded_now

NAME = "revoke-again"
_LARGEST = 1024  # bytes


@dataclass(frozen=True)
class Again:
    """With what `revoke-desk` is to be run again. `since`: YYYY-MM-DD; `remove`: answers are erased."""

    since: str
    close: bool
    remove: bool


def note_again(root: Path, wanted: Again) -> None:
    """Note it if an upgrade goes on, beside what is noted already: the earliest day, and whatever was asked for once.

    Raises NoRoom or OSError.
    """
    if not is_upgraded_now(root):
        return
    if (before := _noted(root)) is not None:
        wanted = replace(
            wanted,
            since=min(wanted.since, before.since),
            close=wanted.close or before.close,
            remove=wanted.remove or before.remove,
        )
    if wanted != before:
        document = {
            "candour_revoke_again": 1,
            "since": wanted.since,
            "close": wanted.close,
            "remove": wanted.remove,
        }
        write_private_file(root / NAME, write_object(document))


def _noted(root: Path) -> Again | None:
    try:
        fields = read_object(read_private_file(root / NAME, NAME), _LARGEST)
        fields.exactly("candour_revoke_again", 1)
        found = Again(fields.day("since"), fields.flag("close"), fields.flag("remove"))
        fields.end()
    except (FolderExposed, Malformed):
        return None
    return found
