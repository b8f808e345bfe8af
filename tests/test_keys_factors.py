"""Second factors under the account's own secret, and recovery codes as people write and read them."""

import secrets

import pytest

from keys.errors import Malformed, SealBroken
from keys.factor_seal import FactorKey, FactorPlace
from keys.hpke import SEED_SIZE
from keys.recovery_code import draw_recovery_code, hash_recovery_code, read_recovery_code
from keys.session_seal import SessionToken

SEED = secrets.token_bytes(SEED_SIZE)
HERE = FactorPlace("amina", "passkey", "a" * 32)

ELSEWHERE = {
    "another account's row": FactorPlace("bartek", "passkey", "a" * 32),
    "another kind": FactorPlace("amina", "recovery-code", "a" * 32),
    "another id": FactorPlace("amina", "passkey", "b" * 32),
    "the same letters, cut elsewhere": FactorPlace("aminap", "asskey", "a" * 32),
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_factor_opens_in_its_own_place_alone(where: str) -> None:
    """Whoever moves rows about gains nothing."""
    sealed = FactorKey(SEED).seal(b"what is known", HERE)
    assert FactorKey(SEED).open(sealed, HERE) == b"what is known"
    with pytest.raises(SealBroken):
        FactorKey(SEED).open(sealed, ELSEWHERE[where])


def test_only_the_accounts_own_secret_seals_and_opens() -> None:
    """Not another account's, not the stand-in; nothing cut short, nothing altered; and it does not print itself."""
    key = FactorKey(SEED)
    sealed = key.seal(b"what is known", HERE)
    for other in (FactorKey(secrets.token_bytes(SEED_SIZE)), FactorKey.stand_in()):
        with pytest.raises(SealBroken):
            other.open(sealed, HERE)
    for spoilt in (b"", sealed[:11], sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(SealBroken):
            key.open(spoilt, HERE)
    assert b"what is known" not in bytes(sealed)
    assert repr(key) == "<key of second factors>"
    with pytest.raises(ValueError, match="96 bytes"):
        FactorKey(SEED[:-1])


READ_AS = {
    "as it was printed": "7K3M-Q9TW-X2PA",
    "in small letters": "7k3m-q9tw-x2pa",
    "without hyphens": "7K3MQ9TWX2PA",
    "with spaces": "  7K3M q9tw  X2PA ",
}


@pytest.mark.parametrize("how", READ_AS)
def test_a_code_is_read_however_it_is_typed(how: str) -> None:
    """One spelling comes out."""
    assert read_recovery_code(READ_AS[how]) == "7K3M-Q9TW-X2PA"


def test_signs_that_look_alike_are_one() -> None:
    """An O is a nought; I and L are ones; none of them is ever drawn, nor a U."""
    assert read_recovery_code("OoIi-LlA0-A1A1") == "0011-11A0-A1A1"
    drawn = {draw_recovery_code() for _ in range(500)}
    assert len(drawn) == 500
    assert not set("".join(drawn)) & set("OILU")
    assert all(read_recovery_code(code) == code for code in drawn)


@pytest.mark.parametrize(
    "typed", ["", "123456", "7K3M-Q9TW-X2P", "7K3M-Q9TW-X2PAA", "7K3M-Q9TW-X2PU", "é" * 12, "1" * 999]
)
def test_what_is_no_code_is_refused(typed: str) -> None:
    """A one-time code is not one either."""
    with pytest.raises(Malformed):
        read_recovery_code(typed)


def test_what_is_kept_of_a_code_is_a_hash() -> None:
    """So that even an opened row shows no code."""
    assert len(hash_recovery_code("7K3M-Q9TW-X2PA")) == 32
    assert hash_recovery_code("7K3M-Q9TW-X2PA") != hash_recovery_code("7K3M-Q9TW-X2PB")


def test_what_a_session_seals_for_a_form_is_no_session() -> None:
    """And a session's row, sent in a form, opens no form."""
    token = SessionToken.draw()
    for sealed_for, opened_as in ((b"", b"form"), (b"form", b""), (b"form", b"forms")):
        with pytest.raises(SealBroken):
            token.open(token.seal(b"x", sealed_for), opened_as)
    assert token.open(token.seal(b"x", b"form"), b"form") == b"x"
