"""That this host was silenced: one small file, without which nobody would know why its keys are gone.

It is looked for wherever a folder is opened or Tor is planned, and once a second by whoever looks after Tor.
"""

from datetime import UTC, datetime
from pathlib import Path

from serving.language import gettext as _
from store.errors import FolderExposed
from store.folder import write_private_file

MARK = "silenced"


class Silenced(FolderExposed):
    """This host's keys were destroyed on purpose: nothing is started in this folder any more."""


def refuse_if_silenced(root: Path) -> None:
    """Raise Silenced, with a sentence that says what to do, if this host was silenced."""
    if is_silenced(root):
        raise Silenced(
            _(
                "This host was silenced: its keys were destroyed, and nothing starts here again. To come back, restore "
                "a backup into an empty folder (docs/guide-disaster.md)."
            )
        )


def is_silenced(root: Path) -> bool:
    """Tell whether it was. A mark that cannot be looked at is one."""
    try:
        (root / MARK).lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def mark_silenced(root: Path) -> None:
    """Note it, with the day. Raises OSError, StoreError."""
    if not is_silenced(root):
        write_private_file(root / MARK, datetime.now(UTC).date().isoformat().encode("ascii"))
