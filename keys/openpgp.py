"""The one door to GnuPG: how gpg is started, and sealing to a public key: the intake key, or a recipient's.

Measured (docs/adr/0002): `--recipient-file` needs no keyring and no agent and writes nothing but its output; it fails
closed on an expired, revoked or sign-only key. `-z 0` is five to nine times faster than gpg's default compression, and
compressed sizes would tell something of the content. python-gnupg has no call for it, so gpg is started here.

Rules:
- Hidden recipient, AES-256, no compression (DESIGN section 4).
- The clock gpg sees stands at the end of the day: the literal packet's date, sealed though it is, tells the day alone.
- Plaintext goes in through a pipe, ciphertext comes out through a file descriptor; nothing else is opened for writing.
- Few gpg start at once: starting many from threads at once is slower than one after another.
"""

import fcntl
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO

from keys.errors import OpenPGPFailed

# A home that does not exist: gpg can read and write no keyring, start no agent and leave no trace.
NO_HOME = "/nonexistent-gnupg-home"
_STARTING = threading.BoundedSemaphore(2)
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
LONGEST_DIAGNOSIS = 2_000
_PIPE_BYTES = 1024 * 1024  # the most that an unprivileged process may ask for


@cache
def gpg_program() -> str:
    """Return the path of gpg. Raises OpenPGPFailed if GnuPG is not installed."""
    found = shutil.which("gpg", path="/usr/bin:/bin:/usr/local/bin")
    if found is None:
        raise OpenPGPFailed("gpg is not installed (Debian package: gnupg)")
    return found


def start_gpg(
    arguments: Sequence[str],
    *,
    stdin: int | IO[bytes],
    stdout: int | IO[bytes],
    pass_fds: Sequence[int] = (),
    stderr: int = subprocess.PIPE,
) -> "subprocess.Popen[bytes]":
    """Start gpg in batch mode with no options file and a bare environment; diagnostics go to `stderr`."""
    command = [gpg_program(), "--batch", "--no-tty", "--no-options", "--no-random-seed-file", *arguments]
    with _STARTING:
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=_ENVIRONMENT,
            pass_fds=tuple(pass_fds),
        )


def run_gpg(arguments: Sequence[str], data: bytes = b"", pass_fds: Sequence[int] = ()) -> bytes:
    """Return what gpg prints for `data` on its standard input. Raises OpenPGPFailed unless it exits with 0."""
    with start_gpg(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=pass_fds) as process:
        out, err = process.communicate(data)
    if process.returncode != 0:
        raise OpenPGPFailed(diagnosis(err))
    return out


def told_by_gpg(arguments: Sequence[str], data: bytes, pass_fds: Sequence[int] = ()) -> list[list[str]]:
    """Return the words of each status line that gpg writes about `data` on its standard input, however it ends."""
    asked = ["--status-fd", "1", *arguments]
    with start_gpg(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=pass_fds) as process:
        out, _err = process.communicate(data)
    lines = (line.split() for line in out.decode("utf-8", "replace").splitlines())
    return [words[1:] for words in lines if len(words) > 1 and words[0] == "[GNUPG:]"]


def diagnosis(stderr: bytes) -> str:
    """Return gpg's own words, bounded and printable, for an administrator."""
    text = stderr[:LONGEST_DIAGNOSIS].decode("utf-8", "replace")
    return "; ".join(line.strip() for line in text.splitlines() if line.strip()) or "no reason given"


def seal_arguments(key: Path) -> list[str]:
    """Return the arguments that seal standard input to the key in a file."""
    # Frozen: a busy host whose gpg takes more than a second would tell of the next day, and of how busy it was.
    end_of_day = datetime.now(UTC).strftime("%Y%m%dT235959!")
    return [
        *("--homedir", NO_HOME, "--lock-never", "--no-keyring", "--no-auto-check-trustdb", "--no-autostart"),
        *("--quiet", "--trust-model", "always", "--faked-system-time", end_of_day),
        *("--compress-algo", "none", "--cipher-algo", "AES256", "--set-filename", ""),
        *("--hidden-recipient-file", str(key), "--encrypt"),
    ]


