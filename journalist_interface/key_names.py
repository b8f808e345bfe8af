"""Is the public key in a row the one that its owner was given? Asked before anything is sealed to it.

Whoever can write to the database could put a key of their own under a colleague's name, wait until something is sealed
to it, and put the true one back. So each key's fingerprint stands in the audit trail, and is compared in the
transaction that seals. Keys from before that are named at their owner's next proof, when the true one is at hand.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import KeyExchanged
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.cases import RECOVERY_HOLDER
from store.desk.key_names import named_keys, record_key_name
from store.desk.reviewers import list_reviewers
from store.desk.settings import Setting, read_setting
from store.findings import Finding


class OtherKey(KeyExchanged):
    """The public key of `holder` in the database is not the one the trail names: nothing may be sealed to it."""

    def __init__(self, holder: str) -> None:
        whose = _("the recovery key") if holder == RECOVERY_HOLDER else _("the key of {name}").format(name=holder)
        super().__init__(
            _(
                "Nothing was sealed and nothing was changed: {whose} in the database is not the one that the audit "
                "trail names. Somebody with access to the database may have exchanged it. Tell your supervisor and "
                "the auditor now, in person, and do not try again before they say so."
            ).format(whose=whose)
        )
        self.holder = holder


def name_key(connection: Connection, actor: str, holder: str, public: bytes) -> None:
    """Record whose key this is, in the transaction that made it."""
    record_key_name(connection, actor, holder, spoken_fingerprint(public))


def check_named(connection: Connection, keys: Mapping[str, bytes]) -> None:
    """Raise OtherKey if a holder's public key is not the one that the trail names for them.

    Use it inside `exchanges_recorded`: the transaction that is refused keeps no record.
    """
    named = named_keys(connection)
    for holder, public in keys.items():
        # One from before keys were named passes: `check` warns of it until its owner signs in.
        if named.get(holder, spoken_fingerprint(public)) != spoken_fingerprint(public):
            raise OtherKey(holder)


def is_named(connection: Connection, holder: str) -> bool:
    """Tell whether the trail names a key for this holder."""
    return holder in named_keys(connection)


@contextmanager
def exchanges_recorded(desk: Desk, actor: str) -> Iterator[None]:
    """Record a key that was refused, after the transaction that refused it is undone."""
    try:
        yield
    except OtherKey as reason:
        with desk.database.writing() as connection:
            record_act(connection, actor, Act.KEY_EXCHANGED, note=reason.holder)
        raise


def check_key_names(desk: Desk) -> Iterator[Finding]:
    """Compare every account's public key, and the recovery key, with the trail."""
    with desk.database.reading() as connection:
        named = named_keys(connection)
        keys = {each.username: each.public_key for each in list_reviewers(connection)}
        keys[RECOVERY_HOLDER] = read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)
    for holder, public in keys.items():
        if holder not in named:
            yield Finding(_not_named(holder), sound=True, warns=True)
        elif named[holder] != spoken_fingerprint(public):
            yield Finding(OtherKey(holder).sentence, sound=False)
    yield Finding(
        _("Public keys that the audit trail names: {n}.").format(n=len(named.keys() & keys.keys())), sound=True
    )


def _not_named(holder: str) -> str:
    if holder == RECOVERY_HOLDER:
        return _("The audit trail does not name the recovery key yet. candour-desk recovery-shares verify names it.")
    return _("The audit trail does not name the key of {name} yet. It does once {name} has signed in.").format(
        name=holder
    )
