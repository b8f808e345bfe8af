"""The keys with which reviewer hosts find the door's onion service: one let in beside another, and the end of one.

Files alone, which Tor's keeper sees change (onion.running); no control socket is opened here, so the door may do it.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from onion import clients
from onion.client_key import read_public
from onion.errors import ClientRefused, OnionError
from onion.layout import TorFolder
from serving.language import gettext as _
from source_interface.door_tokens import forget_let_in, read_in_force, read_lapsed, read_new
from source_interface.drop_folder import DropFolder
from store.errors import FolderExposed, StoreError

DOOR = "door"


def door_of(folder: DropFolder) -> Path:
    """Return the folder of the door's onion service."""
    return TorFolder(folder.tor).service(DOOR)


@dataclass(frozen=True)
class Beside:
    """A key that is let in beside others: its public half, whether it was not let in before, and those that end."""

    public: str
    is_new: bool
    ends: tuple[str, ...]


def beside(folder: DropFolder, key: Path, instead_of: str | None) -> Beside:
    """Let a reviewer host's new key in, under the name of its file, for as long as the token that goes with it holds.

    `instead_of` is the name whose key ends; None: that of the only other one. A key that was let in for another new
    token, which this one replaces or which nobody used in time, is taken away. Raises ClientRefused, OSError.
    """
    service, line = door_of(folder), key.read_text("ascii", "replace")
    public, waiting = read_public(line), let_in_for_new(folder)
    known = {name: found for name in clients.names(service) if (found := _public(service, name)) is not None}
    others = [name for name, found in known.items() if found not in (public, waiting)]
    if key.stem in others or known.get(key.stem, public) != public:
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
    if waiting is not None and waiting != public:
        _take_out(service, waiting)
    ending = [instead_of] if instead_of is not None else others
    is_new = public == waiting or public not in known.values()
    return Beside(public, is_new, tuple(known[name] for name in ending))


def let_in_for_new(folder: DropFolder) -> str | None:
    """Return the key that was let in for a new token which nobody used yet, in time or not; None if there is none, or
    its file is damaged: another takes its place.
    """
    with suppress(FolderExposed):
        return read_new(folder.tokens).lets_in if folder.tokens.pending.exists() else None
    return None


def names_if_unknown(folder: DropFolder) -> tuple[str, ...]:
    """Return the names of all who are let in, if the file of a new token is damaged: of which key came with it nobody
    can tell any more, and it would be let in for ever. Else none.
    """
    try:
        if folder.tokens.pending.exists():
            read_new(folder.tokens)
    except FolderExposed:
        return tuple(clients.names(door_of(folder)))
    return ()


def end_keys(folder: DropFolder, today: str) -> None:
    """Let those keys in no more that end with the token which is in use now, nor one that was let in for a new token
    which nobody used in time. What fails is tried the next time.
    """
    with suppress(OSError, OnionError, StoreError):
        service = door_of(folder)
        for public in read_in_force(folder.tokens).ends:
            _take_out(service, public)
        if (lapsed := read_lapsed(folder.tokens, today)) is not None and lapsed.lets_in is not None:
            _take_out(service, lapsed.lets_in)
            # Once: whoever lets the same key in later means it.
            forget_let_in(folder.tokens, lapsed)


def _take_out(service: Path, public: str) -> None:
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
