"""The reviewer host in its sitting: where it lies, and what of it can be seen from outside a step."""

from dataclasses import dataclass
from pathlib import Path

from ceremony.state import Sitting
from journalist_interface.backup import recovery_public
from journalist_interface.courier_errors import NotPaired
from journalist_interface.desk_folder import DeskPaths
from journalist_interface.pairing import read_pairing
from journalist_interface.setting_up import is_complete
from keys.intake_key import load_intake_key
from keys.spoken import spoken_fingerprint
from store.errors import FolderExposed


@dataclass(frozen=True)
class DeskHost:
    """A desk, made or not. `rehearsal`: everything is thrown away afterwards, and the cards say so."""

    folder: Path
    stick: Path
    sitting: Sitting
    rehearsal: bool = False

    def is_made(self) -> bool:
        """Tell whether there is a desk that was made to its end."""
        return is_complete(self.folder)

    def is_paired(self) -> bool:
        """Tell whether the courier knows its source host."""
        try:
            read_pairing(self.folder)
        except (NotPaired, FolderExposed):
            return False
        return True

    def intake_groups(self) -> str:
        """Return the intake key's fingerprint, in the ten groups that people compare."""
        return load_intake_key(DeskPaths(self.folder).intake_key).spoken_fingerprint()

    def recovery_groups(self) -> str:
        """Return the six groups that stand on every card."""
        return spoken_fingerprint(recovery_public(self.folder))
