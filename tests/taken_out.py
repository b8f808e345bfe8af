"""A recipient with a real OpenPGP key, and cases that are taken out to them."""

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from journalist_interface.takeout.asking import ask
from journalist_interface.takeout.consenting import agree
from journalist_interface.takeout.taking import take_out
from keys.recipient_key import RecipientKey
from store.desk.roles import Role
from store.desk.take_outs import TakeOut
from tests.desk_office import Office
from tests.desk_routes import Desk
from tests.keys_fixtures import CURVE25519, GpgHome, gpg_home

REASON = "canary-reason: the commission asked for it."


@dataclass(frozen=True)
class Recipient:
    """Somebody outside the desk, and their key."""

    gpg: GpgHome
    armoured: str
    fingerprint: str

    @property
    def ending(self) -> str:
        """What they read out last."""
        return self.fingerprint[-16:]

    def form(self, **more: str) -> dict[str, str]:
        """What somebody types to take a case out to them."""
        return {"recipient_key": self.armoured, "reason": REASON, "ending": self.ending, **more}

    def open(self, sealed: bytes) -> dict[str, bytes]:
        """Return the files of a bundle by name, without its folder, as gpg and tar give them."""
        path = self.gpg.home / "received.tar.gpg"
        path.write_bytes(sealed)
        with tarfile.open(fileobj=io.BytesIO(self.gpg.run("--decrypt", str(path)))) as archive:
            return {
                member.name.split("/", 1)[1]: archive.extractfile(member).read()  # type: ignore[union-attr]
                for member in archive.getmembers()
            }


@contextmanager
def recipient(folder: Path) -> Iterator[Recipient]:
    """Give a recipient with a key of their own."""
    with gpg_home(folder) as gpg:
        armoured = gpg.public(gpg.make("Anti-corruption command", CURVE25519.format(expiry=0))).decode()
        yield Recipient(gpg, armoured, RecipientKey.read(armoured).fingerprint)


def asked(office: Office, to: Recipient, reference: str, who: str = "amina", **chosen: str) -> TakeOut:
    """Somebody asks, with the key compared."""
    form = to.form(**{f"with_{name}": value for name, value in chosen.items()})
    return ask(office.desk, office.signed_in(who), reference, form)


def taken(office: Office, to: Recipient, reference: str, who: str = "amina", **chosen: str) -> dict[str, bytes]:
    """Somebody takes a case out, with cora's consent; return what the recipient finds."""
    wanted = asked(office, to, reference, who, **chosen)
    agree(office.desk, office.signed_in("cora"), wanted.id)
    return to.open(b"".join(take_out(office.desk, office.signed_in(who), reference, wanted.id).pieces()))


def document(files: dict[str, bytes]) -> dict[str, Any]:
    """Return case.json."""
    found: dict[str, Any] = json.loads(files["case.json"])
    return found


@cache
def somebody() -> tuple[str, str]:
    """Return the public key of a recipient who opens nothing, and the end of its fingerprint."""
    with tempfile.TemporaryDirectory(prefix="candour-recipient-") as held, recipient(Path(held) / "gnupg") as made:
        return made.armoured, made.ending


def wanted_on(desk: Desk, *, agreed: bool = False) -> str:
    """The reviewer of a furnished desk asks to take their case out; return the request's id."""
    key, ending = somebody()
    office, who = desk.office, Role.REVIEWER.value
    form = {"recipient_key": key, "reason": "They asked.", "ending": ending}
    made = ask(office.desk, office.signed_in(who), desk.mine, form)
    if agreed:
        agree(office.desk, office.signed_in(Role.SUPERVISOR.value), made.id)
    return made.id
