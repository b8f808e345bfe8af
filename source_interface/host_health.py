"""How the source host is, in coarse words, for the desk: nothing that follows a letter, a visit or a reply.

The disk's word follows what is stored, in three steps of gigabytes; the desk hears as much from the room already. The
posture is looked at by root once a day (candour-posture.timer), since the programs here see little of the machine.
"""

from keys.errors import KeysError
from keys.intake_key import last_moment
from onion.health import clock_word
from onion.layout import TorFolder
from source_interface.drop_folder import DropFolder
from store.backup.record import last_backup
from store.blobs import BlobFolder
from store.host_health import UNKNOWN, Thing, backup_word, disk_word, key_word
from store.posture_summary import read_summary


def words_of_host(folder: DropFolder, blobs: BlobFolder, today: str, now: int) -> dict[Thing, str]:
    """Return a word for each thing of store.host_health.OF_SOURCE. `now` in Unix seconds."""
    summary = read_summary(folder.root)
    return {
        Thing.DISK: disk_word(blobs.free_bytes()),
        Thing.KEY: _key(folder, now),
        Thing.CLOCK: clock_word(TorFolder(folder.tor).health, now),
        Thing.POSTURE: summary.posture_word(today) if summary else UNKNOWN,
        Thing.BACKUP: backup_word(last_backup(folder.root), today),
        Thing.UPDATES: summary.updates_word(today) if summary else UNKNOWN,
    }


def _key(folder: DropFolder, now: int) -> str:
    try:
        return key_word(last_moment(folder.intake_key), now)
    except (KeysError, OSError):
        return "unusable"
