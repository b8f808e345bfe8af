"""What is known of the reviewers who can be cleared: fetched here, judged in conflicts.py and proposing.py."""

from collections import Counter
from hashlib import sha256

from sqlalchemy import Connection

from journalist_interface.conflicts import Asked
from journalist_interface.desk_folder import Desk
from journalist_interface.gpg_words import is_disk_to_blame
from journalist_interface.proposing import Candidate
from keys.ciphertext import Ciphertext
from keys.errors import OpenPGPFailed, SealBroken
from keys.letter import TOPICS
from keys.recusals import open_as_officer
from store.desk.clearings import lately_cleared
from store.desk.profiles import list_profiles
from store.desk.roles import Role, at_work
from store.errors import NoRoom

LATELY_DAYS = 90


def who_can_be_cleared(connection: Connection) -> tuple[str, ...]:
    """Return the user names of those who may be given a case: the one place that decides it."""
    return at_work(connection, Role.REVIEWER)


def load_of_reviewers(connection: Connection, officer: str, at: int) -> Counter[str]:
    """Return how many cases each was given in the last 90 days, as far as this officer knows. `at` in Unix seconds."""
    return lately_cleared(connection, officer, at - LATELY_DAYS * 24 * 3600)


def candidates(connection: Connection, load: Counter[str]) -> tuple[Candidate, ...]:
    """Return everybody who can be cleared. Who has said nothing takes every topic and is not away."""
    profiles = list_profiles(connection)
    found = []
    for name in who_can_be_cleared(connection):
        row = profiles.get(name)
        topics, back_on = (TOPICS, None) if row is None else (row.topics, row.back_on)
        found.append(Candidate(name, topics, back_on, load[name]))
    return tuple(found)


def state_of_recusals(connection: Connection) -> bytes:
    """Return a hash that changes when somebody's recusals do, or who can be cleared: what was compared is then old."""
    profiles = list_profiles(connection)
    digest = sha256()
    for name in who_can_be_cleared(connection):
        row = profiles.get(name)
        digest.update(name.encode("utf-8") + b"\x00")
        digest.update(b"" if row is None else sha256(row.sealed_recusals).digest())
    return digest.digest()


def read_recusals(desk: Desk, passphrase: str) -> tuple[Asked, ...]:
    """Return what each reviewer asked not to be given; None where it does not open, so that nobody is proposed blindly.

    Raises NoRoom if gpg has no room to work in.
    """
    with desk.database.reading() as connection:
        names, profiles = who_can_be_cleared(connection), list_profiles(connection)
    return tuple(
        Asked(name, () if name not in profiles else _open(desk, passphrase, name, profiles[name].sealed_recusals))
        for name in names
    )


def _open(desk: Desk, passphrase: str, username: str, sealed: Ciphertext) -> tuple[str, ...] | None:
    try:
        return open_as_officer(desk.paths.gnupg, passphrase, username, sealed)
    except SealBroken:
        return None
    except OpenPGPFailed as reason:
        if is_disk_to_blame(reason, desk.post.free_bytes()):
            raise NoRoom("gpg has no room to work in") from reason
        return None
