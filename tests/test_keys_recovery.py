"""The recovery key and its shares: any k of n give it back, fewer never do, and what is typed badly is told apart."""

import json
import re
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shamir_mnemonic import Share, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from keys.errors import (
    Malformed,
    ShareForeign,
    ShareMiscopied,
    ShareMisspelt,
    ShareOfAnotherSet,
    ShareRefused,
    SharesDisagree,
    SharesTooFew,
    ShareTwice,
)
from keys.recovery_key import RecoverySecret, key_of_file
from keys.recovery_shares import RecoveryShare, ShareSet, split, word_for
from keys.spoken import spoken_fingerprint

VECTOR = json.loads((Path(__file__).parent / "vectors" / "recovery.json").read_text("utf-8"))
SECRET = RecoverySecret(bytes.fromhex(VECTOR["secret"]))
SHARES: list[str] = VECTOR["shares"]


def combine(*shares: str) -> bytes:
    """Combine shares as custodians give them."""
    held = ShareSet()
    for share in shares:
        held.add(RecoveryShare.read(share))
    return held.combine()


def test_shares_made_today_open_for_ever() -> None:
    """The committed shares give the committed secret, and the key derived from it is the same key."""
    assert combine(*SHARES[:2]) == SECRET.raw
    assert spoken_fingerprint(SECRET.key().public) == VECTOR["fingerprint"]


@given(secret=st.binary(min_size=32, max_size=32), data=st.data())
@settings(max_examples=30)
def test_any_k_of_n_give_the_secret_and_k_less_one_do_not(secret: bytes, data: st.DataObject) -> None:
    """Whichever shares, in whichever order; one too few is refused before anything is computed."""
    shares = data.draw(st.integers(2, 16))
    needed = data.draw(st.integers(2, shares))
    made = split(secret, needed, shares)
    chosen = data.draw(st.permutations(made))[:needed]
    assert combine(*chosen) == secret
    with pytest.raises(SharesTooFew) as refused:
        combine(*chosen[:-1])
    assert (refused.value.given, refused.value.needed) == (needed - 1, needed)


def test_every_pair_of_three_in_every_order() -> None:
    """The default, tried out whole."""
    for pair in permutations(SHARES, 2):
        assert combine(*pair) == SECRET.raw


def test_shares_are_drawn_anew_each_time() -> None:
    """Two splits of one secret have no share in common: what one share holds is chance, not the secret."""
    values = [tuple(share.split()[4:30]) for _ in range(8) for share in split(SECRET.raw, 2, 3)]
    assert len(set(values)) == len(values)


def test_a_single_share_is_only_for_demonstrations() -> None:
    """1 of 1 works; 1 of 2 would be two whole keys, and is refused."""
    assert combine(*split(SECRET.raw, 1, 1)) == SECRET.raw
    with pytest.raises(ValueError, match="1-of-1"):
        split(SECRET.raw, 1, 2)


def test_the_list_is_unique_in_four_letters() -> None:
    """So that four letters are a word, and a fifth wrong one is a wrong word."""
    assert len({word[:4] for word in WORDLIST}) == 1024
    assert all(word_for(word[:end]) == word for word in WORDLIST for end in range(4, len(word) + 1))
    assert [word_for(typed) for typed in ("aca", "acadx", "academics", "")] == [None] * 4


FORGIVEN = {
    "capitals": SHARES[0].upper(),
    "spaces and lines": "  " + SHARES[0].replace(" ", " \n  \t"),
    "four letters a word": " ".join(word[:4] for word in SHARES[0].split()),
    "five letters a word": " ".join(word[:5] for word in SHARES[0].split()),
    "the card's numbers": " ".join(f"{n}. {word}" for n, word in enumerate(SHARES[0].split(), start=1)),
    "commas": SHARES[0].replace(" ", ", "),
}


@pytest.mark.parametrize("how", FORGIVEN)
def test_what_does_not_matter_is_forgiven(how: str) -> None:
    """The share is the same share."""
    assert RecoveryShare.read(FORGIVEN[how]) == RecoveryShare.read(SHARES[0])


def _swapped(share: str, one: int, other: int) -> str:
    words = share.split()
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


