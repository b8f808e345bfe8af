"""A recipient's key as somebody pastes it: what is none, or must not be sealed to, is refused for just that reason."""

import base64
import os
import subprocess
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import pytest

from keys.armoured_key import LONGEST_ARMOUR, read_armoured_key
from keys.errors import OpenPGPFailed, RecipientKeyRefused, RefusedKey
from keys.notice import CLEARTEXT_BYTES, fill_up, seal_notice
from keys.openpgp import SealedStream
from keys.recipient_key import RecipientKey
from tests.keys_fixtures import CURVE25519, GOOD_KEYS, gpg_home, make_keys

OF_GPG = {
    "empty": RefusedKey.NO_KEY,
    "a letter, not a key": RefusedKey.NO_KEY,
    "secret": RefusedKey.SECRET,
    "two keys": RefusedKey.SEVERAL,
    "revoked": RefusedKey.REVOKED,
    "expired": RefusedKey.EXPIRED,
    "no encryption subkey": RefusedKey.CANNOT_ENCRYPT,
    "expired encryption subkey": RefusedKey.EXPIRED,
    "revoked encryption subkey": RefusedKey.REVOKED,
    "RSA of 1,024 bits": RefusedKey.WEAK,
    "RSA of 2,048 bits": RefusedKey.WEAK,
    "DSA and Elgamal": RefusedKey.WEAK,
    "strong key with a weak subkey": RefusedKey.WEAK,
}


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A real key file of each kind."""
    return make_keys(tmp_path_factory.mktemp("keys"), (*OF_GPG, *GOOD_KEYS))


@pytest.mark.parametrize("name", OF_GPG)
def test_a_key_nobody_should_seal_to_is_refused(key_files: dict[str, Path], name: str) -> None:
    """Each for its own reason, so that the page can say what to ask the recipient for."""
    with pytest.raises(RecipientKeyRefused) as refused:
        RecipientKey.read(key_files[name].read_text())
    assert refused.value.why is OF_GPG[name]


@pytest.mark.parametrize("name", GOOD_KEYS)
def test_a_good_key_says_what_it_is(key_files: dict[str, Path], name: str) -> None:
    """Fingerprint, user id and algorithm; text around it, and a mail program's line ends, do no harm."""
    text = key_files[name].read_text()
    key = RecipientKey.read(f"Dear colleague,\r\n\r\n{text.replace(chr(10), chr(13) + chr(10))}\r\nYours\r\n")
    assert key == RecipientKey.read(text)
    assert key.user_ids == (name,)
    assert len(key.fingerprint) == 40
    assert key.algorithm
    assert key.ends_with(" ".join(key.groups[-4:]).lower())
    for wrong in ("", key.fingerprint[-8:], key.fingerprint, key.fingerprint[:16], key.fingerprint[-16:-1] + "é"):
        assert not key.ends_with(wrong)


def test_an_expiry_is_told(tmp_path: Path) -> None:
    """The earliest of the key and its parts."""
    with gpg_home(tmp_path / "gnupg") as gpg:
        text = gpg.public(gpg.make("soon over", CURVE25519.format(expiry="20991231T120000"))).decode()
    assert RecipientKey.read(text).expires_on == "2099-12-31"


def armoured(packets: bytes, kind: str = "PUBLIC KEY BLOCK") -> str:
    """An armour without checksum, which is optional."""
    lines = base64.encodebytes(packets).decode()
    return f"-----BEGIN PGP {kind}-----\n\n{lines}-----END PGP {kind}-----\n"


def packet(tag: int, body: bytes) -> bytes:
    """A packet of the new format."""
    return bytes([0xC0 | tag, 255]) + len(body).to_bytes(4, "big") + body


