"""The source host in its sitting: where it lies, what the stick brought, and what can be seen of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ceremony.agreement import Agreement
from ceremony.errors import CeremonyRefused
from ceremony.state import Sitting
from ceremony.stick import COURIER_KEY, Way, read_parcel
from keys.intake_key import load_intake_key
from onion.client_key import authorised, read_public
from onion.clients import names, path_of
from onion.errors import ClientRefused, OnionError
from serving.language import gettext as _
from source_interface.door_keys import DOOR, door_of
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import SITE, plan_of
from store.backup.own_keys import RECOVERY_KEY, read_recovery_key
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
        """Return what the stick brings from the desk, of this sitting if its number is known. Raises CeremonyRefused.

        The number is known once people have compared (arriving.compare_keys): the wrong stick, put in first, changes
        nothing.
        """
        return read_parcel(self.stick, Way.OUTWARD, self.sitting.number).untrusted_files

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

    def door_line(self) -> str:
        """Return the line by which the door lets the desk in. Raises CeremonyRefused if it does not."""
        try:
            line = path_of(door_of(self.folder), COURIER_NAME).read_text("ascii", "replace")
            return authorised(read_public(line))
        except (ClientRefused, OSError) as reason:
            raise CeremonyRefused(
                _(
                    "The door lets no desk in that is called “{name}”. Nothing was changed. Run the same line again: "
                    "its step “onions” lets it in."
                ).format(name=COURIER_NAME)
            ) from reason

    def agreement(self) -> Agreement:
        """Return the keys that this host has taken in. Raises CeremonyRefused, BackupRefused, IntakeKeyUnusable."""
        intake = load_intake_key(self.folder.intake_key).fingerprint
        return Agreement(self.door_line(), intake, read_recovery_key(self.root / RECOVERY_KEY))

    def answer(self) -> str:
        """Return the groups that the desk shows if it is paired with this host. Raises as `agreement`."""
        door = plan_of(self.root).addresses()[DOOR]
        return self.agreement().answer(read_in_force(self.folder.tokens).hashed, f"http://{door}")

    def _lets_desk_in(self) -> bool:
        return COURIER_NAME in names(door_of(self.folder))
