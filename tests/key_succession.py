"""An intake key and the two after it, as real gpg made and signed them; and the command to which they are brought."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from click.testing import CliRunner, Result

from keys.intake_exchange import copy_home, exchange_key
from keys.intake_secret import export_public, make_intake_key, new_passphrase, stop_agent
from keys.intake_succession import (
    Statement,
    Succession,
    new_key_sha256,
)
from keys.openpgp import run_gpg
from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from tests.keys_fixtures import CURVE25519, LONG_AGO, SIGNS_ONLY, GpgHome, gpg_home

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


@contextmanager
def keys_of_a_succession(folder: Path) -> Iterator[Keys]:
    """Made by real gpg."""
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


def run(drop: DropFolder, document: bytes, *options: str, typed: str = "y\n") -> Result:
    """Take what a file brings."""
    file = drop.root.parent / "carried"
    file.write_bytes(document)
    return CliRunner().invoke(
        main, ["intake-key", "replace", "--data", str(drop.root), str(file), *options], input=typed
    )
