"""The six digits that an authenticator app would show for somebody at the demonstration's desk."""

from gettext import gettext as _
from pathlib import Path

import pyotp

from deploy.demo.errors import FolderRefused
from deploy.demo.folder import DemonstrationFolder


def current_code(data: Path, name: str | None = None) -> str:
    """The code to sign in with now (RFC 6238, 30 seconds), of the first reviewer or of a colleague.

    Raises FolderRefused when `data` holds no such account.
    """
    account = DemonstrationFolder(data).account()
    if account is None:
        raise FolderRefused(_("{path} holds no demonstration. Start one with ./run.").format(path=data))
    secrets = {account["username"]: account["totp_secret"]}
    secrets |= {each["username"]: each["totp_secret"] for each in account.get("colleagues", [])}
    secret = secrets.get(name or account["username"])
    if secret is None:
        raise FolderRefused(
            _("nobody here is called {name}. There are: {names}.").format(name=name, names=", ".join(secrets))
        )
    return pyotp.TOTP(secret).now()
