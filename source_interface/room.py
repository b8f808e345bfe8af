"""How much a source can send at this moment. Judged from plain values: no disk is looked at here, no clock asked.

Rules:
- Files stop long before text does: what is kept free for text is more than all uploads at once can overshoot.
- Files that wait for their forms count as room for text, which they make way for; for files, what came of them on one
  circuit beyond its share.
- A page names a rung of a short ladder, never a true figure: whoever loads it twice must not learn from the difference
  how much somebody else has sent meanwhile. It is never more than what fits.
- The same for everybody: nothing here knows who asks.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from source_interface.held_room import PADDED_PERCENT, HeldLook
from source_interface.settings import MB, Settings

# What an upload may have handed to gpg that is not on the disk yet when the room is looked at: a full pipe and a piece.
_IN_FLIGHT_BYTES = 2 * MB
# The least that an attachment takes, with what OpenPGP adds.
_SMALLEST_FILE_BYTES = 66_000
_RUNGS = tuple(step * 10**power for power in range(6, 11) for step in (1, 2, 5))


class Room(StrEnum):
    """What can be taken. The door tells the desk in these words."""

    FILES_AND_TEXT = "files and text"
    TEXT_ONLY = "text only"
    NOTHING = "nothing"


@dataclass(frozen=True)
class HostState:
    """What was found: bytes free, submissions that wait for the courier, files that wait for their forms."""

    free_bytes: int
    waiting: int
    held: HeldLook


@dataclass(frozen=True)
class RoomLeft:
    """What can be taken; `file_bytes` is the most that one sending's files may have together, 0 if none."""

    room: Room
    file_bytes: int = 0
    # Nothing is taken whatever room there is (source_interface.lost_desk).
    closed: bool = False

    @property
    def takes_files(self) -> bool:
        """Tell whether files can be taken."""
        return self.room is Room.FILES_AND_TEXT

    @property
    def takes_text(self) -> bool:
        """Tell whether text can be taken."""
        return self.room is not Room.NOTHING


def judge_room(state: HostState, settings: Settings) -> RoomLeft:
    """Return what a source can send now."""
    if state.waiting >= settings.waiting_submissions:
        return RoomLeft(Room.NOTHING)
    if state.free_bytes + state.held.held_bytes <= settings.free_bytes_for_text:
        return RoomLeft(Room.NOTHING)
    on_disk = (
        state.free_bytes + state.held.yielding_bytes - kept_from_files(settings) - settings.files * _SMALLEST_FILE_BYTES
    )
    fits = min(on_disk * 100 // PADDED_PERCENT, state.held.left)
    if fits >= settings.submission_bytes:
        return RoomLeft(Room.FILES_AND_TEXT, settings.submission_bytes)
    rungs = [rung for rung in _RUNGS if rung <= fits]
    return RoomLeft(Room.FILES_AND_TEXT, rungs[-1]) if rungs else RoomLeft(Room.TEXT_ONLY)


def kept_from_files(settings: Settings) -> int:
    """Return how many bytes of the disk files must leave free: enough for text, whatever the settings say."""
    overshoot = (settings.long_forms_at_once + settings.short_forms_at_once) * _IN_FLIGHT_BYTES
    return max(settings.free_bytes_for_files, settings.free_bytes_for_text + overshoot)


def refusal_status(errors: Mapping[str, str], refused_room: Collection[str]) -> int:
    """Return the status of a form that comes back: 507 if nothing but room was wanting, else 422."""
    return 507 if refused_room and set(errors) <= {"attachments", "form"} else 422
