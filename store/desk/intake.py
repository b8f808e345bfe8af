"""Who holds the intake key's passphrase: sealed whole to each officer, or in shares, two of which are needed.

Which of the two it is, no setting says: it is what lies here. So nobody can write "one officer is enough" into the
database and have it be true. Nor is it enough to take every share away: what was chosen stands in the audit trail, and
whoever hands the key out again is held to it.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select, update

from keys.ciphertext import Ciphertext
from store.desk.account_tables import audit, intake_shares, reviewers, roles, settings
from store.desk.audit import Act, record_act
from store.desk.roles import Role
from store.desk.settings import Setting

_NEEDED = "officers to unlock the intake key: "
_TO = " -> "


def two_are_needed(connection: Connection) -> bool:
    """Tell whether the passphrase lies in shares."""
    return connection.execute(select(intake_shares.c.username).limit(1)).first() is not None


def must_be_two(connection: Connection) -> bool:
    """Tell whether whoever gets the passphrase gets a share: shares lie here, or the trail's last word is "two"."""
    if two_are_needed(connection):
        return True
    chosen = (
        select(audit.c.note)
        .where(audit.c.act == Act.SETTINGS.value, audit.c.note.startswith(_NEEDED))
        .order_by(audit.c.number.desc())
    )
    note = connection.execute(chosen.limit(1)).scalar_one_or_none()
    return note is not None and note.endswith(f"{_TO}2")


def record_needed(connection: Connection, actor: str, old: int, new: int) -> None:
    """Record how many officers unlock from now on, as the trail says of other changes: what, from what, to what."""
    record_act(connection, actor, Act.SETTINGS, note=f"{_NEEDED}{old}{_TO}{new}")


def find_share(connection: Connection, username: str) -> Ciphertext | None:
    """Return somebody's share, if they hold one."""
    return connection.execute(
        select(intake_shares.c.sealed).where(intake_shares.c.username == username)
    ).scalar_one_or_none()


def key_holders(connection: Connection) -> dict[str, bytes]:
    """Return the public keys of the intake officers who hold the passphrase, or a share of it, by user name."""
    return {name: public for name, (public, holds) in _officers(connection).items() if holds}


def waiting_officers(connection: Connection) -> dict[str, bytes]:
    """Return the public keys of the intake officers who hold neither, by user name."""
    return {name: public for name, (public, holds) in _officers(connection).items() if not holds}


def put_shares(connection: Connection, sealed: Mapping[str, Ciphertext]) -> None:
    """Keep a share for each of these officers, and neither any other share nor any whole passphrase."""
    connection.execute(delete(intake_shares))
    connection.execute(update(reviewers).values(sealed_passphrase=None))
    for username, share in sealed.items():
        connection.execute(insert(intake_shares).values(username=username, sealed=share))


def put_passphrases(connection: Connection, sealed: Mapping[str, Ciphertext]) -> None:
    """Keep the whole passphrase for each of these officers, and no shares."""
    connection.execute(delete(intake_shares))
    for username, passphrase in sealed.items():
        connection.execute(
            update(reviewers).where(reviewers.c.username == username).values(sealed_passphrase=passphrase)
        )


def find_recovery_copy(connection: Connection) -> Ciphertext | None:
    """Return the passphrase sealed to the recovery key, if it is there."""
    found = connection.execute(
        select(settings.c.value).where(settings.c.name == Setting.INTAKE_FOR_RECOVERY.value)
    ).scalar_one_or_none()
    return None if found is None else Ciphertext(found)


def put_recovery_copy(connection: Connection, sealed: Ciphertext | None) -> None:
    """Keep the passphrase sealed to the recovery key, in the place of any copy before; or, with None, keep no copy."""
    connection.execute(delete(settings).where(settings.c.name == Setting.INTAKE_FOR_RECOVERY.value))
    if sealed is not None:
        connection.execute(insert(settings).values(name=Setting.INTAKE_FOR_RECOVERY.value, value=sealed))


def _officers(connection: Connection) -> dict[str, tuple[bytes, bool]]:
    """Every intake officer whose account is not shut: public key, and whether they hold the passphrase or a share."""
    rows = connection.execute(
        select(reviewers.c.username, reviewers.c.public_key, reviewers.c.sealed_passphrase, intake_shares.c.sealed)
        .join(roles, roles.c.username == reviewers.c.username)
        .outerjoin(intake_shares, intake_shares.c.username == reviewers.c.username)
        .where(roles.c.role == Role.INTAKE_OFFICER.value, reviewers.c.suspended.is_(False))
        .order_by(reviewers.c.username)
    )
    return {row.username: (row.public_key, (row.sealed_passphrase or row.sealed) is not None) for row in rows}
