"""Handing the intake key's passphrase to officers with the recovery key, when those who held it are lost. No terminal.

What is handed over is tried first: whoever can write to the database could have put something else in its place.
"""

from collections.abc import Collection

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CustodyRefused, RecoveryRefused
from journalist_interface.intake_custody import give_key, leave_no_trace
from journalist_interface.key_names import exchanges_recorded
from journalist_interface.recovering import check_key_within, open_recovery_copy
from keys.errors import OpenPGPFailed
from keys.hpke import SecretKey
from keys.intake_secret import agent_running, export_secret
from keys.intake_shares import OFFICERS_NEEDED
from serving.language import gettext as _
from store.desk import intake
from store.desk.audit import Act, record_act
from store.desk.cases import RECOVERY_HOLDER


def check_officers(desk: Desk, names: Collection[str]) -> tuple[str, ...]:
    """Return who will hold the key besides these officers, and with them, if two are needed to unlock it; else nobody.

    Raises RecoveryRefused if one of them is no intake officer, or if they would be one alone where two are needed:
    custodians should not come together for that.
    """
    with desk.database.reading() as connection:
        _public_keys(connection, names)
        if not intake.must_be_two(connection):
            return ()
        others = tuple(name for name in intake.key_holders(connection) if name not in names)
    if len(set(names)) + len(others) < OFFICERS_NEEDED:
        raise RecoveryRefused(
            _(
                "At this desk two officers unlock the intake key together, and there would be one. Nothing was "
                "changed. Name two: --officer NAME --officer NAME."
            )
        )
    return others


def recover_intake(desk: Desk, key: SecretKey, names: Collection[str], reason: str) -> None:
    """Have these officers hold the intake key too. Raises RecoveryRefused: nothing was changed."""
    with desk.database.reading() as connection:
        check_key_within(connection, key)
        passphrase = open_recovery_copy(connection, key)
    if passphrase is None:
        raise RecoveryRefused(
            _(
                "The recovery key has no copy of the intake key's passphrase here, or an altered one. Nothing was "
                "changed. Any officer who unlocks the intake key mends that; or restore the database from a backup."
            )
        )
    _try(desk, passphrase)
    with exchanges_recorded(desk, RECOVERY_HOLDER), desk.database.writing() as connection:
        check_key_within(connection, key)
        try:
            give_key(connection, _public_keys(connection, names), passphrase)
        except CustodyRefused as refused:
            raise RecoveryRefused(refused.sentence) from refused
        note = f"{', '.join(sorted(names))}: {reason}"
        record_act(connection, RECOVERY_HOLDER, Act.RECOVER_INTAKE, note=note)
    leave_no_trace(desk)


def _try(desk: Desk, passphrase: str) -> None:
    try:
        with agent_running(desk.paths.gnupg):
            export_secret(desk.paths.gnupg, desk.intake_fingerprint, passphrase)
    except (OpenPGPFailed, ValueError) as reason:
        raise RecoveryRefused(
            _(
                "What is sealed to the recovery key does not open the intake key: somebody changed the database, or "
                "the folder gnupg is not this desk's. Nothing was changed. Compare with a backup."
            )
        ) from reason


def _public_keys(connection: Connection, names: Collection[str]) -> dict[str, bytes]:
    officers = {**intake.key_holders(connection), **intake.waiting_officers(connection)}
    for name in names:
        if name not in officers:
            raise RecoveryRefused(
                _(
                    "“{name}” is no intake officer. Nothing was changed. candour-desk reviewer list shows who is."
                ).format(name=name)
            )
    return {name: officers[name] for name in names}