def _bomb(good: bytes) -> str:
    swollen = zlib.compress(bytes(200_000_000), 9)
    return armoured(good + packet(8, b"\x02" + swollen[: LONGEST_ARMOUR // 2]))


HOSTILE: dict[str, tuple[Callable[[str, bytes], str], RefusedKey]] = {
    "longer than any key": (lambda text, _good: text + " " * LONGEST_ARMOUR, RefusedKey.TOO_LONG),
    "no armour": (lambda _text, _good: "my key is 0x1234", RefusedKey.NO_KEY),
    "the end is missing": (lambda text, _good: text[: text.index("-----END")], RefusedKey.NO_KEY),
    "a line is missing": (lambda text, _good: _without_a_line(text), RefusedKey.MISCOPIED),
    "a letter is another": (lambda text, _good: _with_another_letter(text), RefusedKey.MISCOPIED),
    "no base64": (lambda text, _good: text.replace("\n\n", "\n\n!!!!", 1), RefusedKey.MISCOPIED),
    "two blocks": (lambda text, _good: text + text, RefusedKey.SEVERAL),
    "two keys in one block": (lambda _text, good: armoured(good + good), RefusedKey.SEVERAL),
    "a signed message beside it": (lambda text, _good: "-----BEGIN PGP MESSAGE-----\n\n" + text, RefusedKey.SEVERAL),
    "a secret key called public": (lambda _text, good: armoured(packet(5, good[10:])), RefusedKey.SECRET),
    "a secret subkey called public": (lambda _text, good: armoured(good + packet(7, b"x")), RefusedKey.SECRET),
    "a compressed packet": (lambda _text, good: _bomb(good), RefusedKey.NO_KEY),
    "a message": (lambda _text, _good: armoured(packet(1, b"x") + packet(18, b"x")), RefusedKey.NO_KEY),
    "only a user id": (lambda _text, _good: armoured(packet(13, b"me")), RefusedKey.NO_KEY),
    "no packets": (lambda _text, _good: armoured(b""), RefusedKey.NO_KEY),
    "a packet longer than all": (lambda _text, _good: armoured(b"\xc6\xff\x7f\xff\xff\xffx"), RefusedKey.MISCOPIED),
    "a packet without an end": (lambda _text, _good: armoured(b"\x9bxxxx"), RefusedKey.NO_KEY),
    "a packet in parts": (lambda _text, _good: armoured(b"\xc6\xe1xxxx"), RefusedKey.NO_KEY),
    "noise": (lambda _text, _good: armoured(bytes(range(128))), RefusedKey.MISCOPIED),
    "a key packet of noise": (lambda _text, _good: armoured(packet(6, bytes(range(200)))), RefusedKey.NO_KEY),
    "a key of version 3": (lambda _text, _good: armoured(packet(6, b"\x03" + bytes(50))), RefusedKey.NO_KEY),
    "NUL": (lambda text, _good: text.replace("\n\n", "\n\n\x00", 1), RefusedKey.MISCOPIED),
}


def _without_a_line(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(lines[:4] + lines[5:])


def _with_another_letter(text: str) -> str:
    at = text.index("\n\n") + 40
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_stranger_may_send_as_a_key(key_files: dict[str, Path], name: str) -> None:
    """Refused before gpg sees it, or by gpg's own listing; quickly, and with nothing of it repeated."""
    text = key_files["Curve25519"].read_text()
    make, why = HOSTILE[name]
    with pytest.raises(RecipientKeyRefused) as refused:
        RecipientKey.read(make(text, read_armoured_key(text)))
    assert refused.value.why is why


def test_words_in_a_user_id_are_plain_and_few(tmp_path: Path) -> None:
    """Its maker chose them: no direction or control characters, colons and backslashes as they are, not a page."""
    name = "Inspector \u202ednoB :\\x41 é " + "x" * 400
    with gpg_home(tmp_path / "gnupg") as gpg:
        gpg.run("--quick-gen-key", name, "ed25519", "cert", "0")
        fingerprint = next(
            line.split(":")[9]
            for line in gpg.run("--with-colons", "--list-keys").decode().splitlines()
            if "fpr" in line
        )
        gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "0")
        [told] = RecipientKey.read(gpg.public(fingerprint).decode()).user_ids
    assert told.startswith("Inspector dnoB :\\x41 é xxx")
    assert len(told) == 200


def test_what_is_sealed_opens_with_the_secret_half_alone(tmp_path: Path) -> None:
    """Byte for byte, uncompressed, and with no key id that would tell to whom it goes."""
    sent = os.urandom(3_000_000)
    with gpg_home(tmp_path / "gnupg") as gpg:
        key = RecipientKey.read(gpg.public(gpg.make("them", CURVE25519.format(expiry=0))).decode())

        def feed(out: IO[bytes]) -> None:
            for at in range(0, len(sent), 70_001):
                out.write(sent[at : at + 70_001])

        with SealedStream(key.packets, feed) as stream:
            sealed = b"".join(stream.pieces())
        (tmp_path / "out.gpg").write_bytes(sealed)
        assert gpg.run("--decrypt", str(tmp_path / "out.gpg")) == sent
        packets = gpg.run("--list-packets", str(tmp_path / "out.gpg")).decode()
    assert "keyid 0000000000000000" in packets
    assert ":compressed packet:" not in packets


def gather(pieces: Iterable[bytes], into: bytearray) -> None:
    """Keep what came, up to whatever went wrong."""
    for piece in pieces:
        into += piece


class Torn(Exception):
    """Something went wrong while it was written."""


def test_what_is_torn_off_is_no_message(tmp_path: Path) -> None:
    """The writer's error comes out of the reader, gpg is gone, and what there is does not open as a whole."""

    def feed(out: IO[bytes]) -> None:
        out.write(bytes(3_000_000))
        raise Torn

    with gpg_home(tmp_path / "gnupg") as gpg:
        key = RecipientKey.read(gpg.public(gpg.make("them", CURVE25519.format(expiry=0))).decode())
        found = bytearray()
        with pytest.raises(Torn), SealedStream(key.packets, feed) as stream:
            gather(stream.pieces(), found)
        (tmp_path / "out.gpg").write_bytes(found)
        with pytest.raises(subprocess.CalledProcessError):
            gpg.run("--decrypt", str(tmp_path / "out.gpg"))


def test_who_stops_reading_leaves_nothing_running(tmp_path: Path) -> None:
    """A browser that goes away: the writer ends, however much it still had."""

    def feed(out: IO[bytes]) -> None:
        while True:
            out.write(bytes(100_000))

    with gpg_home(tmp_path / "gnupg") as gpg:
        key = RecipientKey.read(gpg.public(gpg.make("them", CURVE25519.format(expiry=0))).decode())
    with SealedStream(key.packets, feed) as stream:
        assert next(stream.pieces())
    with pytest.raises(OpenPGPFailed), SealedStream(b"no key", feed) as stream:
        list(stream.pieces())


@pytest.mark.parametrize("name", GOOD_KEYS)
def test_a_notice_has_one_length_whatever_it_says(key_files: dict[str, Path], name: str) -> None:
    """Armoured, without a comment or the name of a key; with RSA, whose number is written shorter at times, too."""
    key = RecipientKey.read(key_files[name].read_text())
    texts = ("nothing", "x" * (CLEARTEXT_BYTES - 1), "", "ä" * 900, "\n" * 40)
    sealed = [seal_notice(key.packets, fill_up(text)) for text in texts]
    assert len({len(each) for each in sealed}) == 1
    for each in sealed:
        assert each.startswith(b"-----BEGIN PGP MESSAGE-----\n\n")
        assert key.fingerprint[-16:].encode() not in each
    with pytest.raises(ValueError, match="one length"):
        seal_notice(key.packets, b"short")
