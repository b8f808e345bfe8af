"""Looking how much room there is on this host, for the site and for the door."""

from source_interface.held_room import HeldRoom
from source_interface.room import HostState, Room, RoomLeft, judge_room, kept_from_files
from source_interface.settings import Settings
from store.blobs import BlobFolder
from store.database import Database
from store.drop.intake import waiting_count
from store.errors import NoRoom


def look_for_room(
    database: Database, blobs: BlobFolder, held: HeldRoom, settings: Settings, *, closed: bool
) -> RoomLeft:
    """Return what a source can send now. `closed`: nothing, whatever room there is."""
    if closed:
        return RoomLeft(Room.NOTHING, closed=True)
    try:
        waiting = waiting_count(database, settings.waiting_submissions)
    except NoRoom:
        # A disk on which the database cannot even be read has no room for anything.
        return RoomLeft(Room.NOTHING)
    return judge_room(HostState(blobs.free_bytes(), waiting, held.look()), settings)


def check_room_for_reply_files(folder: BlobFolder, settings: Settings, come: int, after: int) -> None:
    """Raise NoRoom unless `come` more bytes of files of replies fit, of which there are `after` then.

    They respect what sources' files respect: an answer must never keep somebody from writing.
    """
    if come and folder.free_bytes() - kept_from_files(settings) < come:
        raise NoRoom("the disk has no room for files of replies")
    if come and after > settings.reply_files_bytes:
        raise NoRoom("the files of replies have their share of the disk")
