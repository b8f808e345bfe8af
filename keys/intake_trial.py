"""Which of the secret keys in a GnuPG home opens a message that does not say whose it is.

While an intake key and the one before it are both there, gpg would try one after the other and open the message, and
yet end as if it had failed: the first that does not fit counts as an error (GnuPG 2.2.40). So it is told which to take.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from keys.openpgp import close_on_exec_pipe, run_gpg, start_gpg

SECRETS = "private-keys-v1.d"
_PARTS_OF_ONE_KEY = 2  # what certifies, and what decrypts
_HEAD_BYTES = 8 * 1024  # holds the packet with the session key, which comes first
# The part that fitted, and the key that it is a part of (GnuPG doc/DETAILS).
_FITS = re.compile(rb"^\[GNUPG:\] DECRYPTION_KEY [0-9A-F]{40} ([0-9A-F]{40}) ", re.MULTILINE)


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
    found = _FITS.search(told)
    return [] if found is None else ["--try-secret-key", found[1].decode("ascii")]


def home_arguments(home: Path) -> list[str]:
    """Return what every gpg that works in a home is told."""
    return ["--homedir", str(home), "--no-auto-check-trustdb", "--trust-model", "always", "--quiet"]


def _told(home: Path, passphrase: str, head: bytes) -> bytes:
    """Return gpg's status lines about the beginning of a message, with every key of the home tried."""
    reading = close_on_exec_pipe(passphrase.encode("ascii") + b"\n")
    told = os.memfd_create("gpg-status")
    try:
        asked = ["--pinentry-mode", "loopback", "--passphrase-fd", str(reading), "--status-fd", str(told), "--decrypt"]
        with start_gpg(
            [*home_arguments(home), *asked],
            stdin=subprocess.PIPE,
            # The beginning of what somebody wrote: nobody looks at it here.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(reading, told),
        ) as process:
            process.communicate(head)
        return os.pread(told, os.fstat(told).st_size, 0)
    finally:
        os.close(reading)
        os.close(told)
