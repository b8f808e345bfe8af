"""Opening what was sealed to the intake key, and making that key, with real gpg: what is refused, and what is left."""

from pathlib import Path

import pytest

from keys import intake_secret as keys_intake_secret
from keys.errors import OpenPGPFailed
from keys.intake_secret import (
    OpeningProcess,
    agent_running,
    export_public,
    export_secret,
    make_intake_key,
    new_passphrase,
    open_bytes,
    stop_agent,
)
from keys.openpgp import gpg_program
from tests.conftest import IntakeSecret
from tests.seen_of_gpg import CANARY, agents_of, children, sealed_file


def test_an_altered_message_raises(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """A message with one byte changed, cut short, or sealed to somebody else raises OpenPGPFailed."""
    sealed = bytearray(sealed_file(intake_secret, tmp_path, b"a" * 50_000).read_bytes())
    altered = tmp_path / "altered.gpg"
    for content in (
        bytes(sealed[:-100]) + bytes([sealed[-100] ^ 1]) + bytes(sealed[-99:]),
        bytes(sealed[:20_000]) + bytes([sealed[20_000] ^ 1]) + bytes(sealed[20_001:]),
        bytes(sealed[:-1]),
        bytes(sealed[:30_000]),
        b"",
        b"not a message at all",
    ):
        altered.write_bytes(content)
        with pytest.raises(OpenPGPFailed):
            intake_secret.open(altered)


def test_a_wrong_passphrase_opens_nothing(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """Without the passphrase the message stays shut, and the words of the error do not hold the one tried."""
    sealed = sealed_file(intake_secret, tmp_path, CANARY)
    guess = new_passphrase()
    with sealed.open("rb") as file, pytest.raises(OpenPGPFailed) as failed:
        open_bytes(intake_secret.home, guess, file, 1_000)
    assert guess not in failed.value.diagnosis


def test_a_message_longer_than_allowed_is_refused(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """A message that opens to more bytes than the caller can use is refused, and gpg ended."""
    before = children()
    sealed = sealed_file(intake_secret, tmp_path, b"a" * 1_000_000)
    with sealed.open("rb") as file, pytest.raises(OpenPGPFailed, match="more than 999999 bytes"):
        open_bytes(intake_secret.home, intake_secret.passphrase, file, 999_999)
    assert children() == before


def test_an_opening_given_up_leaves_no_child(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """Leaving an opening half way ends gpg."""
    before = children()
    sealed = sealed_file(intake_secret, tmp_path, b"a" * 3_000_000)
    with (
        sealed.open("rb") as file,
        OpeningProcess(intake_secret.home, intake_secret.passphrase, file, longest=1 << 30, seconds=60) as process,
    ):
        assert len(next(process.pieces(1_000))) == 1_000
    assert children() == before


def test_making_and_exporting_leaves_no_agent(tmp_path: Path) -> None:
    """A new key exports both halves, its secret half still under its passphrase; afterwards no agent is running."""
    home, passphrase = tmp_path / "gnupg", new_passphrase()
    with agent_running(home):
        fingerprint = make_intake_key(home, passphrase)
        public = export_public(home, fingerprint)
        secret = export_secret(home, fingerprint, passphrase)
        assert agents_of(home)
        with pytest.raises(OpenPGPFailed):
            export_public(home, "0" * 40)
        with pytest.raises(OpenPGPFailed):
            export_secret(home, "0" * 40, passphrase)
    # An agent told to stop may take a moment to vanish: its socket is what others would find it by.
    assert not list(home.glob("S.gpg-agent*"))
    assert "BEGIN PGP PUBLIC KEY BLOCK" in public
    assert "BEGIN PGP PRIVATE KEY BLOCK" in secret
    assert passphrase not in public + secret
    assert home.stat().st_mode & 0o077 == 0
    stop_agent(home)  # once more is no error


def test_a_key_is_made_on_a_slow_machine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """gpg is held up for seconds between making the key and signing it: the agent must know the passphrase still."""
    slow = tmp_path / "slow"
    slow.mkdir()
    held_up = "strace -qq -o /dev/null -e trace=write -e inject=write:delay_enter=50000"
    (slow / "gpg").write_text(f'#!/bin/sh\nexec {held_up} {gpg_program()} "$@"\n')
    (slow / "gpg").chmod(0o700)
    (slow / "gpgconf").symlink_to(Path(gpg_program()).with_name("gpgconf"))
    home = tmp_path / "gnupg"
    with monkeypatch.context() as held:
        held.setattr(keys_intake_secret, "gpg_program", lambda: str(slow / "gpg"))
        assert make_intake_key(home, new_passphrase())
    assert not list(home.glob("S.gpg-agent*")), "the agent that knew the passphrase has ended"
    assert "max-cache-ttl 0" in (home / "gpg-agent.conf").read_text(), "the next one forgets at once"


def test_passphrases_are_256_random_bits() -> None:
    """A passphrase is 64 hexadecimal digits, never the same twice."""
    one, other = new_passphrase(), new_passphrase()
    assert one != other
    assert len(bytes.fromhex(one)) == 32
