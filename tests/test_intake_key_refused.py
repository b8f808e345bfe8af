"""A statement of succession in every way in which it may be none: nothing but the old key's own word is taken."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from keys.errors import SuccessionRefused
from keys.intake_succession import (
    LARGEST_STATEMENT,
    Statement,
    Succession,
    check_statement,
    new_key_sha256,
    read_statement,
)
from source_interface.drop_folder import DropFolder
from tests.key_succession import DAY, Keys, run
from tests.succession_fixtures import drop, keys, made

__all__ = ["drop", "keys", "made"]


def _changed(keys: Keys, **changes: object) -> bytes:
    return replace(keys.first, succession=replace(keys.first.succession, **changes)).to_bytes()  # type: ignore[arg-type]


def _revoked(keys: Keys) -> bytes:
    keys.odd.revoke(keys.revoked)
    return keys.naming(keys.odd.public(keys.revoked), keys.revoked).to_bytes()


NOT_SIGNED = "The key that this host has did not sign this statement."
NOT_WHOLE = "This is no whole statement of succession"
UNUSABLE = "The new key cannot be used. "
# What is brought, and what the sentence says. Whatever our own key is said to have signed here, it has signed.
REFUSED: dict[str, tuple[Callable[[Keys], bytes], str]] = {
    "no signature": (lambda keys: replace(keys.first, signature="").to_bytes(), NOT_SIGNED),
    "no signature but words": (lambda keys: replace(keys.first, signature="signed").to_bytes(), NOT_SIGNED),
    "signed by another key": (
        lambda keys: replace(keys.first, signature=keys.by_enemy(keys.first.succession)).to_bytes(),
        NOT_SIGNED,
    ),
    "signed by another key that comes along as the old one": (
        lambda keys: replace(
            keys.first,
            signature=keys.by_enemy(keys.first.succession),
            old_key=keys.odd.public(keys.enemy).decode(),
        ).to_bytes(),
        "The old key in this statement is not the one that this host has",
    ),
    "signed by another key that comes along behind the old one": (
        lambda keys: replace(
            keys.first,
            signature=keys.by_enemy(keys.first.succession),
            old_key=keys.first.old_key + keys.odd.public(keys.enemy).decode(),
        ).to_bytes(),
        NOT_SIGNED,
    ),
    "signed by the new key": (
        lambda keys: replace(
            keys.first, signature=keys.by_ours(keys.first.succession, keys.first.succession.new)
        ).to_bytes(),
        NOT_SIGNED,
    ),
    "signed twice, once by another": (
        lambda keys: replace(
            keys.first, signature=keys.first.signature + keys.by_enemy(keys.first.succession)
        ).to_bytes(),
        NOT_SIGNED,
    ),
    "another number": (lambda keys: _changed(keys, number=7), NOT_SIGNED),
    "another day": (lambda keys: _changed(keys, day="2026-11-21"), NOT_SIGNED),
    "of a key that comes later": (lambda keys: keys.second.to_bytes(), "This statement is of another key"),
    "a new key that is swapped": (
        lambda keys: replace(keys.first, new_key=keys.odd.public(keys.enemy).decode()).to_bytes(),
        "not the one that it names: somebody changed it",
    ),
    "a new key with something added": (
        lambda keys: replace(keys.first, new_key=keys.first.new_key + "\n").to_bytes(),
        "not the one that it names: somebody changed it",
    ),
    "a new key that is swapped, named by its fingerprint": (
        lambda keys: replace(
            _statement_of(keys, keys.odd.public(keys.enemy), keys.enemy), signature=keys.first.signature
        ).to_bytes(),
        NOT_SIGNED,
    ),
    "a new key that has expired": (
        lambda keys: keys.naming(keys.odd.public(keys.expired), keys.expired).to_bytes(),
        f"{UNUSABLE}The intake key has expired.",
    ),
    "a new key that is revoked": (_revoked, f"{UNUSABLE}The intake key is revoked."),
    "a new key that cannot encrypt": (
        lambda keys: keys.naming(keys.odd.public(keys.signs), keys.signs).to_bytes(),
        f"{UNUSABLE}The intake key has no part that can encrypt",
    ),
    "a new key with its secret": (
        lambda keys: keys.naming(keys.odd.secret(keys.enemy), keys.enemy).to_bytes(),
        f"{UNUSABLE}The intake key file holds a SECRET key.",
    ),
    "two new keys": (
        lambda keys: keys.naming(keys.odd.public(keys.enemy, keys.signs), keys.enemy).to_bytes(),
        f"{UNUSABLE}The intake key file must hold exactly one public key.",
    ),
    "its own successor": (
        lambda keys: keys.naming((keys.folder / "old.asc").read_bytes(), keys.old).to_bytes(),
        "This host has the new key of this statement already.",
    ),
    "cut short": (lambda keys: keys.first.to_bytes()[:-200], NOT_WHOLE),
    "one field more": (lambda keys: keys.first.to_bytes()[:-1] + b',"more":1}', NOT_WHOLE),
    "what is signed, spelt otherwise": (
        lambda keys: keys.first.to_bytes().replace(b'\\"number\\":1', b'\\"number\\": 1'),
        NOT_WHOLE,
    ),
    "too large": (lambda keys: keys.first.to_bytes() + b" " * LARGEST_STATEMENT, "far too large"),
    "a key alone": (lambda keys: keys.first.new_key.encode(), "a key without a statement"),
    "a letter": (lambda _keys: b"Dear charity", NOT_WHOLE),
    "nothing": (lambda _keys: b"", NOT_WHOLE),
}


def _statement_of(keys: Keys, new_key: bytes, new: str) -> Statement:
    said = replace(keys.first.succession, new=new, new_key_sha256=new_key_sha256(new_key.decode()))
    return replace(keys.first, succession=said, new_key=new_key.decode())


@pytest.mark.parametrize("what", REFUSED)
def test_nothing_else_is_taken(keys: Keys, drop: DropFolder, what: str) -> None:
    """One plain sentence, and the host seals to the key that it had."""
    document, sentence = REFUSED[what]
    before = {path: path.read_bytes() for path in drop.root.iterdir() if path.is_file()}
    done = run(drop, document(keys))
    assert done.exit_code == 1, done.output
    assert sentence in done.output
    assert "Nothing was changed: this host seals to the key that it had." in done.output
    assert "Traceback" not in done.output
    after = {path: path.read_bytes() for path in drop.root.iterdir() if path.is_file()}
    assert after == before | {drop.root / ".intake-key.lock": b""}


def test_an_old_key_that_is_over_signs_nothing_any_more(keys: Keys) -> None:
    """Though it signed while it was good: whoever finds it later can set their clock back."""
    new_key = keys.first.new_key
    for signer, at, sentence in (
        (keys.expired, "20200301T120000", "The key that signed this statement has expired."),
        (keys.enemy, None, "The key that signed this statement is revoked."),
    ):
        said = Succession(1, DAY, signer, keys.first.succession.new, new_key_sha256(new_key))
        (keys.folder / "said").write_text(said.spelt())
        out = str(keys.folder / "over")
        keys.odd.run(
            "--armor", "--local-user", signer, "--output", out, "--detach-sign", str(keys.folder / "said"), at=at
        )
        public = keys.odd.public(signer)
        statement = Statement(said, Path(out).read_text(), public.decode(), new_key)
        if at is None:
            check_statement(read_statement(statement.to_bytes()), public, 0)
            keys.odd.revoke(signer)
        with pytest.raises(SuccessionRefused) as refused:
            check_statement(statement, keys.odd.public(signer), 0)
        assert sentence in refused.value.reason
