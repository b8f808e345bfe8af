"""Making a desk: its keys, and the first intake officer (`candour-desk init`).

The shares of the recovery key are handed out before anything is made: a desk whose recovery key nobody holds never is.
The settings are written last, in one transaction with the officer: a desk that was not made to its end says so.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from journalist_interface.accounts import NewAccount, make_account
from journalist_interface.desk_folder import MIGRATIONS, DeskPaths, open_blob_folder
from journalist_interface.errors import SetUpRefused
from journalist_interface.handing_out import HandOut, worthless_if_this_fails
from journalist_interface.recovery_cards import NewShares
from journalist_interface.recovery_codes import RecoveryCodes, draw_codes
from journalist_interface.trail_key import TrailName, draw_trail_name, keep_trail_name
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
    codes: RecoveryCodes = field(repr=False)
    paths: DeskPaths
    fingerprint: str
    trail: TrailName


def set_up_desk(folder: Path, username: str, password: str, new: NewShares, hand_out: HandOut) -> NewDesk:
    """Make a desk in `folder`, whose recovery key's new shares are given to `hand_out`.

    Raises SetUpRefused if a desk is there or the account will not do, what `hand_out` raises, and OpenPGPFailed.
    """
    passphrase = new_passphrase()
    account = make_account(username, password, (Role.INTAKE_OFFICER, Role.REVIEWER), passphrase)
    if DeskPaths(folder).database.exists() or DeskPaths(folder).gnupg.exists():
        raise SetUpRefused(
            _("There is a desk in {path} already. Nothing was changed. Choose another folder.").format(path=folder)
        )
    hand_out(new)
    with worthless_if_this_fails():
        try:
            paths = DeskPaths(make_private_folder(folder))
            fingerprint = _make_keys(paths, passphrase)
            codes = draw_codes(account.secret.seed, username)
            trail = _keep(paths, account, codes, fingerprint, new.public)
        except OSError as reason:
            raise SetUpRefused(
                _("The desk cannot be made in {path}: {why}. Choose another folder.").format(
                    path=folder, why=os.strerror(reason.errno or 0)
                )
            ) from reason
    return NewDesk(account, codes, paths, fingerprint, trail)


def _make_keys(paths: DeskPaths, passphrase: str) -> str:
    with agent_running(paths.gnupg):
        fingerprint = make_intake_key(paths.gnupg, passphrase)
        write_private_file(paths.intake_key, export_public(paths.gnupg, fingerprint).encode("ascii"))
    return fingerprint


def _keep(
    paths: DeskPaths, account: NewAccount, codes: RecoveryCodes, fingerprint: str, recovery_public_key: bytes
) -> TrailName:
    name = draw_trail_name(paths)
    open_blob_folder(paths.post)
    open_blob_folder(paths.vault)
    database = open_database(paths.database, MIGRATIONS)
    with database.writing() as connection:
        add_reviewer(connection, account.reviewer)
        codes.keep(connection)
        put_setting(connection, Setting.RECOVERY_PUBLIC_KEY, recovery_public_key)
        put_setting(connection, Setting.INTAKE_FINGERPRINT, fingerprint.encode("ascii"))
        keep_trail_name(connection, account.reviewer.username, name)
    database.close()
    return name
