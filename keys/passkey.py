"""Passkeys (WebAuthn level 3): the one door to Yubico's `fido2`, which reads and judges what a browser brings.

- The browser's answer is JSON of our own, strict and short; what is inside it is judged by the library.
- Judged are: kind of answer, origin, challenge, RP id, that a person was present *and* was recognised by the
  authenticator (PIN, finger, face), the signature, and the sign counter wherever one is kept.
- Attestation is not asked for: which make of authenticator somebody has is no concern of the desk.
"""

import base64
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256, CoseKey
from fido2.server import Fido2Server
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

from keys.errors import Malformed, PasskeyRefused
from keys.strict_json import read_object, write_object

# COSE: EdDSA, ES256, RS256. What every authenticator has one of, in the order in which we like them.
ALGORITHMS = (-8, -7, -257)
LONGEST_ANSWER = 16 * 1024  # characters
LONGEST_LABEL = 60  # characters
_RP_NAME = "Candour desk"
_LONGEST_CREDENTIAL_ID = 1023  # bytes; WebAuthn, section 4
# A sealed passkey has one size, whatever its label and make.
_RECORD_SIZE = 4096  # bytes


@dataclass(frozen=True)
class DeskAddress:
    """The address at which the desk is open: `host` as the browser names it, `rp_id` without the port."""

    host: str
    rp_id: str

    def is_origin(self, origin: str) -> bool:
        """Tell whether this is an origin of the desk. The browser lets passkeys work in a secure context alone."""
        return origin in (f"https://{self.host}", f"http://{self.host}")


@dataclass(frozen=True)
class Passkey:
    """What is kept, to be sealed: the public half, the counter, where it works, what its owner calls it."""

    credential: AttestedCredentialData = field(repr=False)
    counter: int
    rp_id: str
    label: str
    added_at: int

    def to_bytes(self) -> bytes:
        """Return the passkey in one size, to be sealed."""
        document = write_object(
            {
                "credential": self.credential.hex(),
                "counter": self.counter,
                "rp_id": self.rp_id,
                "label": self.label,
                "added_at": self.added_at,
            }
        )
        return document.ljust(_RECORD_SIZE)

    @classmethod
    def from_bytes(cls, record: bytes) -> "Passkey":
        """Return the passkey that `to_bytes` wrote. Raises Malformed."""
        fields = read_object(record, _RECORD_SIZE)
        credential = bytes.fromhex(fields.text("credential", _RECORD_SIZE))
        passkey = cls(
            AttestedCredentialData(credential),
            fields.integer("counter", 2**32 - 1),
            fields.text("rp_id", 253),
            fields.text("label", LONGEST_LABEL),
            fields.integer("added_at", 2**40),
        )
        fields.end()
        return passkey


@dataclass(frozen=True)
class Assertion:
    """A browser's answer at sign-in, read and not judged."""

    response: AuthenticationResponse = field(repr=False)

    @property
    def credential_id(self) -> bytes:
        """Whose it says it is."""
        return self.response.raw_id

    @property
    def challenge(self) -> bytes:
        """What it says it answers."""
        return self.response.response.client_data.challenge


@dataclass(frozen=True)
class Enrolment:
    """A browser's answer with a new passkey, read and not judged."""

    response: RegistrationResponse = field(repr=False)

    @property
    def challenge(self) -> bytes:
        """What it says it answers."""
        return self.response.response.client_data.challenge


def read_assertion(untrusted: str) -> Assertion:
    """Return a browser's answer. Raises PasskeyRefused if it is none."""
    with_names = _read(untrusted, ("id", "client_data", "authenticator_data", "signature"))
    try:
        answer = AuthenticatorAssertionResponse(
            client_data=CollectedClientData(with_names["client_data"]),
            authenticator_data=AuthenticatorData(with_names["authenticator_data"]),
            signature=with_names["signature"],
        )
        return Assertion(AuthenticationResponse(raw_id=with_names["id"], response=answer))
    except Exception as reason:  # the library promises no list of what it stumbles over
        raise PasskeyRefused("not the answer of an authenticator") from reason


