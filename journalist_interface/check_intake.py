"""Does whoever should hold the intake key's passphrase hold it, and nobody else? For `candour-desk check`."""

from collections.abc import Iterator

from sqlalchemy import Connection

from keys.intake_shares import OFFICERS_NEEDED
from serving.language import gettext as _
from store.desk import intake
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role
from store.findings import Finding


def check_holders(connection: Connection) -> Iterator[Finding]:
    """Yield what is wrong with who holds it, and who waits for it."""
    two = intake.must_be_two(connection)
    holders, waiting = intake.key_holders(connection), intake.waiting_officers(connection)
    for reviewer in list_reviewers(connection):
        share = intake.find_share(connection, reviewer.username)
        whole = reviewer.sealed_passphrase is not None
        if (share is not None or whole) and Role.INTAKE_OFFICER not in reviewer.roles:
            said = _("The roles of {name} do not fit what they can open: somebody changed the database by hand.")
            yield Finding(said.format(name=reviewer.username), sound=False)
        elif whole and two:
            said = _("Two officers are needed for the intake key, and {name} holds the whole of it all the same.")
            yield Finding(said.format(name=reviewer.username), sound=False)
    for name in waiting:
        said = _("{name} is an intake officer and waits for the key. Was {name} meant to be one? If so, hand it over.")
        yield Finding(said.format(name=name), sound=True, warns=True)
    if len(holders) < (OFFICERS_NEEDED if two else 1):
        said = _("Nobody can unlock the intake key: too few officers hold it. docs/guide-recovery.md says what to do.")
        yield Finding(said, sound=False)
    if intake.find_recovery_copy(connection) is None:
        said = _("The recovery key does not open the post yet. It will, once an officer has unlocked the intake key.")
        yield Finding(said, sound=True, warns=True)
