"""Where the files of this host's Tor lie, as far as the desk's own process may know them.

The desk lets people in at Tor, and out, by files alone: whoever imports this can reach no control socket
(tests/test_imports.py).
"""

from contextlib import suppress
from pathlib import Path

from onion.layout import TorFolder

DESK = "desk"
_TOR = "tor"


def tor_of(root: Path) -> TorFolder:
    """Return where the files of this desk's Tor lie. Raises FolderTooDeep."""
    return TorFolder(root / _TOR)


def make_meeting_places(root: Path) -> None:
    """Make the folders in which Tor and the other programs meet, and the one that they are kept out of.

    Before any of them runs: a wall is built round what is there.
    """
    tor = tor_of(root)
    for made in (tor.root, tor.state, tor.entrances, tor.laid_aside, desk_socket(root).parent):
        made.mkdir(mode=0o700, exist_ok=True)


def desk_socket(root: Path) -> Path:
    """Return where Tor brings reviewers, if the desk has an onion service."""
    return root / "sockets" / "desk.sock"


def desk_service(root: Path) -> Path:
    """Return the folder of the desk's onion service: it has one exactly if this folder is there."""
    return root / _TOR / DESK


def desk_address(root: Path) -> str | None:
    """Return the desk's `….onion`; None if it has no onion service, and nothing ("") if Tor has not made its keys yet.

    Read anew each time: the service is switched on and off while the desk works.
    """
    service = desk_service(root)
    if not service.is_dir():
        return None
    with suppress(OSError, UnicodeDecodeError):
        return (service / "hostname").read_text("ascii").strip()
    return ""
