"""Sealing to the intake key, with real gpg: it opens again, hidden recipient, AES-256, no compression, no trace."""

import fcntl
import os
import re
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keys.errors import OpenPGPFailed
from keys.openpgp import SealingProcess, close_on_exec_pipe, diagnosis, run_gpg, seal_bytes
from tests.conftest import IntakeSecret
from tests.seen_of_gpg import CANARY, children, packets, sealed_file


@pytest.mark.parametrize("size", [0, 1, 4096, 3_000_000])
def test_what_is_sealed_opens(intake_secret: IntakeSecret, tmp_path: Path, size: int) -> None:
    """Any number of bytes sealed to the intake key come back exactly, and none of them is seen in between."""
    plaintext = (CANARY * (size // len(CANARY) + 1))[:size]
    sealed = sealed_file(intake_secret, tmp_path, plaintext)
    assert CANARY not in sealed.read_bytes()
    assert intake_secret.open(sealed) == plaintext


def test_a_sealed_message_is_as_the_design_says(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """One hidden recipient, AES-256 with integrity, no compression, no file name, and a date that tells the day."""
    before = datetime.now(UTC).date()
    found = packets(intake_secret, sealed_file(intake_secret, tmp_path, b"a" * 100_000))
    after = datetime.now(UTC).date()
    assert re.findall(r":pubkey enc packet: .*keyid (\w+)", found) == ["0000000000000000"]
    assert "mdc_method: 2" in found
    assert re.search(r"AES256(\.CFB)? encrypted data", found)
    assert ":compressed packet:" not in found
    assert re.search(r'name=""', found)
    created = int(re.findall(r"created (\d+), name", found)[0])
    told = datetime.fromtimestamp(created, UTC)
    assert told.time().isoformat() == "23:59:59"
    assert before <= told.date() <= after


def test_a_slow_host_tells_the_same_time(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """gpg that is held up for more than a second, here by a key that comes late, writes no second of the next day."""
    path, slow = tmp_path / "sealed.gpg", tmp_path / "late.asc"
    os.mkfifo(slow)
    with path.open("wb") as output, SealingProcess(slow, output.fileno()) as process:
        with slow.open("wb") as key:
            time.sleep(1.2)  # a clock that went on would pass midnight
            key.write(intake_secret.public.read_bytes())
        process.write(b"a")
        process.finish()
    created = int(re.findall(r"created (\d+), name", packets(intake_secret, path))[0])
    assert datetime.fromtimestamp(created, UTC).time().isoformat() == "23:59:59"


def test_equal_sizes_seal_to_equal_sizes(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """What compresses well and what does not weigh the same when sealed: content does not show in the size."""
    sizes = {
        sealed_file(intake_secret, tmp_path, content).stat().st_size
        for content in (bytes(200_000), os.urandom(200_000))
    }
    assert len(sizes) == 1


def test_pieces_of_any_kind_are_sealed(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """Bytes, byte arrays and memory views arrive in their order."""
    path = tmp_path / "sealed.gpg"
    with path.open("wb") as output, SealingProcess(intake_secret.public, output.fileno()) as process:
        for piece in (b"one ", bytearray(b"two "), memoryview(b"three")):
            process.write(piece)
        process.finish()
    assert intake_secret.open(path) == b"one two three"


def _break_off(secret: IntakeSecret, output: int) -> None:
    """Begin a sealing and lose the sender half way."""
    with SealingProcess(secret.public, output) as process:
        process.write(b"a" * 100_000)
        raise ConnectionError


def test_leaving_without_finish_leaves_no_child(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """A sealing that is given up, or breaks off with an error, ends gpg: no child is left, dead or alive."""
    before = children()
    with (tmp_path / "given-up").open("wb") as output:
        with SealingProcess(intake_secret.public, output.fileno()) as process:
            process.write(b"a" * 100_000)
            assert children() - before
        assert children() == before
        with pytest.raises(ConnectionError):
            _break_off(intake_secret, output.fileno())
    assert children() == before


@pytest.mark.parametrize("size", [0, 10, 100_000, 5_000_000])
def test_a_full_disk_fails_the_sealing(intake_secret: IntakeSecret, size: int) -> None:
    """When the output cannot be written, OpenPGPFailed is raised, with gpg's words and none of the plaintext."""
    before = children()
    with open("/dev/full", "wb", buffering=0) as output, pytest.raises(OpenPGPFailed) as failed:
        seal_bytes(intake_secret.public, (CANARY * (size // len(CANARY) + 1))[:size], output.fileno())
    assert CANARY.decode() not in failed.value.diagnosis
    assert "No space left" in failed.value.diagnosis
    assert children() == before


def test_gpg_is_started_with_nothing_of_the_plaintext(
    intake_secret: IntakeSecret, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the arguments nor the environment of gpg hold the plaintext, or anything else of ours."""
    monkeypatch.setenv("CANDOUR_CANARY", CANARY.decode())
    before = children()
    with (tmp_path / "out").open("wb") as output, SealingProcess(intake_secret.public, output.fileno()) as process:
        # More than any pipe holds: when this returns, gpg itself is running and reading.
        process.write(CANARY * 200_000)
        (child,) = children() - before
        seen = Path(f"/proc/{child}/cmdline").read_bytes() + Path(f"/proc/{child}/environ").read_bytes()
        process.write(CANARY)
        process.finish()
    assert b"--hidden-recipient-file" in seen
    assert CANARY not in seen


def test_sealing_writes_its_output_and_nothing_else(
    intake_secret: IntakeSecret, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealing leaves no keyring, lock, home or temporary file anywhere near: only the output is there."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "GNUPGHOME", "TMPDIR"):
        monkeypatch.setenv(name, str(home))
    sealed_file(intake_secret, tmp_path, CANARY)
    assert list(home.iterdir()) == []
    assert not Path("/nonexistent-gnupg-home").exists()


def test_a_pipe_is_widened_for_a_large_message_alone(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """Small and trickling messages take no share of the pipes that the kernel grants a user; a large one does."""

    def widest() -> int:
        sizes = [0]
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                sizes.append(fcntl.fcntl(int(link.name), fcntl.F_GETPIPE_SZ))
        return max(sizes)

    before = widest()
    with (tmp_path / "sealed").open("wb") as out, SealingProcess(intake_secret.public, out.fileno()) as process:
        process.write(bytes(1024 * 1024))
        assert widest() == max(before, 65_536)
        process.write(b"x")
        assert widest() == 1024 * 1024
        process.finish()
    assert intake_secret.open(tmp_path / "sealed") == bytes(1024 * 1024) + b"x"


def test_many_sealings_at_once_need_no_privilege(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """An ordinary user may have more uploads open than the kernel grants large pipes: the rest get small ones."""
    public = tmp_path / "intake-key.asc"
    public.write_bytes(intake_secret.public.read_bytes())
    program = (
        "import fcntl, os, sys\n"
        "from pathlib import Path\n"
        "from keys.openpgp import SealingProcess\n"
        "sys.stdout.flush()\n"
        "if os.geteuid() == 0:\n"
        "    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        # The kernel's soft limit is 64 MiB of pipes for each user: use it up.
        "pipes = []\n"
        "for _ in range(200):\n"
        "    pipes.append(os.pipe())\n"
        "    try:\n"
        "        fcntl.fcntl(pipes[-1][1], fcntl.F_SETPIPE_SZ, 1 << 20)\n"
        "    except PermissionError:\n"
        "        break\n"
        "else:\n"
        "    sys.exit('the limit was not reached')\n"
        "output = os.open('/dev/null', os.O_WRONLY)\n"
        "with SealingProcess(Path('/proc/self/fd/0'), output) as process:\n"
        "    process.write(bytes(1 << 21))\n"
    )
    with public.open("rb") as key:
        done = subprocess.run(
            [sys.executable, "-c", program],
            stdin=key,
            capture_output=True,
            cwd=Path(__file__).parent.parent,
            check=False,
        )
    assert done.stderr == b""
    assert done.returncode == 0


def test_gpgs_own_words_are_bounded() -> None:
    """A diagnosis is one printable line of at most 2,000 bytes, whatever gpg says."""
    assert diagnosis(b"gpg: one\n\n  gpg: two\n") == "gpg: one; gpg: two"
    assert diagnosis(b"") == "no reason given"
    assert len(diagnosis(b"\xff" * 10_000)) <= 2_000
    with pytest.raises(OpenPGPFailed):
        run_gpg(["--no-such-option"])


def test_a_secret_in_a_pipe_is_bounded() -> None:
    """A pipe takes 4 KiB at most, so that filling it never waits for a reader."""
    descriptor = close_on_exec_pipe(b"x" * 4096)
    assert not os.get_inheritable(descriptor)
    assert os.read(descriptor, 10_000) == b"x" * 4096
    os.close(descriptor)
    with pytest.raises(ValueError, match="4 KiB"):
        close_on_exec_pipe(b"x" * 4097)
