"""Whose public key is whose, as the audit trail has it: so that a key put into a row by hand is seen to be another.

The newest record for a name counts. One pass over the trail reads them all: 100,000 records took 5 to 14 ms.
"""

from sqlalchemy import Connection, select

from store.desk.account_tables import audit
from store.desk.audit import Act, record_act


def record_key_name(connection: Connection, actor: str, holder: str, fingerprint: str) -> None:
    """Record that `holder`, a user name or the recovery key's, has the public key of this fingerprint from now on."""
    record_act(connection, actor, Act.KEY_NAMED, note=f"{holder}: {fingerprint}")


def named_keys(connection: Connection) -> dict[str, str]:
    """Return the fingerprint of each holder that the trail names."""
    notes = connection.execute(
        select(audit.c.note).where(audit.c.act == Act.KEY_NAMED.value).order_by(audit.c.number)
    ).scalars()
    # No user name has a colon.
    return {holder: groups for holder, _colon, groups in (note.partition(": ") for note in notes)}


def since_named(connection: Connection, holder: str) -> int | None:
    """Return when the trail named the key that this holder has, in Unix seconds; None if it never did."""
    named = select(audit.c.at).where(audit.c.act == Act.KEY_NAMED.value, audit.c.note.startswith(f"{holder}: "))
    return connection.execute(named.order_by(audit.c.number.desc()).limit(1)).scalar_one_or_none()
