"""`candour-drop intake-key`: the successor is taken if the key that is here signed it, and nothing else ever is."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from keys.errors import SuccessionRefused
from keys.intake_exchange import copy_home, exchange_key
from keys.intake_key import load_intake_key, spoken
from keys.intake_secret import export_public, make_intake_key, new_passphrase, stop_agent
from keys.intake_succession import (
    LARGEST_STATEMENT,
    Statement,
    Succession,
    check_statement,
    new_key_sha256,
    read_statement,
)
from keys.openpgp import run_gpg
from source_interface import new_intake_key
from source_interface.backup import CONTENTS
from source_interface.commands import main
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.host_check import CHECKS
from source_interface.intake_key_history import Change, read_changes
from source_interface.lost_desk import WHATEVER_KEY, LostDesk, is_closed, write_lost_desk
from tests.copied_hosts import but_sockets_and_locks
from tests.keys_fixtures import CURVE25519, LONG_AGO, SIGNS_ONLY, GpgHome, gpg_home
from tests.killed_calls import Blow, open_killer

DAY = "2026-11-20"


@dataclass(frozen=True)
class Keys:
    """Our key and the two after it, an enemy's, keys that nobody should seal to, and who signs with what."""

    folder: Path
    old: str
    first: Statement
    second: Statement
    odd: GpgHome
    enemy: str
    expired: str
    revoked: str
    signs: str

    def home(self, name: str) -> list[str]:
        """How gpg signs as ours do: with the home of that name, whose passphrase lies beside it."""
        typed = ["--pinentry-mode", "loopback", "--passphrase-file", str(self.folder / f"{name}.passphrase")]
        return ["--homedir", str(self.folder / name), *typed, "--trust-model", "always", "--armor", "--output", "-"]

    def by_ours(self, said: Succession, signer: str = "") -> str:
        """The signature of our old key, or of `signer`, on anything: whatever a thief of it could do is tried too."""
        words = [*self.home("second"), "--local-user", signer or said.old, "--detach-sign"]
        return run_gpg(words, said.spelt().encode()).decode()

    def by_enemy(self, said: Succession) -> str:
        """The enemy's signature."""
        (self.folder / "said").write_text(said.spelt())
        self.odd.run(
            "--armor",
            "--local-user",
            self.enemy,
            "--output",
            str(self.folder / "signed"),
            "--detach-sign",
            str(self.folder / "said"),
        )
        return (self.folder / "signed").read_text()

    def naming(self, new_key: bytes, new: str) -> Statement:
        """A statement that our old key really signed, for another new key."""
        text = new_key.decode()
        said = replace(self.first.succession, new=new, new_key_sha256=new_key_sha256(text))
        return replace(self.first, succession=said, new_key=text, signature=self.by_ours(said))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keys]:
    """Made by real gpg, once."""
    folder = tmp_path_factory.mktemp("keys")
    passphrases = [new_passphrase() for _home in range(3)]
    for name, passphrase in zip(("before", "first", "second"), passphrases, strict=True):
        (folder / f"{name}.passphrase").write_text(passphrase)
    old = make_intake_key(folder / "before", passphrases[0])
    copy_home(folder / "before", folder / "first")
    first = exchange_key(folder / "first", old, (passphrases[0], passphrases[1]), 1, DAY)
    copy_home(folder / "first", folder / "second")
    second = exchange_key(folder / "second", first.succession.new, (passphrases[1], passphrases[2]), 2, DAY)
    (folder / "old.asc").write_text(export_public(folder / "before", old))
    with gpg_home(folder / "odd") as odd:
        enemy = odd.make("enemy", CURVE25519.format(expiry=0).replace("cert\n", "cert sign\n", 1))
        expired = odd.make("expired", CURVE25519.format(expiry="1y").replace("cert\n", "cert sign\n", 1), at=LONG_AGO)
        revoked = odd.make("revoked", CURVE25519.format(expiry=0).replace("cert\n", "cert sign\n", 1))
        signs = odd.make("signs", SIGNS_ONLY)
        yield Keys(folder, old, first, second, odd, enemy, expired, revoked, signs)
    for name in ("before", "first", "second"):
        stop_agent(folder / name)


