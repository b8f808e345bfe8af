"""The courier's key for the door: made here, its public half carried to the source host, and handed to Tor.

Where the door is comes back in the pairing file; only then can Tor be told which service the key is for. The courier
itself never reads it.
"""

from pathlib import Path

from journalist_interface.courier_errors import PairingRefused
from journalist_interface.tor_paths import tor_of
from onion.address import check_address
from onion.client_key import ClientKey, authorised
from serving.language import gettext as _
from store.errors import FolderExposed
from store.folder import read_private_file, write_new_private_file, write_private_file

_ENTRANCE = "door.auth_private"


def make_courier_key(root: Path, public_half: Path) -> None:
    """Write the public half of the courier's key for the source host. Safe to run again: the key stays.

    Raises FolderExposed if another file is there already, or none can be written there.
    """
    secret = _secret(root)
    if not secret.exists():
        key = ClientKey.draw()
        write_private_file(secret, f"{key.public}:{key.secret}\n".encode("ascii"))
    line = authorised(_key(root).public).encode("ascii")
    try:
        write_new_private_file(public_half, line)
    except FileExistsError as there:
        # The same line is what an earlier run of this wrote. Anything else is somebody's, also where a link leads.
        if public_half.is_symlink() or not public_half.is_file() or public_half.read_bytes() != line:
            raise FolderExposed(
                _("{path} is there already, and is not this host's key. Nothing was written over it.").format(
                    path=public_half
                )
            ) from there
    except OSError as reason:
        raise FolderExposed(
            _("{path} cannot be written: {why}.").format(path=public_half, why=reason.strerror)
        ) from reason


def enter_door(root: Path, address: str) -> None:
    """Have this host's Tor open the door at `….onion` with the courier's key. Raises PairingRefused without a key."""
    if not _secret(root).exists():
        raise PairingRefused(_("The courier has no key for the door yet. Run candour-desk onion set-up first."))
    line = _key(root).entrance(check_address(address))
    write_private_file(tor_of(root).entrances / _ENTRANCE, line.encode("ascii"))


def has_courier_key(root: Path) -> bool:
    """Tell whether this host opens the door with a key of its own: not, where an administrator's own Tor does."""
    return _secret(root).exists()


def _key(root: Path) -> ClientKey:
    public, _colon, secret = read_private_file(_secret(root), _("The courier's key")).decode("ascii").partition(":")
    return ClientKey(public, secret.strip())


def _secret(root: Path) -> Path:
    return tor_of(root).root / "courier-key"
