"""Signed checkpoints of an audit trail: what it was up to one record, for somebody elsewhere to keep.

Rules:
- A checkpoint is one small JSON document in one spelling: read and written again it is the same bytes.
- The signature (Ed25519, RFC 8032) covers every other field, under a label of its own, so that no other signature of
  this key could be taken for it.
- It may say whom it was given to; one that does not is spelt as before there was this field.
- It says who signed. Whoever reads it must know from elsewhere which signer to expect: a forger signs with his own key.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keys.errors import Malformed, SignatureBroken
from keys.strict_json import Fields, read_object, write_object

SECRET_BYTES = 32
LARGEST_CHECKPOINT = 2048  # bytes
LONGEST_NAME = 64  # characters, of whom it is given to
_SIGNED = b"candour v1 audit checkpoint\x00"
_FORMAT = 1
_MOST_RECORDS = 2**63 - 1
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_SIGNATURE = re.compile(r"[0-9a-f]{128}\Z")
_PUBLIC = re.compile(r"[0-9a-f]{64}\Z")


class SigningKey:
    """A desk's key for checkpoints; `public` is its public half."""

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes. Raises Malformed for any other number of them."""
        if len(secret) != SECRET_BYTES:
            raise Malformed(f"a signing key has {SECRET_BYTES} bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()

    @classmethod
    def draw(cls) -> tuple[Self, bytes]:
        """Return a new key, and its secret for keeping."""
        secret = Ed25519PrivateKey.generate().private_bytes_raw()
        return cls(secret), secret

    def sign(self, end: "TrailPoint", at: int, given_to: str = "") -> "Checkpoint":
        """Return the checkpoint of a trail that ends at `end`, made at `at` (Unix seconds), and for whom.

        Raises Malformed for a name that `check_name` refuses.
        """
        check_name(given_to)
        signature = self._key.sign(_signed_bytes(end, at, self.public, given_to))
        return Checkpoint(end, at, self.public, signature, given_to)

    def sign_as(self, label: bytes, what: bytes) -> bytes:
        """Return a signature for another purpose than checkpoints: `label` is its own, and ends with a NUL."""
        if label == _SIGNED or not label.endswith(b"\x00"):
            raise ValueError("the label is that of checkpoints, or could be a part of another")
        return self._key.sign(label + what)


@dataclass(frozen=True)
class TrailPoint:
    """One record of one desk's trail: `desk` is the desk's id, `chain` the chain value after record `number`."""

    desk: str
    number: int
    chain: bytes


@dataclass(frozen=True)
class Checkpoint:
    """What somebody signed. Believe nothing of it before `check_signature`, and then only as much as `signer`."""

    point: TrailPoint
    at: int
    signer: bytes
    signature: bytes = field(repr=False)
    given_to: str = ""

    def to_document(self) -> bytes:
        """Return the document that is kept."""
        signed = _fields(self.point, self.at, self.signer, self.given_to)
        return write_object(signed | {"signature": self.signature.hex()}) + b"\n"

    def check_signature(self) -> None:
        """Raise SignatureBroken unless `signer` signed just this."""
        try:
            Ed25519PublicKey.from_public_bytes(self.signer).verify(
                self.signature, _signed_bytes(self.point, self.at, self.signer, self.given_to)
            )
        except InvalidSignature as reason:
            raise SignatureBroken("the signature does not fit") from reason

    @property
    def time(self) -> str:
        """When it was made, in UTC: 2026-11-25T08:30:00Z."""
        return _time(self.at)


def read_checkpoint(untrusted: bytes) -> Checkpoint:
    """Return the checkpoint in a document, its signature not looked at yet. Raises Malformed."""
    fields = read_object(untrusted, LARGEST_CHECKPOINT, most_containers=1)
    fields.exactly("candour_checkpoint", _FORMAT)
    point = TrailPoint(
        fields.hex_id("desk"),
        fields.integer("number", _MOST_RECORDS, least=1),
        bytes.fromhex(fields.sha256("chain")),
    )
    at = _read_time(fields)
    given_to = fields.text("for", LONGEST_NAME) if fields.holds("for") else ""
    check_name(given_to)
    signer = read_public_key(fields.text("signer", 64))
    signature = fields.text("signature", 128)
    fields.end()
    if not _SIGNATURE.match(signature):
        raise Malformed("signature must be 128 hexadecimal digits")
    checkpoint = Checkpoint(point, at, signer, bytes.fromhex(signature), given_to)
    # Another order, a space more: two files that look unlike and mean the same would be one too many to compare.
    if checkpoint.to_document() != untrusted:
        raise Malformed("it is not spelt as a checkpoint is")
    return checkpoint


def check_name(given_to: str) -> None:
    """Raise Malformed unless it can be the name of whom a checkpoint is given to; empty: nobody is named."""
    if len(given_to) > LONGEST_NAME or not given_to.isprintable() or given_to != given_to.strip():
        raise Malformed(f"a name is one line of at most {LONGEST_NAME} characters, without space around it")


def read_public_key(untrusted: str) -> bytes:
    """Return a signer's public key from its 64 hexadecimal digits. Raises Malformed."""
    if not _PUBLIC.match(untrusted):
        raise Malformed("a signer's public key is 64 hexadecimal digits, 0 to 9 and a to f")
    return bytes.fromhex(untrusted)


def _fields(point: TrailPoint, at: int, signer: bytes, given_to: str) -> dict[str, Any]:
    return {
        "candour_checkpoint": _FORMAT,
        "desk": point.desk,
        "number": point.number,
        "chain": point.chain.hex(),
        "time": _time(at),
        **({"for": given_to} if given_to else {}),
        "signer": signer.hex(),
    }


def _signed_bytes(point: TrailPoint, at: int, signer: bytes, given_to: str) -> bytes:
    return _SIGNED + write_object(_fields(point, at, signer, given_to))


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(_TIME)


def _read_time(fields: Fields) -> int:
    found = fields.text("time", 20)
    try:
        return int(datetime.strptime(found, _TIME).replace(tzinfo=UTC).timestamp())
    except ValueError as reason:
        raise Malformed("time must look like 2026-11-25T08:30:00Z") from reason
