"""Backups of the desk: what is in them, and how a folder that was restored is looked at.

Who was signed in signs in again. The trail ends where it ended that day: a later checkpoint tells so, and must.
"""

import time
from pathlib import Path

from journalist_interface.clock import day_of
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk, opened_desk
from journalist_interface.door_entrance import drop_next_key
from journalist_interface.errors import SetUpRefused
from journalist_interface.intake_homes import intake_key_alone
from journalist_interface.tor_paths import make_meeting_places, tor_of
from keys.backup_head import HostKind
from store.backup.contents import Contents
from store.backup.own_keys import FORMER_SIGNERS, SIGNING_KEY, change_signer, former_signers, signer_of
from store.backup.telling import telling_of_change
from store.backup.writing import Keys, Written, check_can_be_written, write_backup
from store.desk.account_tables import sessions
from store.desk.notices import hold_for
from store.desk.settings import Setting, read_setting
from store.errors import BackupRefused
from store.folder import check_private_folder
from store.upgrade_going_on import refuse_meanwhile

CONTENTS = Contents(
    host=HostKind.DESK,
    database="desk.sqlite",
    files=(
        "intake-key.asc",
        "audit-signing-key",
        "audit-signing-key-next",
        "destroyed-cases.txt",
        "courier.json",
        "tor/courier-key",
        "tor/courier-key-next",
        SIGNING_KEY,
        FORMER_SIGNERS,
    ),
    # The two beside it are there for a moment while the intake key is exchanged: a backup of just then has them.
    folders=("gnupg", "gnext", "gnupg.before", "tor/desk", "tor/entrances", "tor/laid-aside"),
    blob_folders=("post", "vault", "outgoing"),
    needed=("gnupg", "intake-key.asc"),
)


def recovery_public(root: Path) -> bytes:
    """Return the public half of the recovery key that holds now. Raises what `open_desk` raises."""
    with opened_desk(root) as desk, desk.database.reading() as connection:
        return read_setting(connection, Setting.RECOVERY_PUBLIC_KEY)


def back_up(root: Path, out: Path, *, sign_anew: bool = False) -> tuple[Written, Keys]:
    """Write a backup; return what was written, and under whose keys.

    `sign_anew`: another key signs from now on, once all was looked at that may keep a backup from being made.
    Raises BackupRefused, FolderExposed, UpgradeGoesOn.
    """
    if sign_anew:
        refuse_meanwhile(check_private_folder(root), "", ())
    # Read anew each time: the custodians may have renewed it.
    recovery = recovery_public(root)
    try:
        # Passphrases and the home that they open must be of one moment; nobody else signs while the key changes.
        with telling_of_change(root, sign_anew=sign_anew), intake_key_alone(root, shared=not sign_anew):
            keys = Keys(recovery, signer_of(root), former_signers(root))
            if sign_anew:
                check_can_be_written(root, CONTENTS, keys, out)
                change_signer(root)
                keys = Keys(recovery, signer_of(root), former_signers(root))
            return write_backup(root, CONTENTS, keys, out), keys
    except SetUpRefused as reason:
        raise BackupRefused(str(reason)) from reason


def look_at_restored(draft: Path) -> None:
    """Open a restored folder, bring its database up to date, end every session, finish what was half done that day.

    A key for the door that was drawn and not used yet is erased: whoever has the desk of before has it, too, and the
    next would not be drawn while it is there. No notice goes from it today: from the host that was, it may have gone.

    Raises what `open_desk` raises.
    """
    drop_next_key(draft)
    if tor_of(draft).root.is_dir():
        make_meeting_places(draft)
    desk = open_desk(draft)
    try:
        with desk.database.writing() as connection:
            connection.execute(sessions.delete())
            hold_for(connection, day_of(int(time.time())))
        clear_desk_leftovers(desk)
    finally:
        desk.database.close()
