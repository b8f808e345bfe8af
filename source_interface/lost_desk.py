"""What holds on this host since a reviewer host was lost: what sources are told, and whether the site takes letters.

One small file in the data folder, read anew for every page: so it holds at once, and for a while only.
Closed is the site for one intake key: once there is another, whose secret half the thief cannot have, it is open.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keys.errors import Malformed
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from serving.plain_dates import plain_day
from store.drop.days import days_before
from store.errors import FolderExposed
from store.folder import read_private_file, write_private_file

# A source who comes twice a year has heard of it by then, or will not.
TOLD_DAYS = 180
_LARGEST = 1024  # bytes


@dataclass(frozen=True)
class LostDesk:
    """`since`: the first day on which somebody else may have had the desk; `revoked`: the day on which it was shut out.

    Days are YYYY-MM-DD. `closed_for` is the fingerprint of the intake key for which the site is closed, or empty.
    `told`: whether sources are told.
    """

    since: str
    revoked: str
    closed_for: str = ""
    told: bool = True

    def is_told(self, today: str) -> bool:
        """Tell whether sources are told of it on this day."""
        return self.told and self.revoked >= days_before(today, TOLD_DAYS)


def read_lost_desk(path: Path) -> LostDesk | None:
    """Return what holds; None if no desk was lost. Raises FolderExposed if the file cannot be believed."""
    if not path.exists():
        return None
    found = read_private_file(path, _("The note of the lost reviewer host"))
    try:
        fields = read_object(found, _LARGEST)
        fields.exactly("candour_desk_lost", 1)
        lost = LostDesk(fields.day("since"), fields.day("revoked"), fields.text("closed_for", 40), fields.flag("told"))
        fields.end()
    except Malformed as broken:
        raise FolderExposed(
            _(
                "The note of the lost reviewer host in {path} is damaged, so the site takes nothing. Type "
                "“candour-drop revoke-desk” once more."
            ).format(path=path)
        ) from broken
    return lost


def write_lost_desk(path: Path, lost: LostDesk) -> None:
    """Keep it. Raises NoRoom or OSError."""
    document = {
        "candour_desk_lost": 1,
        "since": lost.since,
        "revoked": lost.revoked,
        "closed_for": lost.closed_for,
        "told": lost.told,
    }
    write_private_file(path, write_object(document))


def closed_for(path: Path) -> str | None:
    """Return the fingerprint of the intake key for which the site is closed; "" if it is open, None if nobody knows."""
    try:
        lost = read_lost_desk(path)
    except (FolderExposed, OSError):
        return None
    return "" if lost is None else lost.closed_for


def is_closed(path: Path, fingerprint: str) -> bool:
    """Tell whether the site takes nothing, sealing to the intake key of this fingerprint.

    Also if that cannot be told: what is sent to a key that a thief has cannot be called back.
    """
    return closed_for(path) in (None, fingerprint)


@dataclass(frozen=True)
class ToldOfDesk:
    """What every source is told; days in words."""

    since: str
    revoked: str


def tell_lost_desk(path: Path) -> ToldOfDesk | None:
    """Return what every source is told today, or None."""
    try:
        lost = read_lost_desk(path)
    except (FolderExposed, OSError):
        return None
    if lost is None or not lost.is_told(datetime.now(UTC).date().isoformat()):
        return None
    return ToldOfDesk(plain_day(lost.since), plain_day(lost.revoked))
