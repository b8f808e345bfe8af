"""Which intake keys the source host had, one after the other: kept beside the key, and shown to sources.

Rules:
- A change is written here before the key itself is put in the other's place. So the last change counts only if its new
  key is the one that is here: after a kill in between nothing has changed, and the next change takes its place.
- A day is the finest time.
"""

from dataclasses import asdict, dataclass

from keys.errors import Malformed
from keys.intake_key import fingerprint_of
from keys.strict_json import Fields, read_object, write_object
from serving.language import gettext as _
from source_interface.drop_folder import DropFolder
from store.errors import FolderExposed
from store.folder import write_private_file

_LARGEST = 256 * 1024  # bytes
_MOST = 500
_MOST_NUMBER = 10_000


@dataclass(frozen=True)
class Change:
    """From one fingerprint to another, on a day YYYY-MM-DD. `number` is that of the statement; 0 if the old key signed
    none, and somebody read the new fingerprint off paper."""

    number: int
    day: str
    old: str
    new: str

    @property
    def is_signed(self) -> bool:
        """Whether the old key signed it."""
        return self.number > 0


def key_in_force(folder: DropFolder) -> str | None:
    """Return the fingerprint of the intake key that is here, usable or not; None if nobody can read which it is."""
    try:
        return fingerprint_of(folder.intake_key.read_bytes()) or None
    except OSError:
        return None


def read_changes(folder: DropFolder, fingerprint: str) -> tuple[Change, ...]:
    """Return the changes that led to the key that is here, the oldest first. Raises FolderExposed if it is damaged."""
    if not folder.key_history.is_file():
        return ()
    try:
        with folder.key_history.open("rb") as file:
            fields = read_object(file.read(_LARGEST + 1), _LARGEST)
        fields.exactly("candour_intake_history", 1)
        changes = fields.list_of("changes", _MOST, _change)
        fields.end()
    except Malformed as reason:
        raise FolderExposed(
            _("The list of former intake keys in {path} is damaged ({why}). Restore it from the backup.").format(
                path=folder.key_history, why=reason.reason
            )
        ) from reason
    reached = [place for place, change in enumerate(changes, 1) if change.new == fingerprint]
    return changes[: reached[-1]] if reached else ()


def write_changes(folder: DropFolder, changes: tuple[Change, ...]) -> None:
    """Keep them, the newest of them if they are too many."""
    kept = [asdict(each) for each in changes[-_MOST:]]
    write_private_file(folder.key_history, write_object({"candour_intake_history": 1, "changes": kept}))


def last_number(changes: tuple[Change, ...]) -> int:
    """Return the number of the last statement that was taken; 0 if none was."""
    return max((each.number for each in changes), default=0)


def _change(untrusted: object) -> Change:
    fields = Fields(untrusted, "change")
    found = Change(
        fields.integer("number", _MOST_NUMBER), fields.day("day"), fields.text("old", 40), fields.text("new", 40)
    )
    fields.end()
    return found
