"""Giving an onion service a new address: its old keys are laid aside, Tor makes new ones.

The old keys stay, in a folder beside, until somebody destroys them: an address that was given up in error, or to which
people still come, can be put back. Whoever may come to a closed service may come to the new one too.
"""

import shutil
from pathlib import Path

from onion.errors import NoSuchService
from onion.running import Plan, make_addresses
from serving.language import gettext as _

_CLIENTS = "authorized_clients"


def renew_address(plan: Plan, name: str) -> tuple[str, Path]:
    """Return the new address of a service, and the folder with the keys of the old one. Raises OnionError."""
    addresses = plan.addresses()
    if name not in addresses:
        raise NoSuchService(_("There is no onion service “{name}” here yet.").format(name=name))
    service = plan.folder.service(name)
    aside = plan.folder.laid_aside / addresses[name]
    plan.folder.laid_aside.mkdir(mode=0o700, exist_ok=True)
    service.rename(aside)
    if (aside / _CLIENTS).is_dir():
        service.mkdir(mode=0o700)
        shutil.copytree(aside / _CLIENTS, service / _CLIENTS)
    return make_addresses(plan)[name], aside
