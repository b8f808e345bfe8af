"""A new intake key in a GnuPG home that keeps the old one, and the old one's signature on it. Reviewer host alone.

Rules:
- The home that is in use is never changed: everything is done in a copy, which its caller puts in the other's place.
- All secret keys of a home are under one passphrase, so that who holds it opens what was sealed to any of them; and it
  is drawn anew with each new key: what somebody who has left wrote down opens nothing that is here from then on.
- The old key gets a part that signs (intake keys certify alone), and time to be believed if its own is nearly over.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from time import time

from keys.intake_key import last_moment
from keys.intake_secret import export_public, make_intake_key, stop_agent
from keys.intake_succession import Statement, Succession, new_key_sha256
from keys.intake_trial import SECRETS, home_arguments, secrets_of
from keys.openpgp import close_on_exec_pipe, run_gpg

_KEPT = ("gpg-agent.conf", "pubring.kbx", "trustdb.gpg")
_BELIEVED_SECONDS = 60 * 24 * 60 * 60  # for the statement to reach the source host
_MONTHS_MORE = "2m"


def copy_home(home: Path, copy: Path) -> None:
    """Make a private copy of a GnuPG home, without its agent's sockets and locks. Raises OSError."""
    (copy / SECRETS).mkdir(mode=0o700, parents=True)
    copy.chmod(0o700)
    for path in [home / name for name in _KEPT] + sorted((home / SECRETS).glob("*.key")):
        if path.exists():
            shutil.copyfile(path, copy / path.relative_to(home))
            (copy / path.relative_to(home)).chmod(0o600)


def exchange_key(home: Path, old: str, passphrases: tuple[str, str], number: int, day: str) -> Statement:
    """Make a new intake key in `home`, a copy, and return the statement that the `old` one signed.

    `passphrases`: the one under which everything in `home` is, and the one under which it is from now on.
    Raises OpenPGPFailed: throw the copy away.
    """
    before, after = passphrases
    try:
        _prolong(home, old, before)
        _with_passphrase(home, before, ["--quick-add-key", old, "ed25519", "sign", "0"])
        for secret in secrets_of(home):
            _change_passphrase(home, secret.fingerprint, before, after)
        new = make_intake_key(home, after)
        new_key = export_public(home, new)
        said = Succession(number, day, old, new, new_key_sha256(new_key))
        sign = ["--armor", "--local-user", old, "--output", "-", "--detach-sign"]
        signature = _with_passphrase(home, after, sign, said.spelt().encode("ascii"))
        return Statement(said, signature.decode("ascii"), export_public(home, old), new_key)
    finally:
        stop_agent(home)


def erase_secrets(home: Path, fingerprints: Sequence[str]) -> None:
    """Erase these keys from a home: first what is secret of them, durably, then what is not. Raises OpenPGPFailed."""
    for secret in secrets_of(home):
        if secret.fingerprint in fingerprints:
            for name in secret.files:
                (home / SECRETS / name).unlink(missing_ok=True)
            _sync_folder(home / SECRETS)
            run_gpg([*home_arguments(home), "--yes", "--delete-keys", secret.fingerprint])
    stop_agent(home)


def _prolong(home: Path, old: str, passphrase: str) -> None:
    """Give the old key some weeks if it has expired, or is about to: gpg does not sign with it then."""
    public = home / "old-key.asc"
    public.write_text(export_public(home, old), "ascii")
    last = last_moment(public)
    public.unlink()
    if last is not None and last < time() + _BELIEVED_SECONDS:
        _with_passphrase(home, passphrase, ["--quick-set-expire", old, _MONTHS_MORE])


def _change_passphrase(home: Path, fingerprint: str, before: str, after: str) -> None:
    # gpg asks for each, in this order, and takes them from its command pipe.
    arguments = ["--pinentry-mode", "loopback", "--command-fd", "0", "--status-fd", "2", "--change-passphrase"]
    run_gpg([*home_arguments(home), *arguments, fingerprint], f"{before}\n{after}\n".encode("ascii"))


def _with_passphrase(home: Path, passphrase: str, arguments: Sequence[str], data: bytes = b"") -> bytes:
    reading = close_on_exec_pipe(passphrase.encode("ascii") + b"\n")
    try:
        asked = [*home_arguments(home), "--pinentry-mode", "loopback", "--passphrase-fd", str(reading), *arguments]
        return run_gpg(asked, data, (reading,))
    finally:
        os.close(reading)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
