"""The intake public key: may the source host seal to it? Each way in which it may not has its own sentence.

Checked with gpg itself (`--show-keys`), so that what is judged is what gpg will use.
"""

from dataclasses import dataclass
from gettext import gettext as _
from math import inf
from pathlib import Path

from keys.errors import IntakeKeyUnusable, OpenPGPFailed
from keys.key_listing import LEAST_RSA_BITS, KeyListing, KeyPart, list_key

LARGEST_KEY_FILE = 256 * 1024  # bytes


@dataclass(frozen=True)
class IntakeKey:
    """A usable intake public key: its file, and the fingerprint in 40 hexadecimal digits."""

    path: Path
    fingerprint: str

    def spoken_fingerprint(self) -> str:
        """Return the fingerprint in groups of four, as people compare it aloud."""
        return spoken(self.fingerprint)


def load_intake_key(path: Path) -> IntakeKey:
    """Return the key in `path` if letters may be sealed to it. Raises IntakeKeyUnusable with the reason."""
    if not path.is_file():
        raise IntakeKeyUnusable(
            _("The intake key is missing: {path} does not exist. Run candour-drop init.").format(path=path)
        )
    if path.stat().st_size > LARGEST_KEY_FILE:
        raise IntakeKeyUnusable(_("The intake key file is far too large to be a key."))
    return IntakeKey(path, read_intake_key(path.read_bytes()))


def read_intake_key(key: bytes) -> str:
    """Return the fingerprint of a key, armoured or not, if letters may be sealed to it. Raises IntakeKeyUnusable."""
    if len(key) > LARGEST_KEY_FILE:
        raise IntakeKeyUnusable(_("The intake key file is far too large to be a key."))
    listing = _listing(key)
    _judge(listing.parts)
    return listing.fingerprint


def fingerprint_of(key: bytes) -> str:
    """Return the fingerprint of the first key in `key`, usable or not; empty if there is none."""
    try:
        return list_key(key[:LARGEST_KEY_FILE]).fingerprint
    except OpenPGPFailed:
        return ""


def spoken(fingerprint: str) -> str:
    """Return 40 hexadecimal digits in groups of four, as people compare them aloud."""
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))


def first_moment(path: Path) -> int:
    """Return when the key in `path` was made, in Unix seconds. Raises IntakeKeyUnusable."""
    return int(_listing(path.read_bytes()).parts[0].created)


def last_moment(path: Path) -> int | None:
    """Return until when letters can be sealed to the key in `path`, in Unix seconds; None for ever. Raises as above."""
    return _last_of(_listing(path.read_bytes()).parts)


def last_moment_of(key: bytes) -> int | None:
    """Return the same of a public key that is at hand. Raises OpenPGPFailed; it is not judged otherwise."""
    return _last_of(list_key(key).parts)


def _last_of(parts: tuple[KeyPart, ...]) -> int | None:
    primary = [part for part in parts if part.kind == "pub"]
    encrypting = [part for part in parts if "e" in part.capabilities and not part.is_over]
    # gpg takes the one that lasts longest; none lasts longer than the primary key.
    ends = [max(_ends(part) for part in some) for some in (primary, encrypting) if some]
    return int(end) if ends and (end := min(ends)) != inf else None


def _ends(part: KeyPart) -> float:
    return int(part.expires) if part.expires.isdigit() else inf


def _judge(parts: tuple[KeyPart, ...]) -> None:
    if any(part.is_secret for part in parts):
        raise IntakeKeyUnusable(
            _("The intake key file holds a SECRET key. Take it off this host at once; only the public one goes here.")
        )
    primaries = [part for part in parts if part.kind == "pub"]
    if len(primaries) != 1:
        raise IntakeKeyUnusable(_("The intake key file must hold exactly one public key."))
    if primaries[0].validity == "r":
        raise IntakeKeyUnusable(_("The intake key is revoked. Ask the reviewers for the new one."))
    if primaries[0].validity == "e":
        raise IntakeKeyUnusable(_("The intake key has expired. Ask the reviewers for a new or prolonged one."))
    encrypting = [part for part in parts if "e" in part.capabilities]
    if not encrypting:
        raise IntakeKeyUnusable(_("The intake key has no part that can encrypt, so nothing can be sealed to it."))
    if all(part.validity == "r" for part in encrypting):
        raise IntakeKeyUnusable(_("The encryption part of the intake key is revoked. Ask the reviewers for a new one."))
    if all(part.validity in ("e", "r") for part in encrypting):
        raise IntakeKeyUnusable(_("The encryption part of the intake key has expired. Ask for a new one."))
    usable = [part for part in encrypting if not part.is_over]
    # gpg chooses among the usable subkeys by itself, so a single weak one is one too many.
    if not usable or not all(part.is_strong for part in [primaries[0], *usable]):
        raise IntakeKeyUnusable(
            _("The intake key is too weak. Use Curve25519, or RSA of at least {bits} bits.").format(bits=LEAST_RSA_BITS)
        )


def _listing(key: bytes) -> KeyListing:
    try:
        listing = list_key(key)
    except OpenPGPFailed as reason:
        raise IntakeKeyUnusable(
            _("The intake key file is not an OpenPGP key: {why}").format(why=reason.diagnosis)
        ) from reason
    if not listing.parts:
        raise IntakeKeyUnusable(_("The intake key file holds no OpenPGP key."))
    return listing
