"""What every source is told since an earlier machine of this site was in somebody else's hands.

One small file in the data folder, read anew for every page, as that of a lost desk. It comes with backups: whoever
restores one goes on telling it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keys.errors import Malformed
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from serving.plain_dates import plain_day
from source_interface.lost_desk import TOLD_DAYS
from store.drop.days import days_before
from store.errors import FolderExposed
from store.folder import read_private_file, write_private_file

NOTE = "host-taken.json"
_LARGEST = 1024  # bytes


@dataclass(frozen=True)
class TakenHost:
    """`since`: the first day on which somebody else may have had that machine; `noted`: the day it was written here.

    Days are YYYY-MM-DD.
    """

    since: str
    noted: str

    def is_told(self, today: str) -> bool:
        """Tell whether sources are told of it on this day."""
        return self.noted >= days_before(today, TOLD_DAYS)


def read_taken_host(root: Path) -> TakenHost | None:
    """Return what is noted; None if nothing is. Raises FolderExposed if the file cannot be believed."""
    path = root / NOTE
    if not path.exists():
        return None
    try:
        fields = read_object(read_private_file(path, _("The note of the taken machine")), _LARGEST)
        fields.exactly("candour_host_taken", 1)
        taken = TakenHost(fields.day("since"), fields.day("noted"))
        fields.end()
    except Malformed as broken:
        raise FolderExposed(
            _("The note of the taken machine in {path} is damaged: type “candour-drop host-taken” once more.").format(
                path=path
            )
        ) from broken
    return taken


def note_taken_host(root: Path, since: str) -> None:
    """Have every source told from now on. Raises NoRoom, OSError."""
    noted = datetime.now(UTC).date().isoformat()
    document = {"candour_host_taken": 1, "since": since, "noted": noted}
    write_private_file(root / NOTE, write_object(document))


def tell_no_longer(root: Path) -> bool:
    """Tell nobody any more; tell whether anybody was told."""
    was_there = (root / NOTE).exists()
    (root / NOTE).unlink(missing_ok=True)
    return was_there


def tell_taken_host(root: Path) -> str:
    """Return the day in words since which sources are told today; empty if they are not."""
    try:
        taken = read_taken_host(root)
    except (FolderExposed, OSError):
        return ""
    if taken is None or not taken.is_told(datetime.now(UTC).date().isoformat()):
        return ""
    return plain_day(taken.since)
