"""What holds on this host since a reviewer host was lost: what sources are told, and whether the site takes letters.

One small file in the data folder, read anew for every page: so it holds at once, and for a while only.
Closed is the site for certain intake keys, those that a thief may have: once there is another it is open. None of them
is ever forgotten, so going back to one, years and thefts later, finds the site closed; `after-revoking reopen` alone
takes back the one that is in force then.
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
_LARGEST = 16 * 1024  # bytes
_LONGEST = 8192  # characters: the fingerprints of two hundred keys
# In the place of a fingerprint, when nobody could read the key at that moment.
WHATEVER_KEY = "whatever"


@dataclass(frozen=True)
class LostDesk:
    """`since`: the first day on which somebody else may have had the desk; `revoked`: the day on which it was shut out.

    Days are YYYY-MM-DD. `closed_for` are the fingerprints of the intake keys for which the site is closed; with
    WHATEVER_KEY among them it is closed for any. `told`: whether sources are told.
    """

    since: str
    revoked: str
    closed_for: tuple[str, ...] = ()
    told: bool = True

    def is_closed(self, fingerprint: str | None) -> bool:
        """Tell whether the site is closed, with the intake key of this fingerprint; None: nobody can read it."""
        return WHATEVER_KEY in self.closed_for or fingerprint in self.closed_for

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
        since, revoked = fields.day("since"), fields.day("revoked")
        lost = LostDesk(since, revoked, tuple(fields.text("closed_for", _LONGEST).split()), fields.flag("told"))
        fields.end()
    except Malformed as broken:
        raise FolderExposed(
            _(
                "The note of the lost reviewer host in {path} is damaged, so the site takes nothing. Type "
                "“candour-drop revoke-desk” once more, with --since and the first day: the note is written anew, and "
                "the site stays closed until “candour-drop after-revoking reopen” or another intake key."
            ).format(path=path)
        ) from broken
    return lost


def write_lost_desk(path: Path, lost: LostDesk) -> None:
    """Keep it. Raises NoRoom or OSError."""
    document = {
        "candour_desk_lost": 1,
        "since": lost.since,
        "revoked": lost.revoked,
        "closed_for": " ".join(lost.closed_for),
        "told": lost.told,
    }
    write_private_file(path, write_object(document))


def is_closed(path: Path, fingerprint: str | None) -> bool:
    """Tell whether the site takes nothing, sealing to the intake key of this fingerprint; None: nobody can read it.

    Also if that cannot be told: what is sent to a key that a thief has cannot be called back.
    """
    try:
        lost = read_lost_desk(path)
    except (FolderExposed, OSError):
        return True
    return lost is not None and lost.is_closed(fingerprint)


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
