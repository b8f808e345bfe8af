"""What the reviewer host's Tor does: it takes the courier to the door, and reviewers to a desk that has it on."""

from pathlib import Path

from journalist_interface.door_entrance import make_courier_key, make_next_key
from journalist_interface.tor_paths import DESK, desk_service, desk_socket, make_meeting_places, tor_of
from onion.client_key import check_name
from onion.running import Plan
from onion.torrc import Service
from store.folder import check_private_folder


def plan_of(root: Path, beside: Path | None = None) -> Plan:
    """Return the plan for the desk in `root`. Raises FolderExposed, OnionError."""
    tor = tor_of(check_private_folder(root))
    services = (Service(DESK, desk_socket(root), open_to_all=False),) if desk_service(root).is_dir() else ()
    return Plan(tor, services, for_the_courier=True, beside=beside)


def set_up_road(root: Path, courier_key: Path) -> None:
    """Make the courier's key, and write its public half for the source host. Safe to run again: the key stays."""
    # The source host will know this host by the file's name.
    check_name(courier_key.stem)
    plan_of(root).write()
    make_meeting_places(root)
    make_courier_key(root, courier_key)


def draw_next_key(root: Path, courier_key: Path) -> None:
    """Draw another key for the courier, and write its public half. The one before stays in use until pairing anew."""
    check_name(courier_key.stem)
    check_private_folder(root)
    make_next_key(root, courier_key)
