"""What the reviewer host's Tor does: it takes the courier to the door, and brings reviewers to the desk if that is on.

The courier's key for the door is made here (`onion set-up`); its public half goes to the source host. Where the door is
comes back in the pairing file; only then can the key be handed to Tor.
"""

from pathlib import Path

from journalist_interface.errors import SetUpRefused
from journalist_interface.tor_paths import DESK, desk_service, desk_socket, tor_of
from onion.address import check_address
from onion.client_key import ClientKey, authorised
from onion.errors import AddressRefused
from onion.running import Plan
from onion.torrc import Service
from serving.language import gettext as _
from store.folder import check_private_folder, read_private_file, write_private_file

_DOOR_ENTRANCE = "door.auth_private"


def plan_of(root: Path, beside: Path | None = None) -> Plan:
    """Return the plan for the desk in `root`. Raises FolderExposed, OnionError."""
    tor = tor_of(check_private_folder(root))
    services = (Service(DESK, desk_socket(root), open_to_all=False),) if desk_service(root).is_dir() else ()
    return Plan(tor, services, for_the_courier=True, beside=beside)


def set_up_road(root: Path, courier_key: Path) -> None:
    """Make the courier's key, and write its public half for the source host. Safe to run again: the key stays."""
    plan_of(root).write()
    secret = _secret(root)
    if not secret.exists():
        key = ClientKey.draw()
        write_private_file(secret, f"{key.public}:{key.secret}\n".encode("ascii"))
    public = _key(root).public
    courier_key.write_text(authorised(public), "ascii")


def enter_door(root: Path, door_url: str) -> None:
    """Have Tor open the door at `http://….onion` with the courier's key; nothing to do for a door on loopback.

    Raises SetUpRefused if there is no key.
    """
    try:
        address = check_address(door_url.removeprefix("http://"))
    except AddressRefused:
        return
    if not _secret(root).exists():
        raise SetUpRefused(_("The courier has no key for the door yet. Run candour-desk onion set-up first."))
    entrances = tor_of(root).entrances
    write_private_file(entrances / _DOOR_ENTRANCE, _key(root).entrance(address).encode("ascii"))


def _key(root: Path) -> ClientKey:
    public, _colon, secret = read_private_file(_secret(root), _("The courier's key")).decode("ascii").partition(":")
    return ClientKey(public, secret.strip())


def _secret(root: Path) -> Path:
    return tor_of(root).root / "courier-key"
