"""Making a desk: its keys, and the first intake officer (`candour-desk init`).

The settings are written last, in one transaction with the officer: a desk that was not made to its end says so.
"""

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from journalist_interface.accounts import NewAccount, make_account
from journalist_interface.desk_folder import MIGRATIONS, DeskPaths, open_blob_folder
from journalist_interface.errors import SetUpRefused
from journalist_interface.trail_key import TrailName, draw_trail_name, keep_trail_name
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_secret import agent_running, export_public, make_intake_key, new_passphrase
from serving.language import gettext as _
from store.database import open_database
from store.desk.reviewers import add_reviewer
from store.desk.roles import Role
from store.desk.settings import Setting, put_setting
from store.folder import make_private_folder, write_private_file


@dataclass(frozen=True)
class NewDesk:
    """What `init` made: the first officer, where the keys are, and whose the audit trail is."""

    account: NewAccount = field(repr=False)
    paths: DeskPaths
    fingerprint: str
    trail: TrailName


def set_up_desk(folder: Path, username: str, password: str) -> NewDesk:
    """Make a desk in `folder`. Raises SetUpRefused if one is there or the account will not do, OpenPGPFailed."""
    passphrase = new_passphrase()
    account = make_account(username, password, (Role.INTAKE_OFFICER, Role.REVIEWER), passphrase)
    paths = DeskPaths(make_private_folder(folder))
    if paths.database.exists() or paths.gnupg.exists():
        raise SetUpRefused(
            _("There is a desk in {path} already. Nothing was changed. Choose another folder.").format(path=folder)
        )
    with agent_running(paths.gnupg):
        fingerprint = make_intake_key(paths.gnupg, passphrase)
        write_private_file(paths.intake_key, export_public(paths.gnupg, fingerprint).encode("ascii"))
    recovery_public_key = _make_recovery_key(paths)
    name = draw_trail_name(paths)
    open_blob_folder(paths.post)
    open_blob_folder(paths.vault)
    database = open_database(paths.database, MIGRATIONS)
    with database.writing() as connection:
        add_reviewer(connection, account.reviewer)
        put_setting(connection, Setting.RECOVERY_PUBLIC_KEY, recovery_public_key)
        put_setting(connection, Setting.INTAKE_FINGERPRINT, fingerprint.encode("ascii"))
        keep_trail_name(connection, username, name)
    database.close()
    return NewDesk(account, paths, fingerprint, name)


def _make_recovery_key(paths: DeskPaths) -> bytes:
    seed = secrets.token_bytes(SEED_SIZE)
    sentence = _(
        "This is the recovery key of your desk. It opens every case. Take this file off this host now, keep it "
        "in a safe place away from here, and then erase it here. Nobody can make it again."
    )
    encoded = base64.b64encode(seed).decode("ascii")
    write_private_file(paths.recovery_key, f"{sentence}\n\n{encoded}\n".encode())
    return SecretKey(seed).public
