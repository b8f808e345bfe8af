"""Real OpenPGP keys of every kind, made by gpg in a home of their own, for the tests that judge keys."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keys.intake_secret import stop_agent

LONG_AGO = "20200101T120000"


@dataclass(frozen=True)
class GpgHome:
    """A GnuPG home that makes keys without passphrases."""

    home: Path

    def run(self, *arguments: str, typed: str = "", at: str | None = None) -> bytes:
        """Run gpg in this home, at another time if wanted, and return what it prints."""
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--no-tty", "--quiet"]
        if at is not None:
            command += ["--faked-system-time", at]
        command += ["--pinentry-mode", "loopback", "--passphrase", "", "--no-auto-check-trustdb", *arguments]
        return subprocess.run(command, input=typed.encode(), capture_output=True, check=True).stdout

    def make(self, name: str, parameters: str, at: str | None = None) -> str:
        """Make a key from parameters of gpg's unattended generation; return its fingerprint."""
        self.run("--generate-key", typed=f"{parameters}\nName-Real: {name}\n%no-protection\n%commit\n", at=at)
        listing = self.run("--with-colons", "--list-keys", f"={name}").decode()
        return next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr:"))

    def public(self, *fingerprints: str) -> bytes:
        """The armoured public halves."""
        return self.run("--armor", "--export", *fingerprints)

    def secret(self, fingerprint: str) -> bytes:
        """The armoured secret half, without a passphrase."""
        return self.run("--armor", "--export-secret-keys", fingerprint)

    def revoke(self, fingerprint: str) -> None:
        """Revoke a key with the certificate that gpg made along with it."""
        path = self.home / "openpgp-revocs.d" / f"{fingerprint}.rev"
        certificate = self.home / "revocation.asc"
        # gpg puts a colon before the armour, against accidents.
        certificate.write_text(path.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.run("--import", str(certificate))

    def revoke_subkey(self, fingerprint: str) -> None:
        """Revoke the first subkey of a key."""
        self.run("--command-fd", "0", "--edit-key", fingerprint, typed="key 1\nrevkey\ny\n0\n\ny\nsave\n")


@contextmanager
def gpg_home(folder: Path) -> Iterator[GpgHome]:
    """A fresh home, whose agent is ended afterwards."""
    folder.mkdir(mode=0o700)
    try:
        yield GpgHome(folder)
    finally:
        stop_agent(folder)


CURVE25519 = (
    "Key-Type: EDDSA\nKey-Curve: ed25519\nKey-Usage: cert\n"
    "Subkey-Type: ECDH\nSubkey-Curve: cv25519\nExpire-Date: {expiry}"
)
SIGNS_ONLY = "Key-Type: EDDSA\nKey-Curve: ed25519\nKey-Usage: cert sign\nExpire-Date: 0"


def rsa(bits: int) -> str:
    """Parameters of an RSA key with an RSA subkey that encrypts."""
    return (
        f"Key-Type: RSA\nKey-Length: {bits}\nKey-Usage: cert\n"
        f"Subkey-Type: RSA\nSubkey-Length: {bits}\nSubkey-Usage: encrypt\nExpire-Date: 0"
    )


BROKEN_KEYS = (
    "empty",
    "garbage",
    "a letter, not a key",
    "huge",
    "secret",
    "two keys",
    "revoked",
    "expired",
    "no encryption subkey",
    "expired encryption subkey",
    "revoked encryption subkey",
    "RSA of 1,024 bits",
    "RSA of 2,048 bits",
    "DSA and Elgamal",
    "strong key with a weak subkey",
)
GOOD_KEYS = ("Curve25519", "RSA of 3,072 bits", "an old subkey expired, a new one good", "NIST P-256")


def make_keys(folder: Path, names: tuple[str, ...] = BROKEN_KEYS + GOOD_KEYS) -> dict[str, Path]:
    """Make a file for each named key; return where they are."""
    files: dict[str, Path] = {}
    with gpg_home(folder / "gnupg") as gpg:
        for number, name in enumerate(names):
            files[name] = folder / f"{number}.asc"
            files[name].write_bytes(_content(gpg, name))
    return files


def _content(gpg: GpgHome, name: str) -> bytes:
    match name:
        case "empty":
            return b""
        case "garbage":
            return bytes(range(256)) * 4
        case "a letter, not a key":
            return gpg.run("--passphrase", "x", "--armor", "--symmetric", typed="hello")
        case "huge":
            return b"\n" * (256 * 1024 + 1)
        case "secret":
            return gpg.secret(gpg.make(name, CURVE25519.format(expiry=0)))
        case "two keys":
            return gpg.public(*(gpg.make(f"{name} {one}", CURVE25519.format(expiry=0)) for one in "ab"))
    return gpg.public(_fingerprint(gpg, name))


def _fingerprint(gpg: GpgHome, name: str) -> str:
    match name:
        case "expired":
            return gpg.make(name, CURVE25519.format(expiry="1d"), at=LONG_AGO)
        case "RSA of 1,024 bits" | "RSA of 2,048 bits" | "RSA of 3,072 bits":
            return gpg.make(name, rsa(int(name[7:12].replace(",", ""))))
        case "DSA and Elgamal":
            return gpg.make(
                name, "Key-Type: DSA\nKey-Length: 1024\nSubkey-Type: ELG-E\nSubkey-Length: 1024\nExpire-Date: 0"
            )
        case "NIST P-256":
            return gpg.make(
                name,
                "Key-Type: ECDSA\nKey-Curve: nistp256\nKey-Usage: cert\n"
                "Subkey-Type: ECDH\nSubkey-Curve: nistp256\nExpire-Date: 0",
            )
        case "no encryption subkey":
            return gpg.make(name, SIGNS_ONLY)
        case "expired encryption subkey" | "an old subkey expired, a new one good":
            fingerprint = gpg.make(name, SIGNS_ONLY, at=LONG_AGO)
            gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "1d", at=LONG_AGO)
            if name.startswith("an old"):
                gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "0")
            return fingerprint
    fingerprint = gpg.make(name, CURVE25519.format(expiry=0))
    match name:
        case "revoked":
            gpg.revoke(fingerprint)
        case "revoked encryption subkey":
            gpg.revoke_subkey(fingerprint)
        case "strong key with a weak subkey":
            gpg.run("--quick-add-key", fingerprint, "rsa1024", "encr", "0")
    return fingerprint
