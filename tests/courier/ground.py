"""A source host's folder and a desk's folder with real databases and real blobs, and servers on loopback for tests."""

import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, select
from werkzeug.serving import make_server

from journalist_interface.courier import Courier
from journalist_interface.courier_report import Report
from journalist_interface.door_client import DoorClient
from keys.ciphertext import Ciphertext
from keys.reply import reply_address
from keys.strict_json import write_object
from source_interface.door_app import create_door
from source_interface.drop_folder import DropFolder, make_drop
from store.blobs import BlobFolder
from store.database import Database, open_database
from store.desk import case_tables, outbox
from store.desk import tables as desk_tables
from store.drafts import Blob
from store.drop import tables as drop_tables
from store.drop.intake import NewSource, SentForm, Submission, record_submission
from store.folder import make_private_folder, write_private_file
from tests.conftest import IntakeSecret

TOKEN = "Zm9yIHRoZSB3b3JrZWQgZXhhbXBsZSBvbmx5LCAzMmI"
TODAY = "2026-11-20"
REPLY = "e0" * 16


@dataclass(frozen=True)
class DropGround:
    """A source host, empty at first. `today` is its day for ever."""

    folder: Path
    database: Database
    blobs: BlobFolder

    def publish(self, sealed: bytes) -> Blob:
        """Publish stand-in sealed bytes."""
        with self.blobs.draft() as draft:
            draft.file.write(sealed)
            blob = draft.seal_finished()
            self.blobs.publish([blob.id])
        self.blobs.settle([blob.id])
        return blob

    def submit(self, letter: bytes, *attachments: bytes, source: NewSource | None = None) -> Submission:
        """Record a submission as the public site does."""
        submission = Submission(
            id=secrets.token_hex(16),
            form=SentForm(secrets.token_bytes(32), secrets.token_bytes(32)),
            day=TODAY,
            source=source,
            letter=self.publish(letter),
            attachments=tuple(self.publish(one) for one in attachments),
        )
        record_submission(self.database, submission)
        return submission

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        with self.database.reading() as connection:
            return len(connection.execute(select(drop_tables.metadata.tables[table])).all())

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def app(self) -> Flask:
        """Make the door of this host."""
        return create_door(self.folder, lambda: TODAY)


@dataclass(frozen=True)
class DeskGround:
    """A reviewer host's folder, paired with no door yet."""

    folder: Path
    database: Database
    post: BlobFolder
    outgoing: BlobFolder

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def pair_with(self, url: str) -> None:
        """Write the pairing, as `candour-desk pair` does."""
        write_private_file(
            self.folder / "courier.json", write_object({"candour_courier": 1, "door_url": url, "token": TOKEN})
        )

    def add_reply_item(self, reply: str) -> None:
        """Put a case with a scheduled reply in, as the desk does."""
        with self.database.writing() as connection:
            case = secrets.token_hex(16)
            connection.execute(
                insert(case_tables.cases).values(
                    id=case,
                    reference=case[:9],
                    status="sent",
                    changed_at=0,
                    sealed_card=Ciphertext(b"card"),
                )
            )
            connection.execute(
                insert(case_tables.items).values(
                    id=reply,
                    case_id=case,
                    kind="reply",
                    position=1,
                    made_at=0,
                    sealed=Ciphertext(b"item"),
                    state="scheduled",
                )
            )

    def reply_state(self, reply: str) -> str:
        """Return where a reply is."""
        with self.database.reading() as connection:
            found = connection.execute(select(case_tables.items.c.state).where(case_tables.items.c.id == reply))
            return str(found.scalar_one())

    def count(self, table: str) -> int:
        """Count the rows of a table."""
        with self.database.reading() as connection:
            return len(connection.execute(select(desk_tables.metadata.tables[table])).all())

    def files(self) -> dict[str, bytes]:
        """Return every published blob of the post."""
        return {blob: self.post.path(blob).read_bytes() for blob in self.post.published()}


