"""The intake secret key, on the reviewer host alone: making it, opening what was sealed to it, exporting it.

- Curve25519 (an Ed25519 key that certifies, a Cv25519 subkey that decrypts), made by gpg through python-gnupg.
- Its passphrase is 256 random bits, so the S2K count can be the least: guessing 256 bits is no cheaper
  with it, and the default count costs 0.35 to 1 s at every opening (docs/adr/0002).
- The preferences name AES-256 and no AEAD mode of later drafts, so that every gpg since 2.1 opens the letters.
- The agent forgets at once: the passphrase travels through a pipe with every opening.
"""

import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import gnupg

from keys.errors import OpenPGPFailed
from keys.intake_trial import secrets_of, try_arguments
from keys.message_shape import HEAD_BYTES, check_shape
from keys.openpgp import LONGEST_DIAGNOSIS, close_on_exec_pipe, diagnosis, gpg_program, start_gpg

PASSPHRASE_BYTES = 32
# A letter opens in milliseconds; a machine under load may take a hundred times as long.
LETTER_SECONDS = 30.0
_SLACK = 64 * 1024  # so that it is we who notice, and say so
USER_ID = "Candour intake"
_MAKING_CONF = "s2k-count 65536\nallow-loopback-pinentry\n"
_AGENT_CONF = _MAKING_CONF + "default-cache-ttl 0\nmax-cache-ttl 0\n"
_PREFERENCES = "AES256 SHA512 SHA256 Uncompressed"
_KEY_PARAMETERS = """Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: cert
Subkey-Type: ECDH
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Name-Real: {user_id}
Preferences: {preferences}
Expire-Date: {expiry}
Passphrase: {passphrase}
%commit
"""


def new_passphrase() -> str:
    """Return 256 random bits in hexadecimal: the passphrase of an intake key."""
    return secrets.token_hex(PASSPHRASE_BYTES)


def make_intake_key(home: Path, passphrase: str, expiry: str = "2y") -> str:
    """Make an intake key in a GnuPG home, new unless it is there; return its fingerprint. Raises OpenPGPFailed."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A key is signed after it was made, with the passphrase that the agent still knows. One that forgets at once has
    # forgotten by then if a second ended in between: one desk in a hundred, on a slow machine most, could not be made.
    (home / "gpg-agent.conf").write_text(_MAKING_CONF, "ascii")
    # An agent that runs here already, for the keys before this one, has not read that, and forgets at once.
    stop_agent(home)
    try:
        made = _python_gnupg(home).gen_key(
            _KEY_PARAMETERS.format(user_id=USER_ID, preferences=_PREFERENCES, expiry=expiry, passphrase=passphrase)
        )
    finally:
        (home / "gpg-agent.conf").write_text(_AGENT_CONF, "ascii")
        stop_agent(home)
    if not made.fingerprint:
        raise OpenPGPFailed(diagnosis(str(made.stderr).encode("utf-8", "replace")))
    return str(made.fingerprint)


def export_public(home: Path, fingerprint: str) -> str:
    """Return the armoured public key. Raises OpenPGPFailed when the home does not hold it."""
    armoured = _python_gnupg(home).export_keys(fingerprint, minimal=True)
    if not armoured:
        raise OpenPGPFailed("the intake key is not in its home")
    return str(armoured)


def export_secret(home: Path, fingerprint: str, passphrase: str) -> str:
    """Return the armoured secret key, still under its passphrase, for safe-keeping; and those before it in this home.

    Raises OpenPGPFailed.
    """
    held = [each.fingerprint for each in secrets_of(home)]
    wanted = [fingerprint, *(each for each in held if each != fingerprint)]
    # gpg would pass over a key that is not there, if it has any other.
    armoured = fingerprint in held and _python_gnupg(home).export_keys(wanted, secret=True, passphrase=passphrase)
    if not armoured:
        raise OpenPGPFailed("the intake secret key could not be exported; is the passphrase right?")
    return str(armoured)


def stop_agent(home: Path) -> None:
    """End the agent of this home, so that nothing of ours is left running."""
    gpgconf = str(Path(gpg_program()).with_name("gpgconf"))
    subprocess.run([gpgconf, "--homedir", str(home), "--kill", "all"], check=False, capture_output=True, timeout=20)


class OpeningProcess:
    """One gpg that opens a sealed message: iterate over `pieces`, then all is well, or OpenPGPFailed was raised.

    What came out before the error is unverified and must be thrown away: gpg tells of an altered message at its end.
    The message may come from a hostile host, so gpg gets `longest` bytes of output and `seconds` of time, and its
    complaints go where they cannot fill a pipe that nobody reads.
    """

    def __init__(self, home: Path, passphrase: str, sealed: IO[bytes], *, longest: int, seconds: float) -> None:
        # Past Python's buffer: gpg reads on from where the descriptor stands.
        check_shape(os.pread(sealed.fileno(), HEAD_BYTES, 0))
        which = try_arguments(home, passphrase, sealed.fileno())
        self._complaints = os.memfd_create("gpg-complaints")
        passphrase_fd = close_on_exec_pipe(passphrase.encode("ascii") + b"\n")
        try:
            self._process = start_gpg(
                [
                    *("--homedir", str(home), "--no-auto-check-trustdb", "--trust-model", "always", "--quiet"),
                    *("--pinentry-mode", "loopback", "--passphrase-fd", str(passphrase_fd)),
                    *("--max-output", str(longest), *which, "--decrypt"),
                ],
                stdin=sealed,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                pass_fds=(passphrase_fd,),
            )
        except BaseException:
            os.close(self._complaints)
            raise
        finally:
            os.close(passphrase_fd)
        self._end = threading.Timer(seconds, self._process.kill)
        self._end.daemon = True
        self._end.start()

    def __enter__(self) -> "OpeningProcess":
        return self

    def pieces(self, size: int = 256 * 1024) -> Iterator[bytes]:
        """Yield the plaintext in pieces of at most `size` bytes. Raises OpenPGPFailed at the end if gpg objects."""
        assert self._process.stdout is not None  # noqa: S101  (asked for a pipe above)
        while piece := self._process.stdout.read(size):
            yield piece
        if self._process.wait() != 0:
            raise OpenPGPFailed(diagnosis(os.pread(self._complaints, LONGEST_DIAGNOSIS, 0)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.cancel()
        if self._process.poll() is None:
            self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()
        os.close(self._complaints)


def open_bytes(home: Path, passphrase: str, sealed: IO[bytes], longest: int, seconds: float = LETTER_SECONDS) -> bytes:
    """Return a whole sealed message of at most `longest` bytes. Raises OpenPGPFailed."""
    parts: list[bytes] = []
    total = 0
    with OpeningProcess(home, passphrase, sealed, longest=longest + _SLACK, seconds=seconds) as process:
        for piece in process.pieces():
            total += len(piece)
            if total > longest:
                raise OpenPGPFailed(f"the message opens to more than {longest} bytes")
            parts.append(piece)
    return b"".join(parts)


@contextmanager
def agent_running(home: Path) -> Iterator[None]:
    """Keep the home's agent for as long as the context lasts, and end it afterwards."""
    try:
        yield
    finally:
        stop_agent(home)


def _python_gnupg(home: Path) -> gnupg.GPG:
    return gnupg.GPG(gpgbinary=gpg_program(), gnupghome=str(home), options=["--no-options"])
