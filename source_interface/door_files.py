"""The door's two verbs for files that go with replies: announced first, then brought (docs/courier-protocol.md).

Nothing is taken that was not announced, and no more of it than was announced. Whether there is room is said before a
byte is sent: who is told in the middle of a body sees a broken connection. The door opens none of them.
"""

import re
from collections.abc import Callable, Collection, Mapping

from flask import Response, request

from source_interface import door_messages as messages
from source_interface.door_padding import padding_behind
from source_interface.door_requests import Refused, json_answer, pieces_of_body, read_body, read_past
from source_interface.room_look import check_room_for_reply_files
from source_interface.settings import Settings
from store.blobs import BlobFolder
from store.database import Database
from store.drafts import Blob
from store.drop import reply_files
from store.leftovers import clear_leftovers, take_back_unnamed

_BLOB_ID = re.compile(r"[0-9a-f]{32}\Z")


class DoorFiles:
    """Both verbs, and the end of every file. `today` gives the day, YYYY-MM-DD."""

    def __init__(self, database: Database, folder: BlobFolder, settings: Settings, today: Callable[[], str]) -> None:
        self._database = database
        self._reply_files = folder
        self._settings = settings
        self._today = today
        # The door alone writes there: a draft, or a file that no row names, is of a door that died.
        clear_leftovers(folder, self._named)
        self.finish()

    def finish(self) -> None:
        """Erase the files of what was withdrawn."""
        reply_files.finish_files(self._database, self._reply_files)

    def forget(self) -> None:
        """Erase the files whose time is over."""
        kept = self._settings.reply_file_days
        reply_files.forget_files(self._database, self._reply_files, self._today(), kept)

    def announce(self) -> Response:
        """POST /v1/files: what files are to go with a reply."""
        announced = messages.read_announcement(read_body())
        come, after = reply_files.bytes_with(self._database, announced)
        check_room_for_reply_files(self._reply_files, self._settings, come, after)
        answers = reply_files.announce(self._database, announced, self._today())
        return json_answer(messages.write_announced(announced, answers))

    def take(self, blob_id: str) -> Response:
        """POST /v1/files/ID: the sealed bytes of an announced file. Sent again, they change nothing."""
        if not _BLOB_ID.match(blob_id) or request.args:
            raise Refused(404)
        file, here = reply_files.announced_file(self._database, blob_id)
        padding = _check_bytes(file)
        if here:
            read_past(file.size + padding)
        else:
            self._keep(file, padding)
        return json_answer(messages.write_kept(blob_id))

    def _keep(self, file: Blob, padding: int) -> None:
        with self._reply_files.draft(file.id) as draft:
            check_room_for_reply_files(self._reply_files, self._settings, file.size, 0)
            for piece in pieces_of_body(file.size):
                draft.file.write(piece)
            read_past(padding)
            if draft.seal_finished() != file:
                raise Refused(400)
            self._reply_files.publish([file.id])
            try:
                reply_files.note_here(self._database, file)
            except BaseException:
                take_back_unnamed(self._reply_files, [file.id], self._named)
                raise
        self._reply_files.settle([file.id])

    def _named(self, blob_ids: Collection[str]) -> Mapping[str, Blob]:
        return reply_files.blobs_named(self._database, blob_ids)


def _check_bytes(file: Blob) -> int:
    """Return how many bytes behind those of the file are padding. Raises Refused."""
    if request.mimetype != "application/octet-stream":
        raise Refused(400)
    if request.content_length is None:
        raise Refused(411)
    padding = padding_behind()
    if request.content_length != file.size + padding:
        raise Refused(413 if request.content_length > file.size + padding else 400)
    return padding
