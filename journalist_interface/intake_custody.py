"""Who holds the intake key's passphrase: officers, whole or in shares of which two are needed; and the recovery key.

Rules:
- Which of the two it is, is what lies in the database: with shares there is no whole passphrase of any officer. If no
  share is left, the audit trail's last word holds for whoever hands the key out again.
- Every change is one transaction with its record, and the log is emptied after it: what was taken out is gone.
- Shares are always split for all who hold one: shares of two splittings do not combine.
- The recovery key has the whole passphrase, so that the loss of officers is not the loss of the post. It takes k
  custodians, and opens every case already.
"""

import time
from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from journalist_interface.accounts import open_passphrase, seal_passphrase
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CustodyRefused
from journalist_interface.key_names import OtherKey, check_named, exchanges_recorded
from journalist_interface.sessions import SignedIn
from keys.ciphertext import Ciphertext
from keys.errors import SharesDisagree
from keys.hpke import Purpose, SecretKey, seal
from keys.intake_shares import MOST_OFFICERS, OFFICERS_NEEDED, combine_passphrase, split_passphrase
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from store.desk import intake
from store.desk.audit import Act, record_act
from store.desk.cases import RECOVERY_HOLDER
from store.desk.reviewers import Reviewer
from store.desk.settings import Setting, read_setting

_SHARE_FOR = "candour v1 intake share"
_COPY_NOTE = "the intake passphrase is sealed to the recovery key: no -> yes"
_ATTEMPTS = 50
_BETWEEN_ATTEMPTS = 0.1  # seconds


def open_own(connection: Connection, reviewer: Reviewer, key: SecretKey) -> str | bytes:
    """Return what an officer holds: the passphrase as text, or one share of it as bytes.

    Raises NotAnOfficer if it is neither, SealBroken if it was altered.
    """
    share = intake.find_share(connection, reviewer.username)
    if share is not None:
        return key.open(share, share_purpose(reviewer.username))
    return open_passphrase(reviewer, key)


def put_together(one: bytes, other: bytes) -> str:
    """Return the passphrase of two officers' shares. Raises CustodyRefused if they do not belong together."""
    try:
        return combine_passphrase(one, other)
    except SharesDisagree as reason:
        raise CustodyRefused(
            _(
                "The two halves do not belong together, so nothing was done. Try once more, both of you. If it "
                "happens again, somebody changed the database: tell the auditor."
            )
        ) from reason


def give_key(connection: Connection, officers: Mapping[str, bytes], passphrase: str) -> None:
    """Have these officers, by user name with their public keys, hold the key besides those who do, in this desk's way.

    Raises CustodyRefused if there would be too few or too many of them.
    """
    if intake.must_be_two(connection):
        _split(connection, {**intake.key_holders(connection), **officers}, passphrase)
    else:
        _seal_whole(connection, officers, passphrase)


def hand_over(desk: Desk, signed_in: SignedIn, passphrase: str, username: str, compared: str) -> None:
    """Give the key to an officer who waits for it, whose key's fingerprint was `compared`. Raises CustodyRefused."""
    with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
        public = intake.waiting_officers(connection).get(username)
        # What was read aloud is what is sealed to: the row may have been changed since the page was shown.
        if public is None or spoken_fingerprint(public) != compared:
            raise CustodyRefused(
                _(
                    "{name} does not wait for the key with this fingerprint any more. Nothing was handed over. Look "
                    "below, and compare again."
                ).format(name=username)
            )
        give_key(connection, {username: public}, passphrase)
        record_act(connection, signed_in.username, Act.HAND_OVER, note=username)
    leave_no_trace(desk)


def need_two(desk: Desk, signed_in: SignedIn, passphrase: str) -> None:
    """From now on two officers unlock together. Raises CustodyRefused if they do, or too few or many hold the key."""
    with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
        if intake.two_are_needed(connection):
            raise CustodyRefused(_("Two officers are needed already. Nothing was changed."))
        _split(connection, intake.key_holders(connection), passphrase)
        intake.record_needed(connection, signed_in.username, 1, OFFICERS_NEEDED)
    leave_no_trace(desk)


