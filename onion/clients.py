"""Who may come to an onion service that is not open to all: one small file for each client, in the service's folder.

Tor reads them when it starts. With none of them the service would be open to whoever knows its address: so a service
that is meant for known clients has, from its first moment on, a key that nobody holds.
"""

from contextlib import suppress
from pathlib import Path

from onion.client_key import ClientKey, authorised, check_name, read_public
from onion.errors import ClientRefused
from onion.own_files import glimpse, sync_folder, write_whole
from serving.language import gettext as _

# The file whose secret half was thrown away. Not a name that `check_name` passes: nobody can be called so.
_NOBODY = "NOBODY"
_ENDING = ".auth"


def shut(service: Path) -> None:
    """Have an onion service let nobody in but the clients that are added; it keeps those it has."""
    folder = _folder(service)
    for made in (service, folder):
        made.mkdir(mode=0o700, exist_ok=True)
    # Not merely there: Tor passes over one that it cannot read, and with none left the service is open to all.
    if not _lets_in(folder / f"{_NOBODY}{_ENDING}"):
        write_whole(folder / f"{_NOBODY}{_ENDING}", authorised(ClientKey.draw().public))


def is_shut(service: Path) -> bool:
    """Tell whether an onion service is closed to strangers."""
    return any(_lets_in(path) for path in _folder(service).glob(f"*{_ENDING}"))


def allow(service: Path, name: str, untrusted_line: str) -> None:
    """Let a client in whose public key stands in this line. Raises ClientRefused, also if there is one of that name."""
    public = read_public(untrusted_line)
    path = path_of(service, name)
    if path.exists():
        if path.read_text("ascii", "replace") != authorised(public):
            raise ClientRefused(
                _("There is a client “{name}” with another key already. Revoke it first.").format(name=name)
            )
        return
    write_whole(path, authorised(public))


def exchange(service: Path, name: str, untrusted_line: str) -> None:
    """Let a client in with this public key, and with no other under that name. Raises ClientRefused."""
    write_whole(path_of(service, name), authorised(read_public(untrusted_line)))


def revoke(service: Path, name: str) -> str:
    """Let a client in no more, once Tor has started again; return the line that let it in.

    Raises ClientRefused if there is none of that name.

    Also one whose name `check_name` would not pass: Tor asks for none, and somebody may have put the file there.
    """
    try:
        if name not in names(service):
            raise FileNotFoundError(name)
        path = _folder(service) / f"{name}{_ENDING}"
        line = path.read_text("ascii", "replace") if path.is_file() else ""
        path.unlink()
    except FileNotFoundError as reason:
        raise ClientRefused(_("There is no client “{name}”.").format(name=name)) from reason
    sync_folder(_folder(service))
    return line


def names(service: Path) -> tuple[str, ...]:
    """Return the names of all clients that are let in."""
    found = (path.name.removesuffix(_ENDING) for path in _folder(service).glob(f"*{_ENDING}"))
    return tuple(sorted(name for name in found if name != _NOBODY))


def stamp(service: Path) -> frozenset[tuple[str, str]]:
    """Return what tells one list of clients from another: names and keys. Without a folder: nothing.

    Also when the list was changed last: somebody let in and out again while Tor started may be in what Tor has read.
    """
    with suppress(OSError):
        seen = {path.name: glimpse(path) for path in _folder(service).glob(f"*{_ENDING}")}
        clients = {(name, content) for name, content in seen.items() if content is not None}
        return frozenset({("", str(_folder(service).stat().st_mtime_ns)), *clients})
    return frozenset()


def passed_over(service: Path) -> tuple[Path, ...]:
    """Return what stands among the keys of clients and is none that Tor takes."""
    return tuple(sorted(path for path in _folder(service).glob(f"*{_ENDING}") if not _lets_in(path)))


def path_of(service: Path, name: str) -> Path:
    """Return where the key of a client lies, if there is one. Raises ClientRefused for what is no name."""
    return _folder(service) / f"{check_name(name)}{_ENDING}"


def _folder(service: Path) -> Path:
    return service / "authorized_clients"


def _lets_in(path: Path) -> bool:
    """Tell whether Tor would take a file for a client's key: it passes over what it cannot read."""
    try:
        read_public(path.read_text("ascii", "replace"))
    except (ClientRefused, OSError):
        return False
    return True
