"""A backup of a source host for tests: its keys, and restoring it as the command does."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keys.backup_code import spell_backup_code
from keys.backup_head import BackupHead, HostKind
from keys.hpke import SecretKey
from keys.recovery_key import RecoverySecret
from source_interface.backup import CONTENTS, back_up, look_at_restored, take_recovery_key
from store.backup.own_keys import spell_recovery_key
from store.backup.reading import opened_backup, restore_backup
from store.backup.record import RECORD
from store.folder import write_private_file

RECOVERY: SecretKey = RecoverySecret(bytes(range(32))).key()


@dataclass(frozen=True)
class KeptBackup:
    """One backup: its file, the groups that are on paper, its code, and what it was made of."""

    path: Path
    signed_by: str
    code: str
    before: dict[str, str]


def give_recovery_key(root: Path, scratch: Path) -> None:
    """Tell the source host for whom to seal."""
    file = scratch / "recovery.pub"
    file.write_text(spell_recovery_key(RECOVERY.public))
    take_recovery_key(root, file)


def back_up_drop(root: Path, scratch: Path) -> KeptBackup:
    """Back a source host up into the folder `stick`."""
    (scratch / "stick").mkdir(exist_ok=True)
    give_recovery_key(root, scratch)
    written, keys = back_up(root, scratch / "stick")
    with written.path.open("rb") as file:
        code = spell_backup_code(BackupHead.read(file).open_key(RECOVERY))
    return KeptBackup(written.path, keys.signer.spoken, code, digests(root))


def note_backup(root: Path, day: str) -> None:
    """Have a host know that its newest backup is of that day."""
    write_private_file(root / RECORD, json.dumps({"made": day, "failed": None}).encode("ascii"))


def restore_drop(path: Path, root: Path, look: Callable[[Path], None] = look_at_restored) -> None:
    """Restore with the recovery key itself."""
    with opened_backup(path, HostKind.DROP) as (head, content):
        restore_backup(head, content, head.open_key(RECOVERY), CONTENTS, root, look)


def digests(root: Path) -> dict[str, str]:
    """Every file below a folder that belongs into a backup, with its SHA-256: but for the database, and the door's
    tokens, of which a restored host has none that opens."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
        and CONTENTS.may_hold(path.relative_to(root).as_posix())
        and not path.name.startswith(("drop.sqlite", "door-token"))
    }
