"""The source host in its sitting: where it lies, what the stick brought, and what can be seen of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ceremony.errors import CeremonyRefused
from ceremony.state import Sitting
from ceremony.stick import COURIER_KEY, Way, read_parcel
from keys.intake_key import load_intake_key
from onion.clients import names
from onion.errors import OnionError
from serving.language import gettext as _
from source_interface.door_keys import DOOR, door_of
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import SITE, plan_of
from store.errors import FolderExposed

COURIER_NAME = Path(COURIER_KEY).stem


@dataclass(frozen=True)
class DropHost:
    """A source host, made or not."""

    root: Path
    stick: Path
    sitting: Sitting

    @property
    def folder(self) -> DropFolder:
        """Where each thing of it lies."""
        return DropFolder(self.root)

    def brought(self) -> Mapping[str, bytes]:
        """Return what the stick brings from the desk, of this sitting. Raises CeremonyRefused."""
        parcel = read_parcel(self.stick, Way.OUTWARD, self.sitting.number)
        if not self.sitting.number:
            self.sitting.join(parcel.sitting)
        return parcel.untrusted_files

    def is_made(self) -> bool:
        """Tell whether there is a source host that was made to its end, with the key that was compared.

        Raises CeremonyRefused if it was made with another one.
        """
        if not self.folder.pepper.is_file():
            return False
        compared = self.sitting.facts.get("intake", "")
        if compared and load_intake_key(self.folder.intake_key).spoken_fingerprint() != compared:
            raise CeremonyRefused(
                _(
                    "There is a source host in {path} already, and it seals to another intake key than the one you "
                    "compared. Nothing was changed. Look whether this is the right machine; if it is, give a data "
                    "folder that is empty."
                ).format(path=self.root)
            )
        return True

    def has_onions(self) -> bool:
        """Tell whether both addresses are there, and the desk is let in at the door."""
        with suppress(FolderExposed, OnionError, OSError):
            addresses = plan_of(self.root).addresses()
            return {SITE, DOOR} <= set(addresses) and self.folder.site_address.is_file() and self._lets_desk_in()
        return False

    def _lets_desk_in(self) -> bool:
        return bool(names(door_of(self.folder)))
