"""What an administrator asked for and nobody has done: a link to join or to come back after a loss, or other work.

Times are Unix seconds. A link is found by a hash alone; it, and the code of whoever consented, are nowhere here.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from store.desk.account_tables import invitations
from store.desk.roles import Role
from store.errors import AlreadyThere, Missing


class InvitationKind(StrEnum):
    """What a link is for."""

    JOIN = "join"  # a new account
    SECOND_FACTOR = "second-factor"  # another authenticator; the password of now is asked for, and no key is lost
    PASSWORD = "password"  # noqa: S105  (a new password and a new key: what was sealed to the old one stays shut)
    ROLES = "roles"  # other work for somebody who is here; it is done by the consent itself, and no link is for it


@dataclass(frozen=True)
class Invitation:
    """One link. `roles` are those that the account will have; none if those that it has are not to change."""

    lookup_hash: bytes = field(repr=False)
    kind: InvitationKind
    username: str
    roles: frozenset[Role]
    asked_by: str
    asked_at: int
    expires_at: int
    needs_consent: bool
    consented_by: str | None = None
    consent_hash: bytes | None = field(default=None, repr=False)

    @property
    def waits_for_consent(self) -> bool:
        """Whether a second person has to agree before the link opens anything."""
        return self.needs_consent and self.consented_by is None


def add_invitation(connection: Connection, invitation: Invitation) -> None:
    """Keep a new link. Raises AlreadyThere if one for this user name was not used yet."""
    taken = select(invitations.c.lookup_hash).where(invitations.c.username == invitation.username)
    if connection.execute(taken).first() is not None:
        raise AlreadyThere("a link for this user name was given out already")
    connection.execute(
        insert(invitations).values(
            lookup_hash=invitation.lookup_hash,
            kind=invitation.kind.value,
            username=invitation.username,
            roles=",".join(sorted(invitation.roles)),
            asked_by=invitation.asked_by,
            asked_at=invitation.asked_at,
            expires_at=invitation.expires_at,
            needs_consent=invitation.needs_consent,
        )
    )


def find_invitation(connection: Connection, lookup_hash: bytes, now: int) -> Invitation:
    """Return the link. Raises Missing if there is none or it has expired."""
    query = select(invitations).where(invitations.c.lookup_hash == lookup_hash, invitations.c.expires_at > now)
    row = connection.execute(query).first()
    if row is None:
        raise Missing("no such link, or it is over")
    return _read(row)


def find_invitation_of(connection: Connection, username: str, now: int) -> Invitation:
    """Return the link that was given out for a user name. Raises Missing if there is none or it has expired."""
    query = select(invitations).where(invitations.c.username == username, invitations.c.expires_at > now)
    row = connection.execute(query).first()
    if row is None:
        raise Missing("no link for this user name, or it is over")
    return _read(row)


def list_invitations(connection: Connection, now: int) -> list[Invitation]:
    """Return all links that open something, or would with consent; the newest first."""
    query = select(invitations).where(invitations.c.expires_at > now)
    rows = connection.execute(query.order_by(invitations.c.asked_at.desc(), invitations.c.username))
    return [_read(row) for row in rows]


def remove_invitation(connection: Connection, lookup_hash: bytes) -> None:
    """Erase a link: it was used or taken back. Raises Missing if somebody was faster."""
    gone = connection.execute(delete(invitations).where(invitations.c.lookup_hash == lookup_hash))
    if gone.rowcount != 1:
        raise Missing("this link is gone already")


def remove_expired(connection: Connection, now: int) -> list[Invitation]:
    """Erase the links that have expired, and return them."""
    return _remove(connection, invitations.c.expires_at <= now)


def remove_given_by(connection: Connection, username: str) -> list[Invitation]:
    """Erase the links that somebody asked for or consented to, and return them, by user name."""
    theirs = or_(invitations.c.asked_by == username, invitations.c.consented_by == username)
    return _remove(connection, theirs)


def remove_links_of(connection: Connection, username: str) -> list[Invitation]:
    """Erase the link that was given out for a user name, and return it, if there is one."""
    return _remove(connection, invitations.c.username == username)


def keep_consent(connection: Connection, lookup_hash: bytes, consented_by: str, consent_hash: bytes) -> None:
    """Note who agreed, and the hash of the code they hand over. Raises Missing if somebody was faster."""
    changed = connection.execute(
        update(invitations)
        .where(invitations.c.lookup_hash == lookup_hash, invitations.c.consented_by.is_(None))
        .values(consented_by=consented_by, consent_hash=consent_hash)
    )
    if changed.rowcount != 1:
        raise Missing("this link is gone, or somebody agreed already")


def _remove(connection: Connection, these: ColumnElement[bool]) -> list[Invitation]:
    chosen = select(invitations).where(these).order_by(invitations.c.username)
    gone = [_read(row) for row in connection.execute(chosen).all()]
    connection.execute(delete(invitations).where(these))
    return gone


def _read(row: Row[*tuple[Any, ...]]) -> Invitation:
    roles = frozenset(Role(name) for name in row.roles.split(",") if name)
    values = row._mapping
    return Invitation(**{**values, "kind": InvitationKind(row.kind), "roles": roles})
