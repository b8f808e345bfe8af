"""The door: the small web application through which the courier, and nobody else, empties this host.

Twelve verbs (docs/courier-protocol.md). Rules:
- No token, no word: whoever lacks it gets the same 401 for every path, known or not.
- A body is measured before it is read, and read before anything is changed.
- Of files for replies nothing is taken that was not announced, and no more of it than was announced.
- A blob is named by its id alone, and only while a row names it; it streams in constant memory.
- Every error is one bland JSON object. What went wrong is logged by the name of its type: no id, no address.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from keys.errors import Malformed
from onion.health import judge
from onion.layout import TorFolder
from serving.headers import COMMON_HEADERS
from serving.quiet_flask import QuietFlask
from serving.server import CLOSE
from source_interface import door_messages as messages
from source_interface import door_padding
from source_interface.door_files import DoorFiles
from source_interface.door_keys import end_keys
from source_interface.door_requests import Refused, error_answer, json_answer, read_body
from source_interface.door_tokens import opens, read_in_force
from source_interface.drop_folder import DropFolder
from source_interface.held_room import HeldRoom
from source_interface.host_health import words_of_host
from source_interface.intake_key_shown import IntakeKeyShown
from source_interface.lost_desk import is_closed
from source_interface.room import RoomLeft
from source_interface.room_look import look_for_room
from source_interface.settings import read_settings
from store.ballast import Ballast
from store.blobs import BlobFolder
from store.database import open_database
from store.drop import collection, deliveries
from store.errors import Missing, NoRoom
from store.folder import check_private_folder

_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})\Z")
_BLOB_ID = re.compile(r"[0-9a-f]{32}\Z")
_LIMIT = re.compile(r"[1-9][0-9]{0,2}\Z")
# The one form of RFC 9110 section 14.1.2 that the courier uses: "from here to the end", or to a given byte.
_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{1,15})?\Z")
_CHUNK = 256 * 1024  # bytes


def today_utc() -> str:
    """Return the day in UTC, YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()


def create_door(data_folder: Path, today: Callable[[], str] = today_utc) -> Flask:
    """Return the door of the source host in `data_folder`. Raises a refusal with its sentence: do not start."""
    folder = DropFolder(check_private_folder(data_folder))
    read_in_force(folder.tokens)
    door = Door(folder, today)
    app = QuietFlask(__name__, static_folder=None, template_folder=None)
    app.extensions["candour_door"] = door
    app.extensions[CLOSE] = door.close
    app.url_map.redirect_defaults = False
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False

    @app.before_request
    def let_only_the_courier_in() -> None:
        door.check_courier()
        # Flask would answer OPTIONS and HEAD by itself, and so tell which paths there are.
        if request.method not in ("GET", "POST"):
            raise Refused(404)
        door_padding.check_pad()

    @app.after_request
    def seal_off(response: Response) -> Response:
        response.headers.update(COMMON_HEADERS)
        return door_padding.pad(response)

    app.get("/v1/waiting")(door.waiting)
    app.get("/v1/blobs/<blob_id>")(door.blob)
    app.get("/v1/room")(door.room)
    app.get("/v1/tor")(door.tor)
    app.get("/v1/intake-key")(door.intake_key)
    app.get("/v1/health")(door.health)
    app.post("/v1/confirm")(door.confirm)
    app.post("/v1/files")(door.files.announce)
    app.post("/v1/files/<blob_id>")(door.files.take)
    app.post("/v1/deliveries")(door.deliver)
    app.get("/v1/padding")(door_padding.give_padding)
    app.post("/v1/padding")(door_padding.take_padding)
    app.register_error_handler(Exception, lambda error: _bland(app, error))
    return app


