"""The reviewer host's metrics. Of the database nothing is read but when the courier and the notices last went."""

from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection

from journalist_interface.desk_folder import DESK_LOCK, DeskPaths
from journalist_interface.tor_paths import tor_of
from keys.errors import KeysError
from keys.intake_key import last_moment
from onion.health import TorState, clock_word, judge
from posture.machine import Machine
from posture.restarts import count_restarts
from store import metrics
from store.backup.record import last_backup
from store.desk.courier_state import read_courier
from store.desk.health import DESK, SOURCE, Seen, read_health
from store.desk.notices import list_recipients
from store.folder import free_bytes
from store.held_lock import is_held
from store.host_health import WORDS, Thing, days_left, disk_word
from store.posture_summary import read_summary

NO_TOR = "none"


def metrics_of(paths: DeskPaths, connection: Connection, today: str, now: int, machine: Machine) -> str:
    """Return them as text. `now` in Unix seconds."""
    root = paths.folder
    tor = tor_of(root)
    state = judge(tor.health, now).value if tor.torrc.exists() else NO_TOR
    seen = {host: read_health(connection, host) for host in (SOURCE, DESK)}
    collected, watched = seen[SOURCE].get(Thing.COLLECTED), seen[DESK].get(Thing.DISK)
    sent = min((each.sent for each in list_recipients(connection)), default="")
    return metrics.text_of(
        [
            metrics.info(version("candour")),
            metrics.up({"desk": _is_served(root), "courier": read_courier(connection).is_alive(now)}),
            metrics.disk(disk_word(free_bytes(paths.post if paths.post.is_dir() else root))),
            metrics.key_days({"intake": _key_days(paths, now)}),
            metrics.age("backup_days", "Days since the last backup.", last_backup(root), today),
            metrics.age(
                "collection_days", "Days since the last collection; nothing need have come.", _day(collected), today
            ),
            metrics.age("watch_days", "Days since the watch looked.", _day(watched), today),
            metrics.age("notice_days", "Days since the notice that is longest ago.", sent, today),
            metrics.state("tor", "How Tor is.", state, (*(each.value for each in TorState), NO_TOR)),
            metrics.state(
                "clock", "Whether the clock agrees with Tor's.", clock_word(tor.health, now), WORDS[Thing.CLOCK]
            ),
            *metrics.posture(read_summary(root), today),
            metrics.restarts(count_restarts(machine, "desk")),
        ]
    )


def _day(seen: Seen | None) -> str:
    return seen.seen if seen else ""


def _is_served(root: Path) -> bool:
    return is_held(root / DESK_LOCK)


def _key_days(paths: DeskPaths, now: int) -> int | None:
    try:
        return days_left(last_moment(paths.intake_key), now)
    except (KeysError, OSError):
        return metrics.NEVER
