"""The two keys that a host needs for its backups: the recovery key's public half, and its own key for signing.

Neither opens a backup. The desk has the first in its settings; the source host is given it in a file. Whoever takes a
host can sign with the second for ever: so the host that comes after it gets another, and goes on knowing by which keys
older backups of its own are signed, to erase them in time. For restoring only the paper counts.
"""

import base64
import binascii
import secrets
from gettext import gettext as _
from pathlib import Path

from keys.backup_head import SIGNING_KEY_SIZE, BackupSigner
from keys.errors import Malformed
from keys.hpke import check_public_key
from store.destroying import replace_and_destroy
from store.errors import BackupRefused
from store.folder import read_private_file, write_private_file

SIGNING_KEY = "backup-signing-key"
FORMER_SIGNERS = "backup-signers-before"
_UNTOLD = "backup-signer-untold"  # the groups of a new key that nobody was told of: no backup stands that it signed
RECOVERY_KEY = "recovery-key.pub"
_FIRST_LINE = "candour recovery key 1"
_LONGEST_FILE = 4096  # characters


def signer_of(root: Path) -> BackupSigner:
    """Return the key that signs this host's backups; the first time it is made. Raises BackupRefused, FolderExposed."""
    path = root / SIGNING_KEY
    if not path.exists():
        write_private_file(path, secrets.token_bytes(SIGNING_KEY_SIZE))
    try:
        return BackupSigner(read_private_file(path, _("The key that signs backups")))
    except Malformed as reason:
        raise BackupRefused(
            _("{path} is damaged. Erase it: another is made, whose groups must be written down.").format(path=path)
        ) from reason


def change_signer(root: Path) -> None:
    """Have another key sign this host's backups from now on, and overwrite the one before. Raises as `signer_of`.

    One that was drawn before and of which nobody was told yet (`told_of_change`) is kept: each more would be one more
    that nobody knows. Killed in the middle, the one before signs on, and is among the former ones, too.
    """
    spoken = signer_of(root).spoken
    if untold_signer(root) == spoken:
        return
    drawn = secrets.token_bytes(SIGNING_KEY_SIZE)
    write_private_file(root / FORMER_SIGNERS, "\n".join(sorted({*former_signers(root), spoken})).encode("ascii"))
    write_private_file(root / _UNTOLD, BackupSigner(drawn).spoken.encode("ascii"))
    replace_and_destroy(root / SIGNING_KEY, drawn)


def untold_signer(root: Path) -> str:
    """Return the groups of the key that signs, if it took another's place and nobody was told of it yet; else nothing.

    Raises FolderExposed.
    """
    if not (root / _UNTOLD).exists() or not (root / SIGNING_KEY).exists():
        return ""
    spoken = read_private_file(root / _UNTOLD, _UNTOLD).decode("ascii", "replace")
    return spoken if spoken == signer_of(root).spoken else ""


def told_of_change(root: Path) -> None:
    """Note that a backup stands which the new key signed, and that its groups are shown: the next change draws one."""
    (root / _UNTOLD).unlink(missing_ok=True)


def former_signers(root: Path) -> frozenset[str]:
    """Return the groups of the keys that signed this host's backups before. Raises FolderExposed."""
    if not (root / FORMER_SIGNERS).exists():
        return frozenset()
    found = read_private_file(root / FORMER_SIGNERS, _("The list of keys that signed backups before"))
    return frozenset(found.decode("ascii", "replace").splitlines())


def spell_recovery_key(public: bytes) -> str:
    """Return the public half as it stands in a file."""
    return f"{_FIRST_LINE}\n{base64.b64encode(public).decode('ascii')}\n"


def read_recovery_key(path: Path) -> bytes:
    """Return the public half of a recovery key from a file. Raises BackupRefused with a sentence."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            first, _end, rest = file.read(_LONGEST_FILE).partition("\n")
        if first != _FIRST_LINE:
            raise Malformed("no recovery key")
        return check_public_key(base64.b64decode(rest.strip(), validate=True))
    except FileNotFoundError as reason:
        raise BackupRefused(_("{path} is not there.").format(path=path)) from reason
    except (Malformed, binascii.Error, ValueError) as reason:
        raise BackupRefused(
            _("{path} holds no recovery key. Make it at the desk: candour-desk recovery-key.").format(path=path)
        ) from reason
