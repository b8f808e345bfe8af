"""Who may sign checkpoints of which part of a trail: the first signer, and each that the one before named.

Rules:
- The chain begins with the name in the trail's own first record, and each change must be signed by the key that was
  signer until then, for the very record in which it stands. A change that is not ends the judging: nothing after it
  can be believed.
- A key is signer of the records from the one that names it up to the one in which it names the next, that one not
  included. Later, or earlier, what it signs is worth nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from journalist_interface.errors import DeskError
from keys.errors import Malformed, SignatureBroken
from keys.succession import Place, read_succession
from serving.language import gettext as _
from store.desk.audit_reading import SignerChanged, TrailEnd

_NAME = re.compile(r"desk ([0-9a-f]{32}) signer ([0-9a-f]{64})\Z")


class SuccessionForged(DeskError):
    """A change of signers is not signed by the one before: `number` is its record. Sign nothing; keep the database."""

    def __init__(self, number: int) -> None:
        super().__init__(
            _(
                "Record {n} says that another key signs from there on, and the key before did not sign that: it was "
                "forged, or altered. Keep this database as it is, and compare it with the backup."
            ).format(n=number)
        )
        self.number = number


@dataclass(frozen=True)
class Reign:
    """One signer, and the first record of which it may sign; `since` is from when it is, in Unix seconds."""

    signer: bytes
    first: int
    since: int


@dataclass(frozen=True)
class Signers:
    """All of them in their order, the last being the one of now; none for a desk that has not signed yet."""

    desk: str
    reigns: tuple[Reign, ...]

    def at(self, number: int) -> bytes | None:
        """Return who may sign a checkpoint that ends with this record."""
        return next((reign.signer for reign in reversed(self.reigns) if reign.first <= number), None)

    def knows(self, signer: bytes) -> bool:
        """Tell whether this key is, or once was, the signer."""
        return any(reign.signer == signer for reign in self.reigns)

    @property
    def now(self) -> Reign | None:
        """The last."""
        return self.reigns[-1] if self.reigns else None


def follow_signers(end: TrailEnd) -> Signers:
    """Return the signers of a trail that is whole. Raises SuccessionForged at the first change that is none."""
    found = _NAME.match(end.named)
    if found is None:
        # A desk that has no signer yet has nobody who could name another.
        if end.changes:
            raise SuccessionForged(end.changes[0].number)
        return Signers("", ())
    first = Reign(bytes.fromhex(found[2]), 1, end.named_at)
    return Signers(found[1], (first, *_follow(found[1], first.signer, end.changes)))


def _follow(desk: str, signer: bytes, changes: Sequence[SignerChanged]) -> list[Reign]:
    reigns: list[Reign] = []
    before = {signer}
    for change in changes:
        try:
            succession = read_succession(change.note)
            succession.check(Place(desk, change.number, change.before), signer)
            if succession.heir in before:
                raise SignatureBroken("a key that has ended does not come back")
        except (Malformed, SignatureBroken) as reason:
            raise SuccessionForged(change.number) from reason
        signer = succession.heir
        before.add(signer)
        reigns.append(Reign(signer, change.number, change.at))
    return reigns