def need_one(connection: Connection, agreed: Collection[str], passphrase: str) -> None:
    """From now on one officer is enough: each holds the whole passphrase. Recorded for each of those who agreed."""
    _seal_whole(connection, intake.key_holders(connection), passphrase)
    for username in agreed:
        intake.record_needed(connection, username, OFFICERS_NEEDED, 1)


def seal_anew(connection: Connection, username: str, passphrase: str) -> None:
    """Have whoever holds the key hold this passphrase instead, in the way in which they do, and the recovery key too.

    What anybody held before is taken out, of those too who are shut out at the moment. Raises CustodyRefused, OtherKey.
    """
    holders, two = intake.key_holders(connection), intake.must_be_two(connection)
    intake.put_shares(connection, {})
    (_split if two else _seal_whole)(connection, holders, passphrase)
    intake.put_recovery_copy(connection, None)
    if (public := _named_recovery_key(connection, username)) is not None:
        intake.put_recovery_copy(connection, seal_for_recovery(public, passphrase))


def seal_for_recovery(public: bytes, passphrase: str) -> Ciphertext:
    """Return the passphrase sealed to a recovery key, whose name no officer can have."""
    return seal_passphrase(public, passphrase, RECOVERY_HOLDER)


def keep_recovery_copy(connection: Connection, username: str, passphrase: str) -> None:
    """Seal the passphrase to the recovery key, and record it, at a desk that does not have that yet.

    If the recovery key was exchanged, nothing is sealed to it, and that is recorded instead: whoever unlocks must not
    be kept from the post by it, and `check` tells of it until it is put right.
    """
    if intake.find_recovery_copy(connection) is not None:
        return
    if (public := _named_recovery_key(connection, username)) is not None:
        intake.put_recovery_copy(connection, seal_for_recovery(public, passphrase))
        record_act(connection, username, Act.SETTINGS, note=_COPY_NOTE)


def _named_recovery_key(connection: Connection, username: str) -> bytes | None:
    """Return the recovery key's public half, or None if it was exchanged; that is recorded then."""
    public = read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)
    try:
        check_named(connection, {RECOVERY_HOLDER: public})
    except OtherKey:
        record_act(connection, username, Act.KEY_EXCHANGED, note=RECOVERY_HOLDER)
        return None
    return public


def leave_no_trace(desk: Desk) -> None:
    """Empty the database's log of what was taken out, for which all who read must be done for a moment."""
    for _attempt in range(_ATTEMPTS):
        if desk.database.leave_no_trace():
            return
        time.sleep(_BETWEEN_ATTEMPTS)


def _split(connection: Connection, officers: Mapping[str, bytes], passphrase: str) -> None:
    check_named(connection, officers)
    _check_number(officers)
    shares = zip(officers.items(), split_passphrase(passphrase, len(officers)), strict=True)
    intake.put_shares(connection, {name: seal(public, share, share_purpose(name)) for (name, public), share in shares})


def _seal_whole(connection: Connection, officers: Mapping[str, bytes], passphrase: str) -> None:
    check_named(connection, officers)
    sealed = {name: seal_passphrase(public, passphrase, name) for name, public in officers.items()}
    intake.put_passphrases(connection, sealed)


def _check_number(officers: Collection[str]) -> None:
    if len(officers) < OFFICERS_NEEDED:
        raise CustodyRefused(
            _(
                "Two officers must hold the intake key, or nobody could unlock it. Nothing was changed. Hand it to a "
                "second officer first."
            )
        )
    if len(officers) > MOST_OFFICERS:
        raise CustodyRefused(
            _("At most {most} officers can hold halves of the intake key. Nothing was changed.").format(
                most=MOST_OFFICERS
            )
        )


def share_purpose(username: str) -> Purpose:
    """Return what a share is sealed for, to one officer."""
    return Purpose(_SHARE_FOR, username.encode("ascii"))
