"""Looking how much room there is on this host, for the site and for the door."""

from source_interface.room import HostState, Room, RoomLeft, judge_room
from source_interface.settings import Settings
from store.blobs import BlobFolder
from store.database import Database
from store.drop.intake import waiting_count
from store.errors import NoRoom


def look_for_room(database: Database, blobs: BlobFolder, settings: Settings) -> RoomLeft:
    """Return what a source can send now."""
    try:
        waiting = waiting_count(database, settings.waiting_submissions)
    except NoRoom:
        # A disk on which the database cannot even be read has no room for anything.
        return RoomLeft(Room.NOTHING)
    return judge_room(HostState(blobs.free_bytes(), blobs.held_bytes(), waiting), settings)