@pytest.fixture(scope="module")
def made(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source host that seals to the old key."""
    root = tmp_path_factory.mktemp("host")
    make_drop(root / "drop", keys.folder / "old.asc", root / "pairing.json")
    return root / "drop"


@pytest.fixture
def drop(made: Path, tmp_path: Path) -> DropFolder:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "drop", ignore=but_sockets_and_locks)
    return DropFolder(tmp_path / "drop")


def run(drop: DropFolder, document: bytes, *options: str, typed: str = "y\n") -> Result:
    """Take what a file brings."""
    file = drop.root.parent / "carried"
    file.write_bytes(document)
    return CliRunner().invoke(
        main, ["intake-key", "replace", "--data", str(drop.root), str(file), *options], input=typed
    )


def show(drop: DropFolder) -> str:
    """What the other command says."""
    return CliRunner().invoke(main, ["intake-key", "show", "--data", str(drop.root)]).output


def test_the_successor_that_the_old_key_signed_is_taken(keys: Keys, drop: DropFolder) -> None:
    """Both fingerprints are shown before anything is changed, then the list of keys grows; and a second time over."""
    said = keys.first.succession
    done = run(drop, keys.first.to_bytes())
    assert done.exit_code == 0, done.output
    asked = done.output.partition("Does the reviewer host read out both just so?")[0]
    assert spoken(said.old) in asked
    assert spoken(said.new) in asked
    assert "make them anew with candour-drop landing" in done.output
    assert load_intake_key(drop.intake_key).fingerprint == said.new
    assert run(drop, keys.second.to_bytes()).exit_code == 0
    third = keys.second.succession.new
    assert [each.number for each in read_changes(drop, third)] == [1, 2]
    assert show(drop).splitlines()[0] == f"Intake key: {spoken(third)}"
    assert f"{spoken(said.new)}, signed by {spoken(said.old)}" in show(drop)


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_nothing_is_taken_that_nobody_compared(keys: Keys, drop: DropFolder, typed: str) -> None:
    """No answer is no."""
    done = run(drop, keys.first.to_bytes(), typed=typed)
    assert done.exit_code == 1
    assert load_intake_key(drop.intake_key).fingerprint == keys.old
    assert not drop.key_history.exists()


STOLEN: dict[str, Callable[[Keys], str]] = {
    "closed for it": lambda keys: keys.old,
    "closed for it and for another": lambda keys: f"{'A' * 40} {keys.old}",
    "closed for whatever key": lambda _keys: WHATEVER_KEY,
    "a note that nobody can read": lambda _keys: "\0",
}


@pytest.mark.parametrize("how", STOLEN)
def test_a_key_that_somebody_else_may_have_does_not_name_its_own_successor(
    keys: Keys, drop: DropFolder, how: str
) -> None:
    """Whoever took it could sign as well as we. A fingerprint from paper is believed, and counts as not signed."""
    write_lost_desk(drop.desk_lost, LostDesk(DAY, DAY, (STOLEN[how](keys),)))
    refused = run(drop, keys.first.to_bytes())
    assert (refused.exit_code, "They could have signed this as well as you" in refused.output) == (1, True)
    assert load_intake_key(drop.intake_key).fingerprint == keys.old
    new = keys.first.succession.new
    done = run(drop, keys.first.to_bytes(), "--old-key-is-gone", new)
    assert done.exit_code == 0, done.output
    [change] = read_changes(drop, new)
    assert not change.is_signed
    stays_closed = "closed for it" not in how
    assert is_closed(drop.desk_lost, new) is stays_closed
    assert ("The site stays closed" in done.output) is stays_closed


def test_another_desks_theft_stops_no_signature(keys: Keys, drop: DropFolder) -> None:
    """One after which the key was changed, or in which it was safe."""
    write_lost_desk(drop.desk_lost, LostDesk(DAY, DAY, ("A" * 40,)))
    assert run(drop, keys.first.to_bytes()).exit_code == 0


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


def test_a_statement_that_was_taken_is_not_taken_again(keys: Keys, drop: DropFolder) -> None:
    """Not at once; and not after somebody went back to the old key by paper, when it would fit again."""
    assert run(drop, keys.first.to_bytes()).exit_code == 0
    assert "This host has the new key of this statement already." in run(drop, keys.first.to_bytes()).output
    back = (keys.folder / "old.asc").read_bytes()
    assert run(drop, back, "--old-key-is-gone", keys.old).exit_code == 0
    done = run(drop, keys.first.to_bytes())
    assert done.exit_code == 1
    assert "This statement has the number 1, and number 1 was taken here: it is an old one." in done.output


def test_a_lost_key_is_followed_by_one_from_paper(keys: Keys, drop: DropFolder) -> None:
    """With a warning of what is given up; the list says that the old key did not sign."""
    new = keys.second.succession.new
    done = run(drop, keys.second.new_key.encode(), "--old-key-is-gone", spoken(new).lower())
    assert done.exit_code == 0, done.output
    assert "WARNING: the old key did not sign the new one." in done.output
    assert [each.is_signed for each in read_changes(drop, new)] == [False]
    assert f"{spoken(new)}, not by {spoken(keys.old)}" in show(drop)


@pytest.mark.parametrize("typed", ["", "A" * 40, "first half"])
def test_paper_must_name_the_key_that_comes(keys: Keys, drop: DropFolder, typed: str) -> None:
    """All of it: an attacker can make a key whose last groups are the right ones."""
    new = keys.first.succession.new
    paper = new[:20] if typed == "first half" else typed
    done = run(drop, keys.first.to_bytes(), "--old-key-is-gone", paper)
    assert done.exit_code == 1
    assert "which is not the one you typed" in done.output
    assert load_intake_key(drop.intake_key).fingerprint == keys.old


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


def replace_without_asking(root: str, file: str) -> None:
    """What is killed."""
    new_intake_key.exchange_key(Path(root), Path(file), None, DAY, lambda _change: True)


def test_a_kill_at_any_moment_leaves_a_host_that_seals(keys: Keys, made: Path, tmp_path: Path) -> None:
    """Whole files, the old key or the new one, and the list fits whichever it is; doing it once more ends it."""
    file = tmp_path / "statement"
    file.write_bytes(keys.first.to_bytes())
    what = f"{__name__}:{replace_without_asking.__name__}"
    new, seen = keys.first.succession.new, set()
    with open_killer(tmp_path) as killer:
        # Before anything has its name; between the list and the key; when both have theirs.
        blows = (Blow("rename", 1), Blow("rename", 2), Blow("fsync", 4))
        for place, blow in enumerate(blows):
            drop = DropFolder(tmp_path / str(place))
            shutil.copytree(made, drop.root, ignore=but_sockets_and_locks)
            assert killer.run(what, [drop.root, file], blow).status != 0
            holds = load_intake_key(drop.intake_key).fingerprint
            assert read_changes(drop, holds) == (() if holds == keys.old else (Change(1, DAY, keys.old, new),))
            seen.add(holds)
            if holds == keys.old:
                replace_without_asking(str(drop.root), str(file))
            assert load_intake_key(drop.intake_key).fingerprint == new
            assert len(read_changes(drop, new)) == 1
    assert seen == {keys.old, new}


def test_check_says_who_signed_what_is_here(keys: Keys, drop: DropFolder) -> None:
    """Signed: well. By paper: a warning, for whoever was not there. A damaged list: a fault."""

    def grade(words: str) -> str:
        [found] = [each for each in CHECKS["intake-key"](drop) if words in each.sentence]
        return ("warning" if found.warns else "right") if found.sound else "fault"

    assert run(drop, keys.first.to_bytes()).exit_code == 0
    assert grade("and the one before signed it") == "right"
    paper = keys.second.succession.new
    assert run(drop, keys.second.to_bytes(), "--old-key-is-gone", paper).exit_code == 0
    assert grade("The one before did not sign it") == "warning"
    drop.key_history.write_bytes(b"{")
    assert grade("The list of former intake keys") == "fault"


def test_a_backup_carries_the_key_and_the_list_of_those_before(keys: Keys, drop: DropFolder) -> None:
    """The list last: it may run ahead of the key, never behind it."""
    assert run(drop, keys.first.to_bytes()).exit_code == 0
    carried = list(CONTENTS.small_files(drop.root))
    assert carried.index("intake-key.asc") < carried.index("intake-key-history.json")
    assert CONTENTS.may_hold("intake-key-history.json")
