"""The key under which what is to be counted waits, sealed, until enough of it has come together (docs/adr/0053).

It follows from the intake key's passphrase, which intake officers open anyway: nobody holds one thing more, and
whoever cannot open the post cannot open what it was about. Any act is sealed to the public half.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.ciphertext import Ciphertext
from keys.errors import Malformed
from keys.hpke import SEED_SIZE, Purpose, SecretKey, seal

NOTE_SIZE = 512  # bytes: every note weighs as much, whatever it says
WAITING_SIZE = 8 * 1024  # bytes
_NOTE = Purpose("candour v1 figure note", b"")
_WAITING = Purpose("candour v1 figures waiting", b"")


def figures_key(passphrase: str) -> SecretKey:
    """Return the key that follows from an intake key's passphrase."""
    # Expand alone: the passphrase is 256 random bits (RFC 5869, section 3.3).
    return SecretKey(HKDFExpand(SHA256(), SEED_SIZE, b"candour v1 figures key").derive(passphrase.encode("ascii")))


def seal_note(public: bytes, document: bytes) -> Ciphertext:
    """Return a note sealed to the public half. Raises Malformed if it is too long."""
    return seal(public, _padded(document, NOTE_SIZE), _NOTE)


def open_note(key: SecretKey, sealed: bytes) -> bytes:
    """Return a note. Raises SealBroken."""
    return key.open(sealed, _NOTE).rstrip(b" ")


def seal_waiting(public: bytes, document: bytes) -> Ciphertext:
    """Return what waits, sealed to the public half. Raises Malformed if it is too long."""
    return seal(public, _padded(document, WAITING_SIZE), _WAITING)


def open_waiting(key: SecretKey, sealed: bytes) -> bytes:
    """Return what waits. Raises SealBroken."""
    return key.open(sealed, _WAITING).rstrip(b" ")


def _padded(document: bytes, size: int) -> bytes:
    if len(document) > size:
        raise Malformed(f"at most {size} bytes are sealed here")
    return document.ljust(size, b" ")