def read_enrolment(untrusted: str) -> Enrolment:
    """Return a browser's answer with a new passkey. Raises PasskeyRefused if it is none."""
    with_names = _read(untrusted, ("id", "client_data", "attestation"))
    try:
        answer = AuthenticatorAttestationResponse(
            client_data=CollectedClientData(with_names["client_data"]),
            attestation_object=AttestationObject(with_names["attestation"]),
        )
        return Enrolment(RegistrationResponse(raw_id=with_names["id"], response=answer))
    except Exception as reason:  # as above
        raise PasskeyRefused("not the answer of an authenticator") from reason


def check_assertion(assertion: Assertion, passkey: Passkey, address: DeskAddress) -> Passkey:
    """Return the passkey with its new counter. Raises PasskeyRefused unless the answer is this passkey's, here.

    The challenge inside the answer must have been judged before: the library compares it with itself.
    """
    try:
        _server(address).authenticate_complete(_state(assertion.challenge), [passkey.credential], assertion.response)
    except Exception as reason:
        raise PasskeyRefused("not an answer of this passkey at this address") from reason
    counter = assertion.response.response.authenticator_data.counter
    # Zero for ever is a passkey that is kept in step on several devices (WebAuthn, section 6.1.1).
    if (counter or passkey.counter) and counter <= passkey.counter:
        raise PasskeyRefused("this passkey has counted on elsewhere: there is a copy of it")
    return replace(passkey, counter=counter)


def check_enrolment(enrolment: Enrolment, address: DeskAddress, label: str, now: int) -> Passkey:
    """Return the new passkey. Raises PasskeyRefused unless it was made for this address. Challenge as above."""
    try:
        made = _server(address).register_complete(_state(enrolment.challenge), enrolment.response)
        credential = made.credential_data
    except Exception as reason:
        raise PasskeyRefused("not a passkey made at this address") from reason
    if credential is None or credential.credential_id != enrolment.response.raw_id:
        raise PasskeyRefused("the answer names another passkey than it holds")
    if credential.public_key.get(3) not in ALGORITHMS or len(credential.credential_id) > _LONGEST_CREDENTIAL_ID:
        raise PasskeyRefused("the passkey is of a kind that was not asked for")
    passkey = Passkey(credential, made.counter, address.rp_id, label, now)
    if len(passkey.to_bytes()) > _RECORD_SIZE:
        raise PasskeyRefused("the passkey is larger than any should be")
    return passkey


def stand_in_passkey(credential_id: bytes) -> Passkey:
    """Return a passkey that nobody has: the same work for an account that has none of this id."""
    credential = AttestedCredentialData.create(Aaguid.NONE, credential_id[:_LONGEST_CREDENTIAL_ID], _NOBODYS)
    return Passkey(credential, 0, "", "", 0)


def _read(untrusted: str, names: tuple[str, ...]) -> dict[str, bytes]:
    if len(untrusted) > LONGEST_ANSWER:
        raise PasskeyRefused("longer than any authenticator's answer")
    try:
        fields = read_object(untrusted.encode("utf-8", "replace"), LONGEST_ANSWER)
        found = {name: _bytes(fields.text(name, LONGEST_ANSWER)) for name in names}
        fields.end()
    except (Malformed, ValueError) as reason:
        raise PasskeyRefused("not what our script sends") from reason
    return found


def _bytes(base64url: str) -> bytes:
    return base64.b64decode(base64url + "=" * (-len(base64url) % 4), altchars=b"-_", validate=True)


def _server(address: DeskAddress) -> Fido2Server:
    rp = PublicKeyCredentialRpEntity(id=address.rp_id, name=_RP_NAME)
    return Fido2Server(rp, verify_origin=address.is_origin)


def _state(challenge: bytes) -> dict[str, Any]:
    spelt = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii")
    # Required, not preferred: without it whoever picks up a key that lies about has the second factor.
    return {"challenge": spelt, "user_verification": UserVerificationRequirement.REQUIRED}


def _nobodys_key() -> CoseKey:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key: CoseKey = ES256.from_cryptography_key(public)  # type: ignore[no-untyped-call]  # fido2 says no types here
    return key


_NOBODYS = _nobodys_key()
