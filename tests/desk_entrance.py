"""A desk with an onion service of its own, for tests: the service's keys are made by real Tor, once for a whole run."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from journalist_interface.desk_onion import switch_on
from journalist_interface.entrances import changing_keys, let_in
from journalist_interface.sessions import SignedIn
from journalist_interface.tor_paths import desk_service
from journalist_interface.tor_plan import plan_of
from onion import clients
from store.desk.account_tables import audit
from store.desk.roles import Role
from tests.desk_office import Office, new_office

Stamp = frozenset[tuple[str, str, str]]
PEOPLE = {
    "ada": (Role.ADMINISTRATOR,),
    "dora": (Role.ADMINISTRATOR,),
    "ben": (Role.REVIEWER,),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
}


@cache
def _made() -> "tuple[Path, tempfile.TemporaryDirectory[str]]":
    held = tempfile.TemporaryDirectory(prefix="candour-onion-")
    switch_on(Path(held.name))
    return desk_service(Path(held.name)), held


def open_service(office: Office) -> str:
    """Switch the desk's onion service on; return its address."""
    plan_of(office.folder).write()
    made, _held = _made()
    shutil.copytree(made, desk_service(office.folder))
    return switch_on(office.folder)


def give_key(office: Office, *usernames: str) -> list[str]:
    """Give people keys to the desk; return those."""
    keys = []
    for username in usernames:
        with changing_keys(office.desk) as connection:
            made = let_in(connection, office.desk, "ada", username)
            assert made
            keys.append(made.key)
    return keys


def let_in_at(office: Office) -> tuple[str, ...]:
    """Who has a key that works."""
    return clients.names(desk_service(office.folder))


def stamp(office: Office) -> Stamp:
    """What the process that looks after Tor compares: when it is another, Tor is started again."""
    return plan_of(office.folder).stamp()


def everything_in(folder: Path) -> bytes:
    """All bytes of all files of a desk."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@contextmanager
def office_with_keys(folder: Path) -> Iterator[Office]:
    """Give a desk with an onion service, at which everybody has a key."""
    with new_office(folder, PEOPLE) as made:
        open_service(made)
        give_key(made, "amina", *PEOPLE)
        yield made


def ada(office: Office) -> SignedIn:
    """The administrator."""
    return office.signed_in("ada")


def back(office: Office) -> list[tuple[str, str]]:
    """Who took whose key away, as the trail has it."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "entrance-back").order_by(audit.c.number))
        return [(row.actor, row.note) for row in rows]