def make_drop_ground(folder: Path) -> DropGround:
    """Make a source host's folder without what the door must not need: no pepper, no intake key."""
    make_private_folder(folder)
    write_private_file(folder / "door-token.sha256", sha256(TOKEN.encode()).hexdigest().encode())
    database = open_database(folder / "drop.sqlite", "store.drop.migrations")
    return DropGround(folder, database, BlobFolder(folder / "blobs"))


def make_real_drop(folder: Path, secret: IntakeSecret) -> DropGround:
    """Make, in a folder that is there, a source host with all that `candour-drop door` wants; its token is TOKEN."""
    made = DropFolder(folder / "real-drop")
    make_drop(made.root, secret.public, folder / "real-pairing.json")
    made.door_token.unlink()
    write_private_file(made.door_token, sha256(TOKEN.encode()).hexdigest().encode())
    return DropGround(made.root, open_database(made.database, "store.drop.migrations"), BlobFolder(made.blobs))


def make_desk_ground(folder: Path) -> DeskGround:
    """Make a desk's folder without what the courier must not need: no GnuPG home, no vault."""
    make_private_folder(folder)
    database = open_database(folder / "desk.sqlite", "store.desk.migrations")
    return DeskGround(folder, database, BlobFolder(folder / "post"), BlobFolder(folder / "outgoing"))


def new_source() -> NewSource:
    """Return a source whose reply key is random bytes: nothing here opens a seal."""
    return NewSource(secrets.token_bytes(32), secrets.token_bytes(1216))


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application in threads on loopback; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["candour_door"].close()


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path with its query."""
        return self.line.split(" ")[1]


Answer = Callable[[Asked], Iterable[bytes]]


@dataclass
class RawDoor:
    """A server that sends any bytes it is told to: it can lie in every way HTTP has. One request a connection.

    Of its intake key it says nothing, as a door from before.
    """

    answer: Answer
    asked: list[Asked] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on loopback; give the address."""
        listening = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=self._accept, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _address = listening.accept()
                with connection, suppress(OSError):
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as file:
            line = file.readline().decode().strip()
            if not line:
                return  # who came was cut before a word was said
            headers = {}
            while header := file.readline().decode().strip():
                name, _colon, value = header.partition(": ")
                headers[name] = value
            asked = Asked(line, headers, file.read(int(headers.get("Content-Length", "0"))))
        if asked.line.startswith("GET /v1/intake-key"):
            connection.sendall(b"".join(http(b'{"error":"not found"}', "404 Not Found")))
            return
        self.asked.append(asked)
        for piece in self.answer(asked):
            connection.sendall(piece)


def http(body: bytes, status: str = "200 OK", kind: str = "application/json", **headers: str) -> list[bytes]:
    """Spell an HTTP answer. A header named `Content_Length` replaces the true one."""
    found = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    found |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in found.items() if value)
    return [f"HTTP/1.1 {status}\r\n{head}\r\n".encode(), body]


@dataclass
class Watching:
    """A watcher who remembers."""

    stored: list[tuple[int, int]] = field(default_factory=list)
    came: list[int] = field(default_factory=list)

    def bytes_came(self, came: int, size: int) -> None:
        """Remember how far a blob has come."""
        assert came <= size
        self.came.append(came)

    def submission_stored(self, files: int, size: int) -> None:
        """Remember a submission."""
        self.stored.append((files, size))


def run(desk: DeskGround, door: DoorClient) -> Report:
    """Make one run."""
    with closing(door):
        return Courier(desk.database, desk.post, desk.outgoing, door, Watching()).run()


def post_reply(desk: DeskGround, source: NewSource, reply: str = REPLY, *, day: str = TODAY) -> None:
    """Write a reply at the desk: the item and its delivery, in the way the desk does. To a door that runs: of today."""
    desk.add_reply_item(reply)
    with desk.database.writing() as connection:
        outbox.add_reply(connection, reply_address(source.reply_key), day, reply, Ciphertext(b"sealed reply"))
