"""The OpenPGP public key of somebody outside the desk, to whom a case may be sealed: judged by gpg's own listing.

No key is kept in any keyring, and nothing is believed of it but what it can do: whose it is, two people find out who
read the fingerprint to each other.
"""

import hmac
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from keys.armoured_key import read_armoured_key
from keys.errors import OpenPGPFailed, RecipientKeyRefused, RefusedKey
from keys.key_listing import KeyListing, KeyPart, list_key

# Four groups of four: 64 bits. Keys whose last eight digits are those of another are made in seconds ("Evil 32", 2014).
COMPARED_DIGITS = 16
MOST_USER_IDS = 10
LONGEST_USER_ID = 200  # characters
_ALGORITHMS = {"1": "RSA", "2": "RSA", "18": "ECDH", "19": "ECDSA", "22": "EdDSA"}


@dataclass(frozen=True)
class RecipientKey:
    """A public key that a case may be sealed to. `packets` are what gpg gets; `user_ids` are its maker's own words.

    `expires_on` is a day, YYYY-MM-DD, or empty for never. `algorithm` is of the part that encrypts.
    """

    packets: bytes = field(repr=False)
    fingerprint: str
    user_ids: tuple[str, ...]
    algorithm: str
    expires_on: str

    @classmethod
    def read(cls, untrusted_text: str) -> Self:
        """Return the one usable public key in an armoured text. Raises RecipientKeyRefused."""
        packets = read_armoured_key(untrusted_text)
        try:
            listing = list_key(packets)
        except OpenPGPFailed as reason:
            raise RecipientKeyRefused(RefusedKey.NO_KEY) from reason
        usable = _judge(listing)
        expiries = [int(part.expires) for part in (listing.parts[0], *usable) if part.expires.isdigit()]
        return cls(
            packets=packets,
            fingerprint=listing.fingerprint,
            user_ids=tuple(_plain(each) for each in listing.user_ids[:MOST_USER_IDS]),
            algorithm=" + ".join(dict.fromkeys(_algorithm(part) for part in usable)),
            expires_on=_day(min(expiries)) if expiries else "",
        )

    @property
    def groups(self) -> tuple[str, ...]:
        """The fingerprint in groups of four, as people compare it aloud."""
        return tuple(self.fingerprint[i : i + 4] for i in range(0, len(self.fingerprint), 4))

    def ends_with(self, untrusted_typed: str) -> bool:
        """Tell whether somebody typed the last four groups of the fingerprint, with whatever between them."""
        typed = "".join(char for char in untrusted_typed.upper() if char.isalnum() and char.isascii())
        return hmac.compare_digest(typed, self.fingerprint[-COMPARED_DIGITS:])


def _judge(listing: KeyListing) -> list[KeyPart]:
    """Return the parts that would encrypt. Raises RecipientKeyRefused unless this is one key that is good for it."""
    primaries = [part for part in listing.parts if part.kind == "pub"]
    if any(part.is_secret for part in listing.parts):
        raise RecipientKeyRefused(RefusedKey.SECRET)
    if len(primaries) != 1 or not listing.fingerprint:
        raise RecipientKeyRefused(RefusedKey.SEVERAL if primaries else RefusedKey.NO_KEY)
    encrypting = [part for part in listing.parts if "e" in part.capabilities]
    if primaries[0].validity == "r" or (encrypting and all(part.validity == "r" for part in encrypting)):
        raise RecipientKeyRefused(RefusedKey.REVOKED)
    if primaries[0].validity == "e" or (encrypting and all(part.validity in ("e", "r") for part in encrypting)):
        raise RecipientKeyRefused(RefusedKey.EXPIRED)
    usable = [part for part in encrypting if not part.is_over]
    if primaries[0].is_over or not usable:
        raise RecipientKeyRefused(RefusedKey.CANNOT_ENCRYPT)
    # gpg chooses among the usable subkeys by itself, so a single weak one is one too many.
    if not all(part.is_strong for part in (primaries[0], *usable)):
        raise RecipientKeyRefused(RefusedKey.WEAK)
    return usable


def _algorithm(part: KeyPart) -> str:
    name = _ALGORITHMS.get(part.algorithm, part.algorithm)
    return f"{name} {part.curve}" if part.curve else f"{name} {part.bits}"


def _day(at: int) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return ""


def _plain(user_id: str) -> str:
    """Return words that somebody outside chose: no control or direction characters, and not a page of them."""
    return "".join(char for char in user_id if unicodedata.category(char)[0] != "C")[:LONGEST_USER_ID]
