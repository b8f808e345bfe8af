"""What the recovery key is for: opening cases to a reviewer, being checked, being replaced. Knows no terminal.

Rules:
- A key is used only if it is the one that cases are sealed to now: looked at inside the transaction that uses it.
- All that one command does is one transaction, with its records in the audit trail: it is done, or nothing is.
- A case whose recovery copy is gone or does not open stops nothing: it is named, and the others are done.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.accounts import passphrase_of
from journalist_interface.case_documents import AccessDocument
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import RecoveryRefused
from journalist_interface.intake_custody import leave_no_trace, seal_for_recovery
from journalist_interface.key_names import check_named, exchanges_recorded, is_named, name_key
from journalist_interface.sending import Recipient, keep_item
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.hpke import SecretKey
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from serving.language import ngettext
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.cases import RECOVERY_HOLDER
from store.desk.intake import find_recovery_copy, put_recovery_copy
from store.desk.items import ItemKind
from store.desk.lapsed import forget_lapsed
from store.desk.recovery import Recoverable, kept_out_of, list_recoverable, put_clearance
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role
from store.desk.settings import Setting, change_setting, read_setting
from store.errors import Missing

LONGEST_REASON = 500  # characters


@dataclass(frozen=True)
class Recovered:
    """How many cases were opened, how many of them again, and the references of those that could not be.

    `walled`: those that were left out because the reviewer was kept out of them, and nobody named them.
    """

    opened: int
    again: int
    closed: tuple[str, ...]
    walled: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """How many cases would be opened, and the references of those left out because the reviewer was kept out."""

    cases: int
    walled: tuple[str, ...]


@dataclass(frozen=True)
class Resealed:
    """How many cases are sealed to the new recovery key, and the references of those that no recovery key opens.

    `intake`: so is the intake key's passphrase. If not, it will be when an officer unlocks the intake key next.
    """

    cases: int
    closed: tuple[str, ...]
    intake: bool


@dataclass(frozen=True)
class Verified:
    """What shares in order open: the references of cases whose copy does not open, and whether the intake key does."""

    closed: tuple[str, ...]
    intake: bool


def recovery_public_key(desk: Desk) -> bytes:
    """Return the key that every case is sealed to now."""
    with desk.database.reading() as connection:
        return read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)


def check_request(desk: Desk, username: str, references: Collection[str] | None) -> Asked:
    """Return what is asked for: with None all cases but those that the reviewer was kept out of.

    Raises RecoveryRefused if there is no such reviewer or case: custodians should not come together for a slip of the
    pen.
    """
    with desk.database.reading() as connection:
        _public_key_of(connection, username)
        cases, walled = _asked_for(connection, username, references)
        return Asked(len(cases), walled)


def recover(desk: Desk, key: SecretKey, username: str, references: Collection[str] | None, reason: str) -> Recovered:
    """Seal the key of each case to a reviewer's public key. Raises RecoveryRefused; then nothing was changed.

    May be done again: a clearance that stands under this name is made anew, because it may be an earlier account's.
    """
    with exchanges_recorded(desk, RECOVERY_HOLDER), desk.database.writing() as connection:
        check_key_within(connection, key)
        public = _public_key_of(connection, username)
        check_named(connection, {username: public, RECOVERY_HOLDER: key.public})
        cases, walled = _asked_for(connection, username, references)
        again = 0
        opened = list(_opened(cases, key))
        note = ngettext("{name}, {n} case: {reason}", "{name}, {n} cases: {reason}", len(opened))
        note = note.format(name=username, n=len(opened), reason=reason)
        record_act(connection, RECOVERY_HOLDER, Act.RECOVER, note=note)
        for case, case_key in opened:
            sealed = case_key.seal_to(public, case.case_id)
            again += put_clearance(connection, case.case_id, username, sealed)
            # Whoever reads the case sees by which door somebody came in.
            let_in = AccessDocument(RECOVERY_HOLDER, username, cleared=True, reason=reason)
            keep_item(connection, Recipient(case.case_id, case_key, None, None), new_blob_id(), ItemKind.ACCESS, let_in)
            forget_lapsed(connection, case.case_id, username)
            record_act(connection, RECOVERY_HOLDER, Act.RECOVER, case.reference, note=username)
    return Recovered(len(opened), again, _closed(cases, opened), walled)


def check_fits(desk: Desk, key: SecretKey) -> Verified:
    """Record that custodians found their shares in order. Raises RecoveryRefused if they are not this desk's.

    Every case's copy is opened, and nothing of it kept: shares that give the right key are worth what it opens.
    """
    with desk.database.writing() as connection:
        check_key_within(connection, key)
        cases = _cases(connection, None)
        closed = _closed(cases, list(_opened(cases, key)))
        opens_intake = open_recovery_copy(connection, key) is not None
        note = spoken_fingerprint(key.public)
        if closed:
            note += f", opens {len(cases) - len(closed)} of {len(cases)}"
        record_act(connection, RECOVERY_HOLDER, Act.RECOVERY_VERIFY, note=note)
        if not is_named(connection, RECOVERY_HOLDER):
            name_key(connection, RECOVERY_HOLDER, RECOVERY_HOLDER, key.public)
    return Verified(closed, intake=opens_intake)


def check_key(desk: Desk, key: SecretKey) -> None:
    """Raise RecoveryRefused unless this is the key that cases are sealed to now."""
    with desk.database.reading() as connection:
        check_key_within(connection, key)


def replace_key(desk: Desk, key: SecretKey, new_public: bytes) -> Resealed:
    """Seal every case, and those to come, to a new recovery key. Raises RecoveryRefused: then the old one holds."""
    with desk.database.writing() as connection:
        check_key_within(connection, key)
        cases = _cases(connection, None)
        opened = list(_opened(cases, key))
        for case, case_key in opened:
            put_clearance(connection, case.case_id, RECOVERY_HOLDER, case_key.seal_to(new_public, case.case_id))
        change_setting(connection, Setting.RECOVERY_PUBLIC_KEY, new_public)
        passphrase = open_recovery_copy(connection, key)
        put_recovery_copy(connection, None if passphrase is None else seal_for_recovery(new_public, passphrase))
        note = f"{spoken_fingerprint(key.public)} -> {spoken_fingerprint(new_public)}"
        record_act(connection, RECOVERY_HOLDER, Act.RECOVERY_RENEW, note=note)
        name_key(connection, RECOVERY_HOLDER, RECOVERY_HOLDER, new_public)
    # What the old shares open must not be in the log either.
    leave_no_trace(desk)
    return Resealed(len(opened), _closed(cases, opened), intake=passphrase is not None)


def open_recovery_copy(connection: Connection, key: SecretKey) -> str | None:
    """Return the intake key's passphrase from the recovery key's copy, or None if that is not there or was altered."""
    sealed = find_recovery_copy(connection)
    try:
        return None if sealed is None else key.open(sealed, passphrase_of(RECOVERY_HOLDER)).decode("ascii")
    except (SealBroken, UnicodeDecodeError):
        return None


def check_key_within(connection: Connection, key: SecretKey) -> None:
    """As `check_key`, inside the transaction that uses the key."""
    # What was combined is a key for certain; whose it is, only this comparison tells. A public key may be compared so.
    if key.public != read_setting(connection, Setting.RECOVERY_PUBLIC_KEY):
        raise RecoveryRefused(
            _(
                "This is the recovery key {groups}, which is not this desk's. It may be another desk's, or one that "
                "has been renewed since. Nothing was changed. Compare the groups on the cards with those of this desk."
            ).format(groups=spoken_fingerprint(key.public))
        )


def _public_key_of(connection: Connection, username: str) -> bytes:
    sentence = _(
        "There is no reviewer “{name}”. Nothing was changed. candour-desk reviewer list shows who there is."
    ).format(name=username)
    try:
        found = find_reviewer(connection, username)
    except Missing as reason:
        raise RecoveryRefused(sentence) from reason
    if Role.REVIEWER not in found.roles:
        # Whoever reads no cases by their role is not given any by this door either.
        raise RecoveryRefused(sentence)
    return found.public_key


def _cases(connection: Connection, references: Collection[str] | None) -> list[Recoverable]:
    try:
        return list_recoverable(connection, references)
    except Missing as reason:
        raise RecoveryRefused(
            _(
                "One of these is no case of this desk. Nothing was changed. Look at the references: candour-desk check "
                "names the cases that no reviewer can read."
            )
        ) from reason


def _asked_for(
    connection: Connection, username: str, references: Collection[str] | None
) -> tuple[list[Recoverable], tuple[str, ...]]:
    cases = _cases(connection, references)
    # A wall is opened by whoever names the case, and never by the way.
    walled = kept_out_of(connection, username) if references is None else frozenset[str]()
    inside = [case for case in cases if case.reference not in walled]
    return inside, tuple(case.reference for case in cases if case.reference in walled)


def _opened(cases: list[Recoverable], key: SecretKey) -> Iterator[tuple[Recoverable, CaseKey]]:
    for case in cases:
        if case.sealed_key is None:
            continue
        try:
            yield case, CaseKey.open(case.sealed_key, key, case.case_id)
        except SealBroken:
            continue


def _closed(cases: list[Recoverable], opened: list[tuple[Recoverable, CaseKey]]) -> tuple[str, ...]:
    done = {case.case_id for case, _key in opened}
    return tuple(case.reference for case in cases if case.case_id not in done)
