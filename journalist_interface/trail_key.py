"""The desk's own name in its trail: an id, and the key that signs checkpoints.

The secret lies in a private file of the data folder; id and public half in the database's settings, and in the trail
itself, in the record that made them. So a database that was put into another desk's folder is seen, and so is another
id or key slipped into the settings.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from journalist_interface.desk_folder import DeskPaths
from journalist_interface.errors import SigningKeyUnusable
from keys.checkpoint import SigningKey
from keys.errors import Malformed
from keys.succession import Place, name_heir
from serving.language import gettext as _
from store.desk.audit import Act, last_link, record_act
from store.desk.audit_reading import NAMING, Wanted, read_trail
from store.desk.settings import Setting, change_setting, put_setting, read_setting
from store.errors import FolderExposed, Missing
from store.folder import read_private_file, sync_folder, write_private_file


@dataclass(frozen=True)
class TrailName:
    """Whose trail it is: the desk's id, and the public key that signs its checkpoints, if there is one yet."""

    desk: str
    signer: bytes | None

    def note(self) -> str:
        """Return it as it stands in the trail: empty for a desk without a signer yet."""
        return f"desk {self.desk} signer {self.signer.hex()}" if self.signer else ""


def read_trail_name(connection: Connection) -> TrailName:
    """Return whose trail the settings say it is. Raises Missing if they lack the id."""
    desk = read_setting(connection, Setting.DESK_ID).decode("ascii", "replace")
    try:
        return TrailName(desk, read_setting(connection, Setting.AUDIT_SIGNER))
    except Missing:
        # Made before there were signing keys.
        return TrailName(desk, None)


def draw_trail_name(paths: DeskPaths) -> TrailName:
    """Return the name of a new desk; its signing key is on the disk."""
    return TrailName(secrets.token_hex(16), make_signing_key(paths))


def keep_trail_name(connection: Connection, username: str, name: TrailName) -> None:
    """Write a new desk's name into its settings and its first record."""
    put_setting(connection, Setting.DESK_ID, name.desk.encode("ascii"))
    put_setting(connection, Setting.AUDIT_SIGNER, name.signer or b"")
    record_act(connection, username, Act.SET_UP, note=name.note())


def add_signer(connection: Connection, paths: DeskPaths) -> TrailName:
    """Return the desk's name, with a signing key made now if the desk is from before there were any.

    Raises SigningKeyUnusable if it once had one.
    """
    name = read_trail_name(connection)
    if name.signer is None:
        _refuse_second_name(connection)
        name = TrailName(name.desk, make_signing_key(paths))
        put_setting(connection, Setting.AUDIT_SIGNER, name.signer or b"")
        record_act(connection, "", Act.SIGNING_KEY, note=name.note())
    return name


def _refuse_second_name(connection: Connection) -> None:
    if any(link.record.note for act in NAMING for link in read_trail(connection, Wanted(act=act))):
        raise SigningKeyUnusable(
            _(
                "The trail names a key that signs its checkpoints, and the settings lack it: somebody took it out. "
                "Nothing was signed. Restore the database from the backup."
            )
        )


def make_signing_key(paths: DeskPaths) -> bytes:
    """Return the public half of the key in the folder, drawn and written there if there is none."""
    if paths.signing_key.exists():
        # From a start that died before its settings were written.
        return _read(paths).public
    key, secret = SigningKey.draw()
    write_private_file(paths.signing_key, secret)
    return key.public


def open_signing_key(paths: DeskPaths, name: TrailName) -> SigningKey:
    """Return the desk's signing key. Raises SigningKeyUnusable if it is missing, damaged, or another desk's."""
    if (heir := _next(paths)) is not None and heir.public == name.signer:
        # The trail names it, and it had not come into its place yet when something failed.
        return heir
    key = _read(paths)
    if key.public != name.signer:
        raise SigningKeyUnusable(
            _(
                "The signing key in {path} is not that of the database beside it: one of them is another desk's, or "
                "was exchanged. Restore both from one backup."
            ).format(path=paths.signing_key)
        )
    return key


def change_signing_key(connection: Connection, paths: DeskPaths, key: SigningKey, name: TrailName) -> None:
    """Have the key in use name a new one, in the trail.

    In a writing transaction; `settle_signing_key` puts the new key into its place after it. The new key is on the disk
    before the trail names it: whatever fails, the key that the trail names last is there. Raises SigningKeyUnusable.
    """
    heir, secret = SigningKey.draw()
    write_private_file(paths.next_signing_key, secret)
    end, before = last_link(connection)
    succession = name_heir(key, Place(name.desk, end + 1, before), heir.public)
    change_setting(connection, Setting.AUDIT_SIGNER, heir.public)
    record_act(connection, "", Act.SIGNER_CHANGED, note=succession.note())


def settle_signing_key(paths: DeskPaths, name: TrailName) -> None:
    """Put the key that the trail names last into its place, and let go of the other: the one before, or a new one that
    came to nothing.
    """
    if (heir := _next(paths)) is None:
        return
    if heir.public == name.signer:
        # A rename: it needs no room on a full disk.
        paths.next_signing_key.replace(paths.signing_key)
    else:
        paths.next_signing_key.unlink()
    sync_folder(paths.folder)


def _next(paths: DeskPaths) -> SigningKey | None:
    return _open(paths.next_signing_key) if paths.next_signing_key.exists() else None


def _read(paths: DeskPaths) -> SigningKey:
    return _open(paths.signing_key)


def _open(path: Path) -> SigningKey:
    try:
        return SigningKey(read_private_file(path, _("The audit trail's signing key")))
    except FolderExposed as reason:
        raise SigningKeyUnusable(reason.reason) from reason
    except Malformed as reason:
        raise SigningKeyUnusable(
            _("The signing key in {path} is damaged. Restore it from the backup.").format(path=path)
        ) from reason
