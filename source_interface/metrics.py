"""The source host's metrics. No table is read: what is not asked for cannot be told."""

import socket
from importlib.metadata import version
from pathlib import Path

from keys.errors import KeysError
from keys.intake_key import last_moment
from onion.health import TorState, clock_word, judge
from onion.layout import TorFolder
from posture.machine import Machine
from posture.restarts import count_restarts
from source_interface.drop_folder import SITE_LOCK, DropFolder
from store import metrics
from store.backup.record import last_backup
from store.folder import free_bytes
from store.held_lock import is_held
from store.host_health import WORDS, Thing, days_left, disk_word
from store.posture_summary import read_summary

NO_TOR = "none"


def metrics_of(root: Path, today: str, now: int, machine: Machine) -> str:
    """Return them as text. `now` in Unix seconds."""
    folder = DropFolder(root)
    tor = TorFolder(folder.tor)
    state = judge(tor.health, now).value if tor.root.is_dir() else NO_TOR
    return metrics.text_of(
        [
            metrics.info(version("candour")),
            metrics.up({"site": _is_served(root), "door": _answers(folder.door_socket)}),
            metrics.disk(disk_word(free_bytes(folder.blobs if folder.blobs.is_dir() else root))),
            metrics.key_days({"intake": _key_days(folder, now)}),
            metrics.age("backup_days", "Days since the last backup.", last_backup(root), today),
            metrics.state("tor", "How Tor is.", state, (*(each.value for each in TorState), NO_TOR)),
            metrics.state(
                "clock", "Whether the clock agrees with Tor's.", clock_word(tor.health, now), WORDS[Thing.CLOCK]
            ),
            *metrics.posture(read_summary(root), today),
            metrics.restarts(count_restarts(machine, "drop")),
        ]
    )


def _is_served(root: Path) -> bool:
    return is_held(root / SITE_LOCK)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
        knocking.settimeout(5)
        try:
            knocking.connect(str(path))
        except OSError:
            return False
    return True


def _key_days(folder: DropFolder, now: int) -> int | None:
    try:
        return days_left(last_moment(folder.intake_key), now)
    except (KeysError, OSError):
        return metrics.NEVER
