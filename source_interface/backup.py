"""Backups of the source host: what is in them, and how a folder that was restored is looked at.

Neither the sessions' rows nor anything of a form half sent comes back: whoever was signed in comes back by codename.
"""

from contextlib import closing
from functools import partial
from pathlib import Path

from keys.backup_head import HostKind
from keys.intake_key import fingerprint_of
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from source_interface.door_tokens import make_void
from source_interface.drop_folder import MIGRATIONS, DropFolder, only_hand_on_pepper
from source_interface.peppers import read_peppers
from source_interface.silenced import refuse_if_silenced
from source_interface.site_address import read_site_address
from source_interface.tor_plan import set_up_onions
from store.backup.contents import Contents
from store.backup.own_keys import (
    FORMER_SIGNERS,
    RECOVERY_KEY,
    SIGNING_KEY,
    change_signer,
    former_signers,
    read_recovery_key,
    signer_of,
    spell_recovery_key,
)
from store.backup.telling import check_sealed_for, telling_of_change
from store.backup.writing import Keys, Written, check_can_be_written, write_backup
from store.ballast import Ballast
from store.blobs import BlobFolder
from store.database import open_database
from store.drop import reply_files
from store.drop.intake import blobs_named
from store.drop.tables import erasing, sessions
from store.erasing import finish_erasing
from store.errors import BackupRefused, FolderExposed
from store.folder import check_private_folder, write_private_file
from store.leftovers import clear_leftovers
from store.upgrade_going_on import refuse_meanwhile

CONTENTS = Contents(
    host=HostKind.DROP,
    database="drop.sqlite",
    files=(
        "pepper",
        # The key before its history, which is written first: a backup of just then knows a change too many.
        "intake-key.asc",
        "intake-key-history.json",
        "door-token.sha256",
        "door-token-next.sha256",
        "desk-lost.json",
        "host-taken.json",
        "site-address",
        "settings.json",
        SIGNING_KEY,
        FORMER_SIGNERS,
        RECOVERY_KEY,
    ),
    folders=("tor/site", "tor/door", "tor/laid-aside"),
    blob_folders=("blobs", "reply-files"),
    needed=("pepper", "intake-key.asc", "door-token.sha256"),
)


def take_recovery_key(root: Path, file: Path) -> str:
    """Keep the recovery key's public half for backups from now on; return its six groups, to be compared."""
    public = read_recovery_key(file)
    write_private_file(check_private_folder(root) / RECOVERY_KEY, spell_recovery_key(public).encode("ascii"))
    return spoken_fingerprint(public)


def back_up(root: Path, out: Path, sealed_for: str | None = None, *, sign_anew: bool = False) -> tuple[Written, Keys]:
    """Write a backup; return what was written, and under whose keys.

    `sealed_for` is the recovery key in six groups, as a card has it: the site may write where this host's copy lies.
    `sign_anew`: another key signs from now on, once all was looked at that may keep a backup from being made.
    Raises BackupRefused, FolderExposed, UpgradeGoesOn, or AlreadyServed while the pepper is being changed.
    """
    refuse_if_silenced(check_private_folder(root))
    if not (root / RECOVERY_KEY).exists():
        raise BackupRefused(
            _(
                "This host does not know yet for whom to seal its backups. Make a file at the desk with candour-desk "
                "recovery-key, carry it here, and give it once with --recovery-key."
            )
        )
    if sign_anew:
        refuse_meanwhile(root, "", ())
    with telling_of_change(root, sign_anew=sign_anew), only_hand_on_pepper(root):
        keys = _keys(root)
        check_sealed_for(keys, sealed_for)
        if sign_anew:
            check_can_be_written(root, CONTENTS, keys, out)
            change_signer(root)
            keys = _keys(root)
        return write_backup(root, CONTENTS, keys, out), keys


def _keys(root: Path) -> Keys:
    return Keys(read_recovery_key(root / RECOVERY_KEY), signer_of(root), former_signers(root))


def look_at_restored(draft: Path) -> None:
    """Open a restored folder, bring its database up to date, end every session, finish what was half done that day.

    No token opens its door: nobody can tell from a backup whether the one in it was made void since, because a thief
    had it. Whether letters can be sealed is not asked: an intake key that is over by now is exchanged on the host that
    is there again, and `check_restored` says so. Raises FolderExposed, StoreError.
    """
    folder = DropFolder(draft)
    if not fingerprint_of(folder.intake_key.read_bytes()):
        raise BackupRefused(_("What this backup has for an intake key is none. Nothing was restored."))
    make_void(folder.tokens)
    read_peppers(folder.pepper)
    with closing(open_database(folder.database, MIGRATIONS, Ballast(folder.ballast))) as database:
        blobs, files = BlobFolder(folder.blobs), BlobFolder(folder.reply_files)
        with database.writing() as connection:
            connection.execute(sessions.delete())
        clear_leftovers(blobs, partial(blobs_named, database))
        finish_erasing(database, erasing, blobs)
        clear_leftovers(files, partial(reply_files.blobs_named, database))
        reply_files.finish_files(database, files)
        database.leave_no_trace()


def address_of(root: Path) -> str | None:
    """Have the restored host's Tor know its services again; return the site's address, None if it never had one.

    Raises OnionError; or FolderExposed if it is not the one under which the site answered, for Tor makes keys where it
    finds none that it can use.
    """
    if not (root / "tor" / "site").is_dir():
        return None
    before = read_site_address(DropFolder(root))
    address = set_up_onions(root, None, None)["site"]
    if before not in (None, address):
        raise FolderExposed(
            _(
                "The keys of the site's address {before} are not whole in this backup, so Tor made others: {address}. "
                "If an older backup has them, restore that instead."
            ).format(before=before, address=address)
        )
    return address
