"""The courier's key for the door: made here, its public half carried to the source host, and handed to Tor.

Where the door is comes back in the pairing file; only then can Tor be told which service the key is for. The courier
itself never reads it.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from journalist_interface.courier_errors import PairingRefused
from journalist_interface.tor_paths import tor_of
from onion.address import check_address
from onion.client_key import ClientKey, authorised
from serving.language import gettext as _
from store.errors import FolderExposed
from store.folder import read_private_file, sync_folder, write_new_private_file, write_private_file

_ENTRANCE = "door.auth_private"
_PUBLIC = re.compile(r"[A-Z2-7]{52}\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def make_courier_key(root: Path, public_half: Path) -> None:
    """Write the public half of the courier's key for the source host. Safe to run again: the key stays.

    Raises FolderExposed if another file is there already, or none can be written there.
    """
    _draw(_secret(root))
    _hand_out(authorised(_key(_secret(root)).public).encode("ascii"), public_half)


def make_next_key(root: Path, public_half: Path) -> None:
    """Draw a new key for the courier beside the one in use, and write its public half. Safe to run again: it stays.

    It is used once the source host says that it lets it in (`take_next_key`). Raises as `make_courier_key`.
    """
    if not _secret(root).exists():
        raise FolderExposed(_("The courier has no key for the door yet. Run candour-desk onion set-up first."))
    _draw(_next(root))
    _hand_out(authorised(_key(_next(root)).public).encode("ascii"), public_half)


def check_next_key(root: Path, public: str) -> None:
    """Raise PairingRefused unless the courier has this key: in use, or drawn to be."""
    found = [_key(path).public for path in (_secret(root), _next(root)) if path.exists()]
    if not _PUBLIC.match(public) or public not in found:
        raise PairingRefused(
            _(
                "The source host lets in a key that this host does not have. Carry the file that candour-desk onion "
                "new-key writes here to it, and have it make another pairing file. Nothing was changed."
            )
        )


def take_next_key(root: Path, public: str) -> None:
    """Use the key that was drawn, if it is this one; again it changes nothing. `enter_door` tells Tor of it."""
    if _next(root).exists() and _key(_next(root)).public == public:
        _next(root).replace(_secret(root))
        sync_folder(_secret(root).parent)


def has_next_key(root: Path) -> bool:
    """Tell whether a key was drawn that is not used yet."""
    return _next(root).exists()


def key_day(root: Path) -> str | None:
    """Return from which day the courier's key is, YYYY-MM-DD; None if a version drew it that noted none."""
    day = _words(_secret(root))[2:]
    return day[0] if day and _DAY.match(day[0]) else None


def _draw(path: Path) -> None:
    if not path.exists():
        key, today = ClientKey.draw(), datetime.now(UTC).date().isoformat()
        write_private_file(path, f"{key.public}:{key.secret}:{today}\n".encode("ascii"))


def _hand_out(line: bytes, public_half: Path) -> None:
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
    line = _key(_secret(root)).entrance(check_address(address))
    write_private_file(tor_of(root).entrances / _ENTRANCE, line.encode("ascii"))


def courier_line(root: Path) -> str:
    """Return the line by which a door lets this host in: of the key in use, whatever a file beside it says."""
    return authorised(_key(_secret(root)).public)


def has_courier_key(root: Path) -> bool:
    """Tell whether this host opens the door with a key of its own: not, where an administrator's own Tor does."""
    return _secret(root).exists()


def _key(path: Path) -> ClientKey:
    public, secret, *_day = [*_words(path), ""]
    return ClientKey(public, secret)


def _words(path: Path) -> list[str]:
    return read_private_file(path, _("The courier's key")).decode("ascii", "replace").strip().split(":")


def _next(root: Path) -> Path:
    return tor_of(root).root / "courier-key-next"


def _secret(root: Path) -> Path:
    return tor_of(root).root / "courier-key"
