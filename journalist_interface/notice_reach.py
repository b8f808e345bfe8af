"""What the service that sends notices can reach on an installed host: its data folder, and no network.

A person tries the way out by hand, outside of the service's walls. What works there and not inside would seem well on
that day, and fail on every other.
"""

from pathlib import Path

from journalist_interface.notice_errors import NoticeRefused
from posture.looking import is_installed
from posture.machine import Machine
from posture.walls import DATA
from serving.language import gettext as _

_SOCKET = "unix:"


def is_walled(data: Path, machine: Machine) -> bool:
    """Tell whether the desk in `data` is the one whose notices an installed, walled service sends."""
    return data == Path(DATA) and is_installed(machine, "desk")


def check_reach(data: Path, *, relay: str = "", folder: str = "") -> None:
    """Raise NoticeRefused for a relay or a folder that the walled service of the desk in `data` cannot reach."""
    if relay and not (relay.startswith(_SOCKET) and _is_below(data, relay.removeprefix(_SOCKET))):
        raise NoticeRefused(
            _(
                "The service candour-notice has no network, and sees no socket outside of {data}: through {relay} "
                "nothing would ever leave. Have systemd hold a socket for the relay, and name it: "
                "--relay unix:{data}/relay.sock (docs/guide-watching.md, “By mail”)."
            ).format(data=data, relay=relay)
        )
    if folder and not _is_below(data, folder):
        raise NoticeRefused(
            _(
                "The service candour-notice can write nowhere but into {data}: in {folder} nothing would lie. "
                "Make a folder below it, for Candour's user, and name it (docs/guide-watching.md, “By a drop folder”)."
            ).format(data=data, folder=folder)
        )


def _is_below(data: Path, path: str) -> bool:
    return Path(path).resolve().is_relative_to(data)
