"""One signer of an audit trail names the next: what the old key signs, and how that is written down.

Rules:
- What is signed names the desk, the record in which it stands, and the chain value before that record: it is true at
  one place of one trail, and cannot be moved, kept for later, or put into another.
- The signature (Ed25519) has a label of its own: no checkpoint can be taken for it.
- There is one spelling. What does not read so is none.
"""

import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys.checkpoint import SigningKey
from keys.errors import Malformed, SignatureBroken
from keys.strict_json import write_object

_LABEL = b"candour v1 audit succession\x00"
_SPELLING = re.compile(r"desk ([0-9a-f]{32}) signer ([0-9a-f]{64}) then ([0-9a-f]{64}) signed ([0-9a-f]{128})\Z")


@dataclass(frozen=True)
class Place:
    """Where in which trail it stands: the desk's id, the number of its record, the chain value before that."""

    desk: str
    number: int
    before: bytes


@dataclass(frozen=True)
class Succession:
    """`signer` names `heir`, each a public key. Believe nothing of it before `check`."""

    desk: str
    signer: bytes
    heir: bytes
    signature: bytes = field(repr=False)

    def note(self) -> str:
        """Return it as it stands in the trail."""
        return f"desk {self.desk} signer {self.signer.hex()} then {self.heir.hex()} signed {self.signature.hex()}"

    def check(self, place: Place, signer: bytes) -> None:
        """Raise SignatureBroken unless `signer`, and nobody else, signed this for just this place."""
        if self.signer != signer or self.desk != place.desk or self.heir == signer:
            raise SignatureBroken("it names another signer or desk, or itself")
        try:
            Ed25519PublicKey.from_public_bytes(signer).verify(self.signature, _LABEL + _said(place, signer, self.heir))
        except (InvalidSignature, ValueError) as reason:
            raise SignatureBroken("the signature does not fit") from reason


def name_heir(key: SigningKey, place: Place, heir: bytes) -> Succession:
    """Return the succession in which the owner of `key` names the public key `heir`, for one place."""
    return Succession(place.desk, key.public, heir, key.sign_as(_LABEL, _said(place, key.public, heir)))


def read_succession(untrusted_note: str) -> Succession:
    """Return what a note says, its signature not looked at yet. Raises Malformed."""
    found = _SPELLING.match(untrusted_note)
    if found is None:
        raise Malformed("it is not spelt as a change of signers is")
    return Succession(found[1], bytes.fromhex(found[2]), bytes.fromhex(found[3]), bytes.fromhex(found[4]))


def _said(place: Place, signer: bytes, heir: bytes) -> bytes:
    fields = {
        "desk": place.desk,
        "number": place.number,
        "before": place.before.hex(),
        "signer": signer.hex(),
        "heir": heir.hex(),
    }
    return write_object(fields)
