"""Which of the secret keys in a GnuPG home opens a message that does not say whose it is.

While an intake key and the one before it are both there, gpg would try one after the other and open the message, and
yet end as if it had failed: the first that does not fit counts as an error (GnuPG 2.2.40). So it is told which to take.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from keys.openpgp import close_on_exec_pipe, run_gpg, told_by_gpg

SECRETS = "private-keys-v1.d"
_PARTS_OF_ONE_KEY = 2  # what certifies, and what decrypts
_HEAD_BYTES = 8 * 1024  # holds the packet with the session key, which comes first


@dataclass(frozen=True)
class Secret:
    """A secret key in a home: its primary fingerprint, and the names of the files in which its parts lie."""

    fingerprint: str
    files: tuple[str, ...]


def secrets_of(home: Path) -> list[Secret]:
    """Return the secret keys in a home, in the order in which they came there. Raises OpenPGPFailed."""
    found: list[Secret] = []
    fingerprint, files = "", list[str]()
    listing = run_gpg([*home_arguments(home), "--with-colons", "--with-keygrip", "--list-secret-keys"])
    for line in [*listing.decode("utf-8", "replace").splitlines(), "sec"]:
        column = line.split(":")
        if column[0] == "sec":
            if fingerprint:
                found.append(Secret(fingerprint, tuple(files)))
            fingerprint, files = "", []
        elif column[0] == "fpr" and not fingerprint:
            fingerprint = column[9]
        elif column[0] == "grp":
            files.append(f"{column[9]}.key")
    return found


def try_arguments(home: Path, passphrase: str, sealed: int) -> list[str]:
    """Return what to tell gpg so that it takes the key that fits the message at the descriptor `sealed`.

    Nothing where there is one key alone, or where none fits: gpg then says so itself. Raises OpenPGPFailed.
    """
    if len(list((home / SECRETS).glob("*.key"))) <= _PARTS_OF_ONE_KEY:
        return []
    told = _told(home, passphrase, os.pread(sealed, _HEAD_BYTES, 0))
    # The part that fitted, and the key that it is a part of (GnuPG doc/DETAILS).
    fitting = [words[2] for words in told if words[0] == "DECRYPTION_KEY" and len(words) > 2]
    return ["--try-secret-key", fitting[0]] if fitting else []


def home_arguments(home: Path) -> list[str]:
    """Return what every gpg that works in a home is told."""
    return ["--homedir", str(home), "--no-auto-check-trustdb", "--trust-model", "always", "--quiet"]


def _told(home: Path, passphrase: str, head: bytes) -> list[list[str]]:
    """Return gpg's status lines about the beginning of a message, with every key of the home tried."""
    reading = close_on_exec_pipe(passphrase.encode("ascii") + b"\n")
    try:
        # The beginning of what somebody wrote goes nowhere: nobody looks at it here.
        asked = ["--pinentry-mode", "loopback", "--passphrase-fd", str(reading), "--yes", "--output", "/dev/null"]
        return told_by_gpg([*home_arguments(home), *asked, "--decrypt"], head, (reading,))
    finally:
        os.close(reading)
