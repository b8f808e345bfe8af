"""Asking intake officers at a terminal who they are: one of them, or two where two are needed to unlock the key."""

from dataclasses import dataclass, field

import click
from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CustodyRefused, NotAnOfficer
from journalist_interface.intake_custody import open_own, put_together
from journalist_interface.proof import Proof, prove
from serving.language import gettext as _
from store.desk.roles import Role


@dataclass(frozen=True)
class ProvedOfficers:
    """The officers who have just proved who they are, and the intake key's passphrase as they have it together."""

    proofs: tuple[Proof, ...]
    passphrase: str = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Their user names, in the order in which they were asked."""
        return tuple(proof.reviewer.username for proof in self.proofs)

    def spend(self, connection: Connection) -> None:
        """Use up every one's second factor. Raises SignInRefused if somebody was faster with one of them."""
        for proof in self.proofs:
            proof.spend(connection)


def ask_officer(desk: Desk) -> Proof:
    """Ask one intake officer. Raises SignInRefused, KeyExchanged, or NotAnOfficer for anybody else."""
    proof = prove(
        desk,
        str(click.prompt(_("Your user name"))),
        str(click.prompt(_("Your password"), hide_input=True)),
        str(click.prompt(_("Six-digit code of your authenticator, or a recovery code"))),
    )
    if Role.INTAKE_OFFICER not in proof.reviewer.roles:
        raise NotAnOfficer(_("That takes an intake officer. Nothing was changed."))
    return proof


def ask_key_holders(desk: Desk) -> ProvedOfficers:
    """Ask as many officers as the intake key needs. Raises what `ask_officer` does, and CustodyRefused if the second
    one is the first again."""
    first = ask_officer(desk)
    own = _own(desk, first)
    if isinstance(own, str):
        return ProvedOfficers((first,), own)
    click.echo(_("Two officers are needed for the intake key. Now the second one."))
    second = ask_officer(desk)
    if second.reviewer.username == first.reviewer.username:
        raise CustodyRefused(_("Two different officers are needed. Nothing was changed."))
    other = _own(desk, second)
    if isinstance(other, str):
        # Somebody chose that one is enough, while we asked.
        return ProvedOfficers((first, second), other)
    return ProvedOfficers((first, second), put_together(own, other))


def _own(desk: Desk, proof: Proof) -> str | bytes:
    with desk.database.reading() as connection:
        return open_own(connection, proof.reviewer, proof.secret.key())
