"""What the source host's Tor offers: the site to everybody, the door to the reviewer hosts whose keys it was given."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keys.door_token import hash_of
from keys.errors import Malformed
from keys.intake_key import load_intake_key
from keys.strict_json import read_object, write_object
from onion.clients import allow
from onion.layout import TorFolder
from onion.renewing import bring_address_back, renew_address
from onion.running import Plan, make_addresses
from onion.torrc import Service
from serving.language import gettext as _
from source_interface.door_keys import DOOR, beside, door_of, let_in_for_new
from source_interface.door_tokens import DoorToken, read_in_force, read_pending
from source_interface.drop_folder import DropFolder, NewPairing, refuse_taken, write_pairing
from source_interface.silenced import refuse_if_silenced
from source_interface.site_address import keep_site_address
from store.errors import FolderExposed
from store.folder import check_private_folder, read_private_file, write_private_file

_LARGEST_PAIRING = 4096  # bytes
SITE = "site"


def plan_of(root: Path, beside: Path | None = None) -> Plan:
    """Return the plan for the source host in `root`. Raises FolderExposed, OnionError."""
    folder = DropFolder(check_private_folder(root))
    refuse_if_silenced(root)
    # The program that looks after Tor is shown Tor's folder and no other: it is there once a host was made.
    if not folder.tor.is_dir() and not folder.pepper.is_file():
        raise FolderExposed(_("There is no source host in {path}. Run init first.").format(path=root))
    services = (
        Service(SITE, folder.site_socket, open_to_all=True),
        Service(DOOR, folder.door_socket, open_to_all=False),
    )
    return Plan(TorFolder(folder.tor), services, for_the_courier=False, beside=beside)


def set_up_onions(root: Path, courier_key: Path | None, pairing: Path | None) -> dict[str, str]:
    """Make both onion services; return their addresses by name. Safe to run again: addresses stay.

    `courier_key` holds the public key of a reviewer host, which is let in at the door under the name of the file;
    `pairing`, the file that init wrote, is told where the door is. Raises OnionError, FolderExposed.
    """
    plan = plan_of(root)
    DropFolder(root).sockets.mkdir(mode=0o700, exist_ok=True)
    if pairing is not None:
        _read_pairing(pairing)  # what is wrong with it is said before anything is made
    addresses = make_addresses(plan)
    keep_site_address(DropFolder(root), addresses[SITE])
    if courier_key is not None:
        let_in(root, courier_key.stem, courier_key)
    if pairing is not None:
        _tell(pairing, addresses[DOOR])
    return addresses


@dataclass(frozen=True)
class Rotation:
    """What is to be changed with the token. `courier_key`: a file with the public half of a reviewer host's new key;
    `instead_of`: the name whose key ends then, if there are several. `at_once`: nothing of before opens the door."""

    at_once: bool = False
    courier_key: Path | None = None
    instead_of: str | None = None


def pair_anew(root: Path, pairing: Path, rotation: Rotation) -> tuple[DoorToken, bool]:
    """Make a new pairing file; return what is kept of its token, and whether the one before still opens the door.

    It does until the new one is used, unless it was void or is to end at once. A file that is there already is not
    touched, unless it is one of this command that came to nothing: killed before the token that stands in it opened
    the door. Raises FolderExposed, AlreadyMade, OnionError.
    """
    folder = DropFolder(check_private_folder(root))
    key = load_intake_key(folder.intake_key)
    # First: what it says of a damaged token, and what is to be typed then, holds whatever the file is called.
    at_once = rotation.at_once or not folder.door_token.is_file() or read_in_force(folder.tokens).is_void
    if pairing.is_file() and _came_to_nothing(folder, key.fingerprint, pairing):
        pairing.unlink()
    # Before a key is let in, or taken away: refused is refused whole.
    refuse_taken(pairing)
    # Without a new key the desk may have taken the one of a pairing file that this replaces: that stays, for as long.
    public, lets_in, ends = None, let_in_for_new(folder), tuple[str, ...]()
    if rotation.courier_key is not None:
        key_beside = beside(folder, rotation.courier_key, rotation.instead_of)
        public, ends = key_beside.public, key_beside.ends
        lets_in = public if key_beside.is_new else None
    door = plan_of(root).addresses().get(DOOR) if folder.tor.is_dir() else None
    return write_pairing(folder, key, pairing, NewPairing(at_once, door, public, ends, lets_in)), not at_once


def _came_to_nothing(folder: DropFolder, fingerprint: str, pairing: Path) -> bool:
    """Tell whether no token of this file ever opened the door. Of a damaged token nobody can tell that."""
    known = set()
    try:
        found = _read_pairing(pairing)
        if folder.door_token.is_file():
            known.add(read_in_force(folder.tokens).hashed)
        if (pending := read_pending(folder.tokens, datetime.now(UTC).date().isoformat())) is not None:
            known.add(pending.hashed)
    except FolderExposed:
        return False
    return found["fingerprint"] == fingerprint and hash_of(str(found["token"])) not in known


def check_same_address(root: Path, site_address: str | None) -> None:
    """Raise FolderExposed unless the site answers under the address that Tor publishes: everybody would be refused."""
    if plan_of(root).addresses().get(SITE) != site_address:
        raise FolderExposed(
            _("The site would answer under another address than Tor publishes. Run candour-drop onion set-up first.")
        )


def renew(root: Path, service: str) -> tuple[str, Path]:
    """Give a service a new address; return it, and where the old keys lie now. Raises OnionError, FolderExposed.

    A site that runs answers under its old name until it is started again.
    """
    return _kept(root, service, renew_address(plan_of(root), service))


def bring_back(root: Path, service: str, address: str) -> tuple[str, Path]:
    """Give a service an address back; return it, and where the present keys lie now. As `renew`."""
    return _kept(root, service, bring_address_back(plan_of(root), service, address))


def _kept(root: Path, service: str, done: tuple[str, Path]) -> tuple[str, Path]:
    if service == SITE:
        keep_site_address(DropFolder(root), done[0])
    return done


def let_in(root: Path, name: str, key: Path) -> None:
    """Let a reviewer host in at the door. Raises ClientRefused, OSError."""
    allow(door_of(DropFolder(check_private_folder(root))), name, key.read_text("ascii", "replace"))


def _tell(pairing: Path, door: str) -> None:
    write_private_file(pairing, write_object(_read_pairing(pairing) | {"door_url": f"http://{door}"}))


def _read_pairing(pairing: Path) -> dict[str, object]:
    try:
        fields = read_object(read_private_file(pairing, _("The pairing file")), _LARGEST_PAIRING)
        fields.exactly("candour_pairing", 1)
        found: dict[str, object] = {"candour_pairing": 1, "token": fields.text("token", 43)}
        found["fingerprint"] = fields.text("fingerprint", 40)
        for name in ("until", "door_url", "courier_key"):
            if fields.holds(name):
                found[name] = fields.text(name, 200)
        fields.end()
    except Malformed as broken:
        raise FolderExposed(
            _("{path} is not a pairing file. Make another: candour-drop pairing.").format(path=pairing)
        ) from broken
    return found
