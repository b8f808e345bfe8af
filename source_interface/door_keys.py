"""The keys with which reviewer hosts find the door's onion service: one let in beside another, and the end of one.

Files alone, which Tor's keeper sees change (onion.running); no control socket is opened here, so the door may do it.
"""

from contextlib import suppress
from pathlib import Path

from onion import clients
from onion.client_key import read_public
from onion.errors import ClientRefused, OnionError
from onion.layout import TorFolder
from serving.language import gettext as _
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder

DOOR = "door"


def door_of(folder: DropFolder) -> Path:
    """Return the folder of the door's onion service."""
    return TorFolder(folder.tor).service(DOOR)


def beside(folder: DropFolder, key: Path, instead_of: str | None) -> tuple[str, tuple[str, ...]]:
    """Let a reviewer host's new key in, under the name of its file; return it, and which keys end once it is used.

    `instead_of` is the name whose key ends; None: that of the only other one. Raises ClientRefused, OSError.
    """
    service, line = door_of(folder), key.read_text("ascii", "replace")
    public = read_public(line)
    others = [name for name in clients.names(service) if _public(service, name) not in (None, public)]
    if key.stem in others:
        raise ClientRefused(
            _("“{name}” is let in with another key already: give the file of the new key another name.").format(
                name=key.stem
            )
        )
    if instead_of is None and len(others) > 1:
        raise ClientRefused(
            _("Several reviewer hosts are let in: {names}. Say whose key ends, with --instead-of NAME.").format(
                names=", ".join(others)
            )
        )
    if instead_of is not None and instead_of not in others:
        raise ClientRefused(_("There is no other client “{name}”.").format(name=instead_of))
    clients.allow(service, key.stem, line)
    ending = [instead_of] if instead_of is not None else others
    return public, tuple(found for name in ending if (found := _public(service, name)) is not None)


def end_keys(folder: DropFolder) -> None:
    """Let those keys in no more that end with the token which is in use now. What fails is tried the next time."""
    with suppress(OSError, OnionError):
        service = door_of(folder)
        for public in read_in_force(folder.tokens).ends:
            for name in clients.names(service):
                if _public(service, name) == public:
                    clients.revoke(service, name)


def revoke_all(folder: DropFolder) -> tuple[str, ...]:
    """Let no reviewer host in any more; return the names of those that were. Again it changes nothing. Raises OSError.

    The service stays shut to strangers: with no key at all Tor would open it to whoever knows its address.
    """
    service = door_of(folder)
    if not service.is_dir():
        return ()
    clients.shut(service)
    gone = clients.names(service)
    for name in gone:
        with suppress(ClientRefused):
            clients.revoke(service, name)
    return gone


def _public(service: Path, name: str) -> str | None:
    try:
        text = (service / "authorized_clients" / f"{name}.auth").read_text("ascii", "replace")
        return read_public(text)
    except (OSError, ClientRefused):
        return None
