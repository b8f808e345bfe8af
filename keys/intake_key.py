"""The intake public key: may the source host seal to it? Each way in which it may not has its own sentence.

Checked with gpg itself (`--show-keys`), so that what is judged is what gpg will use.
"""

import tempfile
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

from keys.errors import IntakeKeyUnusable, OpenPGPFailed
from keys.openpgp import run_gpg

LARGEST_KEY_FILE = 256 * 1024  # bytes
# NIST SP 800-57 part 1 rev. 5: 128 bits of security, which RSA reaches at 3,072 bits.
LEAST_RSA_BITS = 3072
_RSA = frozenset({"1", "2"})
_ECDH = "18"
_STRONG_CURVES = frozenset({"cv25519", "cv448", "nistp256", "nistp384", "nistp521", "brainpoolP256r1"})


@dataclass(frozen=True)
class IntakeKey:
    """A usable intake public key: its file, and the fingerprint in 40 hexadecimal digits."""

    path: Path
    fingerprint: str

    def spoken_fingerprint(self) -> str:
        """Return the fingerprint in groups of four, as people compare it aloud."""
        return " ".join(self.fingerprint[i : i + 4] for i in range(0, len(self.fingerprint), 4))


@dataclass(frozen=True)
class _Record:
    """One line of gpg's colon listing (GnuPG doc/DETAILS): the fields that matter here."""

    kind: str
    validity: str
    bits: int
    algorithm: str
    capabilities: str
    curve: str


def load_intake_key(path: Path) -> IntakeKey:
    """Return the key in `path` if letters may be sealed to it. Raises IntakeKeyUnusable with the reason."""
    if not path.is_file():
        raise IntakeKeyUnusable(
            _("The intake key is missing: {path} does not exist. Run candour-drop init.").format(path=path)
        )
    if path.stat().st_size > LARGEST_KEY_FILE:
        raise IntakeKeyUnusable(_("The intake key file is far too large to be a key."))
    records, fingerprint = _listing(path)
    _judge(records)
    return IntakeKey(path, fingerprint)


def _judge(records: list[_Record]) -> None:
    if any(record.kind in ("sec", "ssb") for record in records):
        raise IntakeKeyUnusable(
            _("The intake key file holds a SECRET key. Take it off this host at once; only the public one goes here.")
        )
    primaries = [record for record in records if record.kind == "pub"]
    if len(primaries) != 1:
        raise IntakeKeyUnusable(_("The intake key file must hold exactly one public key."))
    if primaries[0].validity == "r":
        raise IntakeKeyUnusable(_("The intake key is revoked. Ask the reviewers for the new one."))
    if primaries[0].validity == "e":
        raise IntakeKeyUnusable(_("The intake key has expired. Ask the reviewers for a new or prolonged one."))
    encrypting = [record for record in records if "e" in record.capabilities]
    if not encrypting:
        raise IntakeKeyUnusable(_("The intake key has no part that can encrypt, so nothing can be sealed to it."))
    if all(record.validity == "r" for record in encrypting):
        raise IntakeKeyUnusable(_("The encryption part of the intake key is revoked. Ask the reviewers for a new one."))
    if all(record.validity in ("e", "r") for record in encrypting):
        raise IntakeKeyUnusable(_("The encryption part of the intake key has expired. Ask for a new one."))
    usable = [record for record in encrypting if record.validity not in ("e", "r", "i", "d", "n")]
    # gpg chooses among the usable subkeys by itself, so a single weak one is one too many.
    if not usable or not all(_is_strong(record) for record in [primaries[0], *usable]):
        raise IntakeKeyUnusable(
            _("The intake key is too weak. Use Curve25519, or RSA of at least {bits} bits.").format(bits=LEAST_RSA_BITS)
        )


def _is_strong(record: _Record) -> bool:
    if record.algorithm in _RSA:
        return record.bits >= LEAST_RSA_BITS
    if record.algorithm == _ECDH:
        return record.curve in _STRONG_CURVES
    # 19 ECDSA, 22 EdDSA: good for a primary key that signs; DSA (17) and Elgamal (16, 20) are refused.
    return record.algorithm in ("19", "22")


def _listing(path: Path) -> tuple[list[_Record], str]:
    with tempfile.TemporaryDirectory(prefix="candour-key-") as home:
        try:
            out = run_gpg(
                [
                    *(
                        "--homedir",
                        home,
                        "--lock-never",
                        "--no-keyring",
                        "--no-autostart",
                        "--no-auto-check-trustdb",
                    ),
                    # Not "always": gpg then fails for want of a trust database on the very keys that are revoked or
                    # expired, and the administrator would read of a database instead of the key.
                    *("--trust-model", "direct", "--quiet", "--with-colons", "--show-keys", str(path)),
                ]
            )
        except OpenPGPFailed as reason:
            raise IntakeKeyUnusable(
                _("The intake key file is not an OpenPGP key: {why}").format(why=reason.diagnosis)
            ) from reason
    records: list[_Record] = []
    fingerprint = ""
    for line in out.decode("utf-8", "replace").splitlines():
        column = line.split(":")
        if column[0] in ("pub", "sub", "sec", "ssb"):
            bits = int(column[2]) if column[2].isdigit() else 0
            # Lower-case letters are what this key itself can do; upper-case ones, what some subkey can.
            own = "".join(letter for letter in column[11] if letter.islower())
            records.append(_Record(column[0], column[1], bits, column[3], own, column[16]))
        elif column[0] == "fpr" and not fingerprint:
            fingerprint = column[9]
    if not records:
        raise IntakeKeyUnusable(_("The intake key file holds no OpenPGP key."))
    return records, fingerprint
