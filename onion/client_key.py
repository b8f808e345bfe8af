"""A client's key for an onion service that is not open to all (rend-spec-v3, "Client authorization", x25519).

Who has the secret half can read the service's descriptor and so knows where to knock; nobody else finds the service at
all. The two halves travel as Tor spells them: Base32 of the raw 32 bytes.
"""

import base64
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from onion.address import check_address
from onion.errors import ClientRefused
from serving.language import gettext as _

_KEY = r"[A-Z2-7]{52}"
_PUBLIC = re.compile(rf"descriptor:x25519:({_KEY})\n?\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}\Z")


@dataclass(frozen=True)
class ClientKey:
    """Both halves. `public` is for the service's host, `secret` for the client's Tor alone."""

    public: str
    secret: str = field(repr=False)

    @classmethod
    def draw(cls) -> "ClientKey":
        """Return a fresh pair."""
        key = X25519PrivateKey.generate()
        return cls(_spelt(key.public_key().public_bytes_raw()), _spelt(key.private_bytes_raw()))

    def entrance(self, address: str) -> str:
        """Return the line that a client's Tor wants for the service at `….onion` (`*.auth_private`)."""
        return f"{check_address(address).removesuffix('.onion')}:descriptor:x25519:{self.secret}\n"


def authorised(public: str) -> str:
    """Return the line that a service's Tor wants for a client's public key (`authorized_clients/*.auth`)."""
    return f"descriptor:x25519:{public}\n"


def read_public(untrusted_text: str) -> str:
    """Return the public key in such a line. Raises ClientRefused."""
    found = _PUBLIC.match(untrusted_text)
    if not found or not _is_usable(found[1]):
        raise ClientRefused(_("This is not a client's key: it must look like descriptor:x25519: and 52 letters."))
    return found[1]


def check_name(untrusted_name: str) -> str:
    """Return the name of a client if a file can have it. Raises ClientRefused."""
    if not _NAME.match(untrusted_name):
        raise ClientRefused(
            _("“{name}” is no name for a client: small letters, digits, dots, - and _, forty at most.").format(
                name=untrusted_name[:60]
            )
        )
    return untrusted_name


def _is_usable(public: str) -> bool:
    """Tell whether a key agrees on anything: over one of the few points that do not (RFC 7748, 6.1) Tor crashes."""
    try:
        raw = base64.b32decode(public + "=" * (-len(public) % 8))
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(raw))
    except ValueError:
        return False
    return True


def _spelt(raw: bytes) -> str:
    return base64.b32encode(raw).rstrip(b"=").decode("ascii")
