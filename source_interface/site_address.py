"""The onion address of the site, as its data folder keeps it: one line, and one spelling of it.

While the file is not there the site runs on this machine alone, to try it out. What is there and cannot be read stops
the start: a site that took it for missing would answer gateways again, and nobody would notice.
"""

import os

from onion.address import check_address
from onion.errors import AddressRefused
from serving.language import gettext as _
from source_interface.drop_folder import DropFolder
from store.errors import FolderExposed
from store.folder import read_private_file, write_private_file

_LONGEST_FILE = 100  # bytes; an address has 62


def keep_site_address(folder: DropFolder, address: str) -> str:
    """Keep the address under which the site answers from its next start on; return it. Raises AddressRefused."""
    checked = check_address(address)
    write_private_file(folder.site_address, f"{checked}\n".encode("ascii"))
    return checked


def read_site_address(folder: DropFolder) -> str | None:
    """Return the site's address, `….onion` in small letters, or None if it has none yet. Raises FolderExposed."""
    # Also a link that leads nowhere is something that is there.
    if not os.path.lexists(folder.site_address):
        return None
    found = read_private_file(folder.site_address, _("The site's address"))
    spelt = found[:_LONGEST_FILE].decode("ascii", "replace").removesuffix("\n")
    try:
        address = check_address(spelt)
    except AddressRefused:
        address = ""
    if not address or found.removesuffix(b"\n") != address.encode("ascii"):
        raise FolderExposed(
            _("The site's address in {path} is damaged. This writes it anew: candour-drop onion set-up.").format(
                path=folder.site_address
            )
        )
    return address
