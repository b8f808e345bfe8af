"""The six digits that an authenticator app would show for the demonstration's reviewer."""

from gettext import gettext as _
from pathlib import Path

import pyotp

from deploy.demo.errors import FolderRefused
from deploy.demo.folder import DemonstrationFolder


def current_code(data: Path) -> str:
    """The code to sign in with now (RFC 6238, 30 seconds). Raises FolderRefused when `data` holds no account."""
    account = DemonstrationFolder(data).account()
    if account is None:
        raise FolderRefused(_("{path} holds no demonstration. Start one with ./run.").format(path=data))
    return pyotp.TOTP(account["totp_secret"]).now()