class SealingProcess:
    """One gpg that seals what is written to it, straight into an open file descriptor.

    Use as a context: leaving it without `finish` kills gpg. Memory does not grow with what is written.
    """

    def __init__(self, intake_key: Path, output: int) -> None:
        self._process = start_gpg(seal_arguments(intake_key), stdin=subprocess.PIPE, stdout=output)
        assert self._process.stdin is not None  # noqa: S101  (asked for a pipe)
        self._written = 0
        self._finished = False

    def __enter__(self) -> "SealingProcess":
        return self

    def write(self, plaintext: bytes | bytearray | memoryview) -> None:
        """Hand over the next piece. Raises OpenPGPFailed if gpg has stopped, for instance because the disk is full."""
        assert self._process.stdin is not None  # noqa: S101  (asked for a pipe above)
        before, self._written = self._written, self._written + len(plaintext)
        if before <= _PIPE_BYTES < self._written:
            self._widen(self._process.stdin)
        try:
            self._process.stdin.write(plaintext)
        except BrokenPipeError as reason:
            raise OpenPGPFailed(self._stop()) from reason

    def _widen(self, pipe: IO[bytes]) -> None:
        """Make the pipe to gpg a wide one: fewer turns between us and it, half as much again in MB/s.

        Not before a message is large: the kernel grants an ordinary user 64 MiB of pipes in all (pipe(7)), which two
        hundred trickling uploads would use up for nothing. Beyond that the small pipe serves.
        """
        with suppress(PermissionError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def finish(self) -> None:
        """End the message and wait for gpg. Raises OpenPGPFailed: the output must then be thrown away."""
        # communicate() closes the pipe and drains stderr at the same time.
        _, err = self._process.communicate()
        self._finished = True
        if self._process.returncode != 0:
            raise OpenPGPFailed(diagnosis(err))

    def _stop(self) -> str:
        self._process.kill()
        assert self._process.stderr is not None  # noqa: S101
        words = diagnosis(self._process.stderr.read(LONGEST_DIAGNOSIS))
        self._reap()
        return words

    def _reap(self) -> None:
        self._finished = True
        for stream in (self._process.stdin, self._process.stderr):
            if stream is not None:
                # What was still buffered belonged to a message that is being thrown away.
                with suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._finished:
            self._process.kill()
            self._reap()


def seal_bytes(intake_key: Path, plaintext: bytes, output: int) -> None:
    """Seal a whole message into an open file descriptor. Raises OpenPGPFailed: throw the output away then."""
    with SealingProcess(intake_key, output) as process:
        process.write(plaintext)
        process.finish()


class SealedStream:
    """One gpg that seals what `feed` writes, to a key that is in memory alone; what it gives is read in pieces.

    `feed` runs in a thread of its own, so that neither waits for the other. No file is there at any time, and memory
    does not grow. Use as a context: leaving it kills gpg and waits for the thread.
    """

    def __init__(self, key: bytes, feed: Callable[[IO[bytes]], None]) -> None:
        # The kernel's own file, with no name anywhere: gpg takes a key from a file alone.
        self._key = os.memfd_create("recipient-key")
        os.write(self._key, key)
        self._feed = feed
        self._fault: Exception | None = None
        self._process = start_gpg(
            seal_arguments(Path(f"/proc/self/fd/{self._key}")),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._key,),
        )
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def __enter__(self) -> "SealedStream":
        return self

    def pieces(self, size: int = 256 * 1024) -> Iterator[bytes]:
        """Yield the message in pieces of at most `size` bytes.

        If `feed` raised, gpg is killed before the end, and its error is raised here: what came out is then no whole
        message, and gpg says so to whoever opens it. Raises OpenPGPFailed if gpg objected.
        """
        assert self._process.stdout is not None  # noqa: S101  (asked for a pipe)
        while piece := self._process.stdout.read1(size):  # type: ignore[attr-defined]  # a BufferedReader
            yield piece
        self._thread.join()
        if self._fault is not None:
            raise self._fault
        if self._process.wait() != 0:
            raise OpenPGPFailed("nothing could be sealed to this key")

    def _write(self) -> None:
        assert self._process.stdin is not None  # noqa: S101  (asked for a pipe)
        try:
            with suppress(PermissionError):
                fcntl.fcntl(self._process.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            self._feed(self._process.stdin)
            self._process.stdin.close()
        except BrokenPipeError:
            self._fault = OpenPGPFailed("gpg stopped before the end")
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        except Exception as reason:  # handed to the thread that reads
            self._fault = reason
            # Before the pipe is closed: gpg would take its end for that of the message.
            self._process.kill()
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._thread.join()
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdout.close()
        self._process.wait()
        os.close(self._key)


def close_on_exec_pipe(secret: bytes) -> int:
    """Return the reading end of a pipe that holds `secret` (at most 4 KiB): for `--passphrase-fd`."""
    if len(secret) > 4096:
        raise ValueError("a pipe holds at most 4 KiB before it is read")
    reading, writing = os.pipe()
    try:
        os.write(writing, secret)
    finally:
        os.close(writing)
    return reading