class Door:
    """Eight of the twelve verbs, each a view over store.drop; two are `files`, two stand in door_padding."""

    def __init__(self, folder: DropFolder, today: Callable[[], str]) -> None:
        self._folder = folder
        self._today = today
        self._settings = read_settings(folder.settings)
        self._key = IntakeKeyShown(folder)
        self._tor = TorFolder(folder.tor)
        self._database = open_database(folder.database, "store.drop.migrations", Ballast(folder.ballast))
        self._blobs = BlobFolder(folder.blobs)
        self._held = HeldRoom(self._blobs, self._settings)
        collection.finish_collections(self._database, self._blobs)
        self.files = DoorFiles(self._database, BlobFolder(folder.reply_files), self._settings, today)

    def close(self) -> None:
        """Close the database: nothing is served any more."""
        self._database.leave_no_trace()
        self._database.close()

    def check_courier(self) -> None:
        """Raise Refused(401) unless whoever asks has a token that opens the door at this moment.

        Read anew: once there is another token, whoever has the old one is out, without a restart that is forgotten.
        """
        found = _BEARER.match(request.headers.get("Authorization", ""))
        # A hash is compared: even the time of it would teach nothing about the token.
        hashed = sha256(found[1].encode("ascii") if found else b"").hexdigest()
        if not opens(self._folder.tokens, hashed, self._today()) or found is None:
            raise Refused(401)

    def read_body(self) -> bytes:
        """Return the body of this request. Raises Refused, also if the token was made void while it came."""
        body = read_body()
        # Whoever sends slowly must not be able to do then what was forbidden meanwhile.
        self.check_courier()
        return body

    def waiting(self) -> Response:
        """GET /v1/waiting?after=ID&limit=N: a page of what waits."""
        after, limit = _page_asked_for()
        if not after:
            # A collection begins: the moment to forget what need not be remembered any longer.
            collection.forget_old(self._database, self._today())
            self.files.forget()
        return json_answer(messages.write_waiting(collection.list_waiting(self._database, after, limit)))

    def blob(self, blob_id: str) -> Response:
        """GET /v1/blobs/ID: the sealed bytes, all or from a given byte on."""
        if not _BLOB_ID.match(blob_id) or request.args:
            raise Refused(404)
        try:
            file = collection.waiting_blob(self._database, self._blobs, blob_id).open("rb")
        except FileNotFoundError as reason:
            # Its source withdrew it between the look and the opening.
            raise Refused(404) from reason
        size = os.fstat(file.fileno()).st_size
        try:
            start, end = _range_asked_for(size)
        except Refused as refused:
            file.close()
            return error_answer(refused.status, {"Content-Range": f"bytes */{size}"})
        return _stream(file, start, end, size)

    def room(self) -> Response:
        """GET /v1/room: what sources can send at this moment, in a word."""
        if request.args:
            raise Refused(400)
        return json_answer(messages.write_room(self._look_for_room().room))

    def _look_for_room(self) -> RoomLeft:
        closed = is_closed(self._folder.desk_lost, self._key.now().fingerprint)
        return look_for_room(self._database, self._blobs, self._held, self._settings, closed=closed)

    def tor(self) -> Response:
        """GET /v1/tor: how this host's Tor is, in a word. Without onion services there is no such verb."""
        if request.args:
            raise Refused(400)
        if not self._tor.root.is_dir():
            raise Refused(404)
        answer = json_answer(messages.write_tor(judge(self._tor.health, int(time.time()))))
        # The last that a courier asks: Tor, which starts again when a key ends, cuts no collection short.
        answer.call_on_close(lambda: end_keys(self._folder, self._today()))
        return answer

    def intake_key(self) -> Response:
        """GET /v1/intake-key: the fingerprint of the key that this host seals to."""
        if request.args:
            raise Refused(400)
        if not (fingerprint := self._key.now().fingerprint):
            raise Refused(404)
        return json_answer(messages.write_intake_key(fingerprint))

    def health(self) -> Response:
        """GET /v1/health: how this host is, in coarse words and a fixed number of bytes."""
        if request.args:
            raise Refused(400)
        words = words_of_host(self._folder, self._blobs, self._today(), int(time.time()))
        return json_answer(messages.write_health(words))

    def confirm(self) -> Response:
        """POST /v1/confirm: erase what the courier holds."""
        collected, notices = messages.read_confirm(self.read_body())
        answers = collection.confirm(self._database, self._blobs, collected, notices, self._today())
        # What was erased has made room: the next one who needs the ballast finds it whole.
        with suppress(NoRoom):
            self._database.restore_ballast()
        self._database.leave_no_trace()
        return json_answer(messages.write_confirmed(collected, answers))

    def deliver(self) -> Response:
        """POST /v1/deliveries: apply replies, statuses and withdrawals, each once."""
        posted = messages.read_deliveries(self.read_body())
        today = self._today()
        outcomes = [deliveries.apply_delivery(self._database, delivery, today) for delivery in posted]
        # Of what was withdrawn.
        self.files.finish()
        self._database.leave_no_trace()
        return json_answer(messages.write_delivered(posted, outcomes))


def _page_asked_for() -> tuple[str, int]:
    asked = {name: values for name, values in request.args.lists() if len(values) == 1}
    if len(asked) != len(request.args) or asked.keys() - {"after", "limit"}:
        raise Refused(400)
    after, limit = asked.get("after", [""])[0], asked.get("limit", [str(messages.LONGEST_PAGE)])[0]
    if (after and not _BLOB_ID.match(after)) or not _LIMIT.match(limit) or int(limit) > messages.LONGEST_PAGE:
        raise Refused(400)
    return after, int(limit)


def _range_asked_for(size: int) -> tuple[int, int]:
    """Return the first byte and the one after the last. Raises Refused(416) for anything but one range inside."""
    asked = request.headers.get("Range")
    if asked is None:
        return 0, size
    found = _RANGE.match(asked)
    if not found:
        raise Refused(416)
    start = int(found[1])
    end = min(int(found[2]) + 1, size) if found[2] else size
    if start >= end:
        raise Refused(416)
    return start, end


def _stream(file: IO[bytes], start: int, end: int, size: int) -> Response:
    partial = "Range" in request.headers
    response = Response(_chunks(file, start, end), 206 if partial else 200, mimetype="application/octet-stream")
    response.call_on_close(file.close)
    response.content_length = end - start
    response.headers["Accept-Ranges"] = "bytes"
    if partial:
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _chunks(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    # Closed here as well as with the response: a server whose client went away does not always close the response.
    with file:
        file.seek(start)
        left = end - start
        while left and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _bland(app: Flask, error: Exception) -> Response:
    match error:
        case Refused():
            return error_answer(error.status)
        case Malformed():
            return error_answer(400)
        case Missing():
            return error_answer(404)
        case NoRoom():
            return error_answer(507)
        case HTTPException():
            # No route, or the wrong method for one: the same answer. Whatever else werkzeug refuses is malformed.
            return error_answer(404 if error.code in (404, 405) else 400)
    # Not the text of the error: a database's error spells out the values of its query.
    app.logger.error("the door failed: %s", type(error).__name__)
    return error_answer(500)