def test_two_words_that_changed_places_are_always_seen() -> None:
    """Any two: the checksum finds them, and nothing is combined with such a share."""
    words = SHARES[0].split()
    for one, other in combinations(range(len(words)), 2):
        if words[one] != words[other]:
            with pytest.raises(ShareMiscopied):
                RecoveryShare.read(_swapped(SHARES[0], one, other))


# An official test vector of SLIP-39: sound, of 256 bits, one of one, and of a wallet.
WALLET = (
    "theory painting academic academic armed sweater year military elder discuss acne wildlife boring employer fused "
    "large satoshi bundle carbon diagnose anatomy hamster leaves tracks paces beyond phantom capital marvel lips brave "
    "detect luck"
)
[[GROUPED], _] = generate_mnemonics(1, [(1, 1), (1, 1)], bytes(32), iteration_exponent=0)
[[STRETCHED]] = generate_mnemonics(1, [(1, 1)], bytes(32), iteration_exponent=1)
REFUSED: dict[str, tuple[str, type[ShareRefused]]] = {
    "nothing": ("", ShareMisspelt),
    "a word missing": (" ".join(SHARES[0].split()[1:]), ShareMisspelt),
    "a word too many": (SHARES[0] + " academic", ShareMisspelt),
    "a word of no list": (SHARES[0].replace(SHARES[0].split()[8], "candour"), ShareMisspelt),
    "two words swapped": (_swapped(SHARES[0], 7, 8), ShareMiscopied),
    "one word exchanged": (" ".join([*SHARES[0].split()[:-1], "academic"]), ShareMiscopied),
    "a wallet's share": (WALLET, ShareForeign),
    "a share of groups": (GROUPED, ShareForeign),
    "another exponent": (STRETCHED, ShareForeign),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_share_is_told_apart_and_not_repeated(what: str) -> None:
    """Each kind has its own error, and no error carries a word of a share."""
    text, kind = REFUSED[what]
    with pytest.raises(kind) as refused:
        RecoveryShare.read(text)
    said = re.findall("[a-z]+", f"{refused.value} {refused.value.args} {refused.value.__dict__}")
    assert not {word for word in text.split() if len(word) > 4}.intersection(said)
    assert refused.value.__cause__ is None


def test_a_misspelt_word_is_named_by_its_number() -> None:
    """From 1, as on the card."""
    words = SHARES[0].split()
    words[4] = words[32] = "zzzz"
    with pytest.raises(ShareMisspelt) as refused:
        RecoveryShare.read(" ".join(words))
    assert (refused.value.count, refused.value.positions) == (33, (5, 33))


def test_shares_of_another_set_and_the_same_twice_do_not_count() -> None:
    """The set stays as it was, so that the right share can still be given."""
    other = split(bytes(32), 2, 3)
    held = ShareSet()
    held.add(RecoveryShare.read(SHARES[0]))
    with pytest.raises(ShareOfAnotherSet):
        held.add(RecoveryShare.read(other[1]))
    with pytest.raises(ShareTwice):
        held.add(RecoveryShare.read(SHARES[0].upper()))
    assert (held.given, held.is_complete) == (1, False)
    held.add(RecoveryShare.read(SHARES[2]))
    assert held.combine() == SECRET.raw


def _forged(like: str) -> str:
    """Return a sound share of the same set and another number, whose value was made up."""
    real = Share.from_mnemonic(like)
    return str(replace(real, value=bytes(32)).mnemonic())


def test_a_share_that_was_made_up_is_found() -> None:
    """Its checksum is right and its head too: the secret's own digest tells, for shares beyond those needed as well."""
    with pytest.raises(SharesDisagree):
        combine(SHARES[0], _forged(SHARES[1]))
    with pytest.raises(SharesDisagree):
        combine(SHARES[0], SHARES[1], _forged(SHARES[2]))
    assert combine(*SHARES) == SECRET.raw


def test_nothing_secret_is_printed() -> None:
    """Neither the secret nor a share shows itself in a repr."""
    said = repr(SECRET) + repr(RecoveryShare.read(SHARES[0]))
    assert SECRET.raw.hex() not in said
    assert not [word for word in SHARES[0].split()[4:] if word in said]


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "A" * 127 + "="])
def test_a_file_without_a_key_is_refused(text: str) -> None:
    """Whatever it holds, and without repeating it."""
    with pytest.raises(Malformed) as refused:
        key_of_file(text)
    assert text not in str(refused.value) or not text
