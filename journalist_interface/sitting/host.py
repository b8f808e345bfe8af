"""The reviewer host in its sitting: where it lies, and what of it can be seen from outside a step."""

from dataclasses import dataclass
from pathlib import Path

from ceremony.agreement import Agreement
from ceremony.errors import CeremonyRefused
from ceremony.state import Sitting
from ceremony.stick import FOLDER, PAIRING, Way, read_parcel
from journalist_interface.backup import recovery_public
from journalist_interface.courier_errors import NotPaired, PairingRefused
from journalist_interface.desk_folder import DeskPaths, opened_desk
from journalist_interface.door_entrance import courier_line
from journalist_interface.pairing import is_in_use, read_pairing
from journalist_interface.setting_up import is_complete
from journalist_interface.trail_key import read_trail_name
from keys.door_token import hash_of
from keys.intake_key import load_intake_key
from keys.spoken import spoken_fingerprint
from store.errors import FolderExposed

_DIGITS = 4


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

    def holds_another_pairing(self) -> bool:
        """Tell whether the stick brings a pairing file of this sitting that is not the one in use here."""
        try:
            read_parcel(self.stick, Way.BACK, self.sitting.number)
            return not is_in_use(self.folder, self.stick / FOLDER / PAIRING)
        except (CeremonyRefused, PairingRefused, NotPaired, FolderExposed):
            return False

    def is_paired_as_brought(self) -> bool:
        """Tell whether the courier knows its source host, and the stick brings no other pairing file."""
        return self.is_paired() and not self.holds_another_pairing()

    def holds_pairing(self) -> bool:
        """Tell whether a pairing file lies on the stick."""
        return (self.stick / FOLDER / PAIRING).exists()

    def agreement(self) -> Agreement:
        """Return the keys that this desk has itself. Raises FolderExposed, IntakeKeyUnusable, SetUpRefused."""
        intake = load_intake_key(DeskPaths(self.folder).intake_key).fingerprint
        return Agreement(courier_line(self.folder), intake, recovery_public(self.folder))

    def answer(self) -> str:
        """Return the groups with which this desk answers the host that it is paired with. Raises as `agreement`."""
        pairing = read_pairing(self.folder)
        return self.agreement().answer(hash_of(pairing.token), pairing.door_url)

    def trail_signer(self) -> str:
        """Return who signs checkpoints of the audit trail, in 16 groups of four digits."""
        with opened_desk(self.folder) as desk, desk.database.reading() as connection:
            digits = (read_trail_name(connection).signer or b"").hex().upper()
        return " ".join(digits[at : at + _DIGITS] for at in range(0, len(digits), _DIGITS))

    def intake_groups(self) -> str:
        """Return the intake key's fingerprint, in the ten groups that people compare."""
        return load_intake_key(DeskPaths(self.folder).intake_key).spoken_fingerprint()

    def recovery_groups(self) -> str:
        """Return the six groups that stand on every card."""
        return spoken_fingerprint(recovery_public(self.folder))
