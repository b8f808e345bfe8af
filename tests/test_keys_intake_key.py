"""The intake public key: every way in which it cannot be used has its own sentence."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from keys.errors import IntakeKeyUnusable, OpenPGPFailed
from keys.intake_key import last_moment, load_intake_key
from keys.openpgp import seal_bytes
from tests.conftest import IntakeSecret
from tests.keys_fixtures import BROKEN_KEYS, GOOD_KEYS, SIGNS_ONLY, gpg_home, make_keys

TOO_WEAK = "too weak. Use Curve25519, or RSA of at least 3072 bits."
SENTENCES = {
    "empty": "is not an OpenPGP key",
    "garbage": "is not an OpenPGP key",
    "a letter, not a key": "is not an OpenPGP key",
    "huge": "far too large to be a key",
    "secret": "holds a SECRET key. Take it off this host at once",
    "two keys": "must hold exactly one public key",
    "revoked": "The intake key is revoked.",
    "expired": "The intake key has expired.",
    "no encryption subkey": "has no part that can encrypt",
    "expired encryption subkey": "The encryption part of the intake key has expired.",
    "revoked encryption subkey": "The encryption part of the intake key is revoked.",
    "RSA of 1,024 bits": TOO_WEAK,
    "RSA of 2,048 bits": TOO_WEAK,
    "DSA and Elgamal": TOO_WEAK,
    "strong key with a weak subkey": TOO_WEAK,
}


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A real key file of each kind."""
    return make_keys(tmp_path_factory.mktemp("keys"))


def test_every_broken_key_has_a_sentence() -> None:
    """The table of sentences covers every broken key there is."""
    assert tuple(SENTENCES) == BROKEN_KEYS


@pytest.mark.parametrize("name", BROKEN_KEYS)
def test_an_unusable_key_is_refused(key_files: dict[str, Path], name: str) -> None:
    """A key nobody should seal to is refused with the sentence for just that fault, on one line."""
    with pytest.raises(IntakeKeyUnusable) as refused:
        load_intake_key(key_files[name])
    assert SENTENCES[name] in refused.value.reason
    assert "\n" not in refused.value.reason


def test_a_missing_key_is_refused(tmp_path: Path) -> None:
    """No file, or a folder in its place, is called missing, with what to run."""
    for path in (tmp_path / "nowhere.asc", tmp_path):
        with pytest.raises(IntakeKeyUnusable, match=r"missing: .* Run candour-drop init"):
            load_intake_key(path)


@pytest.mark.parametrize("name", GOOD_KEYS)
def test_a_usable_key_is_accepted_and_sealed_to(key_files: dict[str, Path], tmp_path: Path, name: str) -> None:
    """A good key loads with its fingerprint, and gpg really seals to it."""
    key = load_intake_key(key_files[name])
    assert len(key.fingerprint) == 40
    assert int(key.fingerprint, 16)
    with (tmp_path / "sealed").open("wb") as output:
        seal_bytes(key.path, b"hello", output.fileno())
    assert (tmp_path / "sealed").stat().st_size > 100


def test_until_when_a_key_seals(key_files: dict[str, Path], tmp_path: Path) -> None:
    """The sooner of its primary key's end and of its longest subkey's; an old subkey's end is no end."""
    assert last_moment(key_files["Curve25519"]) is None
    assert last_moment(key_files["an old subkey expired, a new one good"]) is None
    with gpg_home(tmp_path / "gnupg") as gpg:
        fingerprint = gpg.make("soon", SIGNS_ONLY)
        gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "2099-01-01")
        gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "2098-01-01")
        (tmp_path / "subkey.asc").write_bytes(gpg.public(fingerprint))
        gpg.run("--quick-set-expire", fingerprint, "2097-01-01")
        (tmp_path / "primary.asc").write_bytes(gpg.public(fingerprint))
    for name, year in {"subkey": 2099, "primary": 2097}.items():
        last = last_moment(tmp_path / f"{name}.asc")
        assert last is not None
        assert datetime.fromtimestamp(last, UTC).date() == date(year, 1, 1), name


@pytest.mark.parametrize("name", ["revoked", "expired", "no encryption subkey", "expired encryption subkey", "garbage"])
def test_gpg_itself_refuses_too(key_files: dict[str, Path], tmp_path: Path, name: str) -> None:
    """Should a key turn bad while the site runs, sealing fails closed: gpg refuses, nothing readable is written."""
    with (tmp_path / "sealed").open("w+b") as output:
        with pytest.raises(OpenPGPFailed):
            seal_bytes(key_files[name], b"canary", output.fileno())
        output.seek(0)
        assert b"canary" not in output.read()


def test_a_fingerprint_is_spoken_in_groups(intake_secret: IntakeSecret) -> None:
    """The key that gpg made has the fingerprint that is compared aloud, in ten groups of four."""
    key = load_intake_key(intake_secret.public)
    assert key.fingerprint == intake_secret.fingerprint
    assert key.spoken_fingerprint().split(" ") == [key.fingerprint[i : i + 4] for i in range(0, 40, 4)]


def test_judging_leaves_nothing_behind(
    key_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking at a key leaves no file, keyring or home in the temporary folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    load_intake_key(key_files["Curve25519"])
    assert list(tmp_path.iterdir()) == []
