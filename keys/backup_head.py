"""The head of a backup: what may be known of it without any key, the key of its content, sealed, and who made it.

    candour backup 1 LF | length, 4 bytes | document, JSON | signature, 64 bytes | content (keys.backup_stream)

Rules:
- The content's key is drawn for this backup, sealed to the recovery key (HPKE), and bound to what the document says.
- The signature (Ed25519, RFC 8032) is the host's: anybody can seal to a public key. It covers everything before it, the
  sealed key too, and so the content: nobody but the host and the custodians ever had that key.
- It says who signed. Whoever restores must know from elsewhere which signer to expect.
- The document tells the kind of host, the version, and the day. No name, no size, no time of day.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keys.errors import BackupNewer, Malformed, SealBroken, SignatureBroken
from keys.hpke import Purpose, SecretKey, seal
from keys.spoken import spoken_fingerprint
from keys.strict_json import read_object, write_object

FORMAT = 1
KEY_SIZE = 32
SIGNING_KEY_SIZE = 32
_MAGIC = re.compile(rb"candour backup ([1-9][0-9]{0,5})\n")
_LONGEST_MAGIC = 32  # bytes
_LENGTH = 4
_LONGEST_DOCUMENT = 8192  # bytes
_SIGNATURE = 64
_SIGNED = b"candour v1 backup head\x00"
_PURPOSE = "candour v1 backup key"
_LONGEST_WORD = 64  # characters


class HostKind(StrEnum):
    """Which host a backup is of, as the programs are called."""

    DROP = "candour-drop"
    DESK = "candour-desk"


class BackupSigner:
    """A host's key for signing backups; `spoken` are the six groups that stand on paper."""

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes. Raises Malformed for any other number of them."""
        if len(secret) != SIGNING_KEY_SIZE:
            raise Malformed(f"a signing key has {SIGNING_KEY_SIZE} bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = self._key.public_key().public_bytes_raw()
        self.spoken = spoken_fingerprint(self.public)

    def sign(self, content: bytes) -> bytes:
        """Return the signature."""
        return self._key.sign(_SIGNED + content)


@dataclass(frozen=True)
class About:
    """What a backup says of itself: the host, the version of the program, the day; and whose keys it is under."""

    host: HostKind
    program: str
    day: str
    recovery: str
    signer: bytes

    @property
    def signed_by(self) -> str:
        """The signer in six groups."""
        return spoken_fingerprint(self.signer)

    def fields(self) -> dict[str, object]:
        """Return it as it stands in the document."""
        return {
            "host": self.host.value,
            "program": self.program,
            "day": self.day,
            "recovery": self.recovery,
            "signer": self.signer.hex(),
        }

    def purpose(self) -> Purpose:
        """Return what the sealed key is for: this backup and no other."""
        return Purpose(_PURPOSE, write_object(self.fields()))


@dataclass(frozen=True)
class BackupHead:
    """A head as it was read, its signature checked: made by whoever `about.signer` is."""

    about: About
    raw: bytes = field(repr=False)
    sealed_key: bytes = field(repr=False)

    @classmethod
    def read(cls, backup: IO[bytes]) -> Self:
        """Read the head, and leave the file where the content begins.

        Raises Malformed if it is no backup, BackupNewer if a later version made it, SignatureBroken if it was altered.
        """
        magic = backup.readline(_LONGEST_MAGIC)
        found = _MAGIC.fullmatch(magic)
        if found is None:
            raise Malformed("not a backup of Candour")
        if int(found[1]) != FORMAT:
            raise BackupNewer("a backup of a later format")
        length = backup.read(_LENGTH)
        size = int.from_bytes(length, "big")
        if size > _LONGEST_DOCUMENT:
            raise Malformed("the head of the backup is too long")
        document, signature = backup.read(size), backup.read(_SIGNATURE)
        about, sealed_key = _read_document(document)
        signed = magic + length + document
        try:
            Ed25519PublicKey.from_public_bytes(about.signer).verify(signature, _SIGNED + signed)
        except (InvalidSignature, ValueError):
            raise SignatureBroken("the head of the backup was altered") from None
        return cls(about, signed + signature, sealed_key)

    def open_key(self, recovery: SecretKey) -> bytes:
        """Return the key of the content. Raises SealBroken if this is not the recovery key it was sealed to."""
        key = recovery.open(self.sealed_key, self.about.purpose())
        if len(key) != KEY_SIZE:
            raise SealBroken("the key of a backup has another size")
        return key


def make_head(about: About, recovery_public: bytes, signer: BackupSigner) -> tuple[bytes, bytes]:
    """Return the head of a new backup, and the key of its content: to be kept until it is verified, and no longer."""
    key = secrets.token_bytes(KEY_SIZE)
    sealed = seal(recovery_public, key, about.purpose())
    document = write_object({**about.fields(), "sealed_key": base64.b64encode(sealed).decode("ascii")})
    signed = b"candour backup %d\n" % FORMAT + len(document).to_bytes(_LENGTH, "big") + document
    return signed + signer.sign(signed), key


def _read_document(untrusted: bytes) -> tuple[About, bytes]:
    fields = read_object(untrusted, _LONGEST_DOCUMENT)
    about = About(
        host=HostKind(fields.one_of("host", frozenset(HostKind))),
        program=fields.text("program", _LONGEST_WORD),
        day=fields.day("day"),
        recovery=fields.text("recovery", _LONGEST_WORD),
        signer=bytes.fromhex(fields.sha256("signer")),
    )
    try:
        sealed = base64.b64decode(fields.text("sealed_key", _LONGEST_DOCUMENT), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("the sealed key of the backup is not Base64") from None
    fields.end()
    return about, sealed
