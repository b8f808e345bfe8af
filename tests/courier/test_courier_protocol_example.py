"""The worked example of docs/courier-protocol.md, byte for byte through both ends."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from journalist_interface.courier import Courier
from journalist_interface.door_client import DoorClient
from keys.ciphertext import Ciphertext
from keys.statuses import Status
from store.desk import case_tables, post_tables
from store.desk.parcels import read_parcel
from store.drop import tables as drop
from store.folder import write_private_file
from store.posture_summary import PostureSummary, summary_path, write_summary
from tests.conftest import IntakeSecret
from tests.courier.ground import TODAY, TOKEN, Asked, DeskGround, RawDoor, make_desk_ground, make_drop_ground, serving
from tests.kept_backup import note_backup

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "courier-protocol.md"
BLOCK = re.compile(r"^```http\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
LETTER = b"a letter sealed to the intake key"
ATTACHMENT = b"an attachment sealed to the intake key"
FILE, FILE_BLOB = b"a file sealed for one source", "08" * 16
SUBMISSION, LETTER_BLOB, ATTACHMENT_BLOB, OLD_REPLY, NOTICE = ("1c" * 16, "a1" * 16, "b2" * 16, "c3" * 16, "d4" * 16)
REPLY, REPLY_DELIVERY, STATUS_DELIVERY = "e5" * 16, "f6" * 16, "07" * 16
ADDRESS = sha256(b"the reply public key of a source").hexdigest()


@dataclass(frozen=True)
class Message:
    """A request or an answer as the document prints it."""

    first_line: str
    headers: dict[str, str]
    body: bytes


def read_message(block: str) -> Message:
    """Take one block of the document apart."""
    head, _empty, body = block.partition("\n\n")
    first, *headers = head.split("\n")
    return Message(first, dict(header.split(": ", 1) for header in headers), body.encode())


BLOCKS = [read_message(block) for block in BLOCK.findall(DOCUMENT.read_text("utf-8"))]
EXCHANGES = list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))


@pytest.fixture
def door(tmp_path: Path, intake_secret: IntakeSecret) -> Iterable[str]:
    """The source host as the example finds it."""
    ground = make_drop_ground(tmp_path / "drop")
    # So that the machine's own disk has room, as the example's has.
    (ground.folder / "settings.json").write_text('{"free_bytes_for_files": 0, "free_bytes_for_text": 0}')
    write_private_file(ground.folder / "intake-key.asc", intake_secret.public.read_bytes())
    note_backup(ground.folder, TODAY)
    summary_path(ground.folder).parent.mkdir()
    write_summary(summary_path(ground.folder), PostureSummary(TODAY, 90, 0, 3, 0, "none"))
    lookup_id = b"\x07" * 32
    parts = ((LETTER_BLOB, "letter", LETTER), (ATTACHMENT_BLOB, "attachment", ATTACHMENT))
    with ground.database.writing() as connection:
        connection.execute(
            insert(drop.sources).values(
                lookup_id=lookup_id, address=ADDRESS, reply_key=b"k", status="sent", status_day="2026-11-19"
            )
        )
        connection.execute(insert(drop.submissions).values(id=SUBMISSION, lookup_id=lookup_id, day="2026-11-19"))
        connection.execute(insert(drop.notices).values(id=NOTICE, reply=OLD_REPLY, what="read"))
        for blob, kind, sealed in parts:
            (ground.folder / "blobs" / "sealed" / blob).write_bytes(sealed)
            connection.execute(
                insert(drop.parts).values(
                    blob=blob,
                    submission=SUBMISSION,
                    kind=kind,
                    size=len(sealed),
                    sha256=sha256(sealed).hexdigest(),
                )
            )
    with serving(ground.app()) as url:
        yield url
    assert [ground.count(table) for table in ("submissions", "parts", "notices", "replies")] == [0, 0, 0, 1]
    assert ground.blobs.published() == set()
    assert (ground.folder / "reply-files" / "sealed" / FILE_BLOB).read_bytes() == FILE
    ground.database.close()


def test_the_example_has_its_eleven_exchanges() -> None:
    """Were the document's blocks not found, the tests below would be true of nothing."""
    assert len(EXCHANGES) == 11


def test_the_real_door_answers_the_documents_requests_with_the_documents_answers(door: str) -> None:
    """What the page promises of the source host is what the source host does."""
    connection = HTTPConnection(door.removeprefix("http://"))
    for request, answer in EXCHANGES:
        method, path, _version = request.first_line.split(" ")
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        connection.request(method, path, request.body or None, headers)
        response = connection.getresponse()
        got = response.read()
        assert answer.first_line == f"HTTP/1.1 {response.status} {response.reason.title().replace('Ok', 'OK')}"
        assert {name: response.headers[name] for name in answer.headers} == answer.headers
        breaks = int(answer.headers["Content-Length"]) > len(answer.body)
        assert got.startswith(answer.body) if breaks else got == answer.body, path
    connection.close()


def lay_out_deliveries(ground: DeskGround) -> None:
    """What waits at the desk as the example begins: a reply with a file, and a status; a reply was sent before."""
    for reply, state in ((REPLY, "scheduled"), (OLD_REPLY, "delivered")):
        ground.add_reply_item(reply)
        with ground.database.writing() as connection:
            connection.execute(case_tables.items.update().where(case_tables.items.c.id == reply).values(state=state))
    with ground.database.writing() as connection:
        row = {"address": ADDRESS, "day": "2026-11-20"}
        connection.execute(
            insert(post_tables.outbox).values(
                id=REPLY_DELIVERY, kind="reply", reply=REPLY, sealed=Ciphertext(b"sealed reply"), place=1, **row
            )
        )
        connection.execute(
            insert(post_tables.outgoing_files).values(
                blob=FILE_BLOB, reply=REPLY, place=1, size=len(FILE), sha256=sha256(FILE).hexdigest()
            )
        )
        connection.execute(
            insert(post_tables.outbox).values(
                id=STATUS_DELIVERY, kind="status", status=Status.BEING_READ, place=2, **row
            )
        )
    (ground.folder / "outgoing" / "sealed" / FILE_BLOB).write_bytes(FILE)


def test_the_real_courier_sends_the_documents_requests_and_lives_by_the_documents_answers(tmp_path: Path) -> None:
    """What the page promises of the courier is what the courier does, a broken connection included."""
    ground = make_desk_ground(tmp_path / "desk")
    lay_out_deliveries(ground)
    left = iter(EXCHANGES)

    def answer(asked: Asked) -> Iterable[bytes]:
        request, documented = next(left)
        assert asked.line == request.first_line
        assert asked.headers | {"Host": ""} == request.headers | {"Host": ""}
        assert asked.body == request.body
        head = "\r\n".join([documented.first_line, *(f"{name}: {value}" for name, value in documented.headers.items())])
        yield head.encode() + b"\r\nConnection: close\r\n\r\n" + documented.body

    raw = RawDoor(answer)
    with raw.serving() as url:
        report = Courier(ground.database, ground.post, ground.outgoing, DoorClient(url, TOKEN), Nobody()).run()
    assert report.problems == []
    assert len(raw.asked) == len(EXCHANGES)
    with ground.database.reading() as connection:
        parcel = read_parcel(connection, SUBMISSION)
        assert connection.execute(select(post_tables.outbox)).all() == []
    assert [parcel.letter.blob, *(part.blob for part in parcel.attachments)] == [LETTER_BLOB, ATTACHMENT_BLOB]
    assert ground.outgoing.published() == set()
    assert ground.files() == {LETTER_BLOB: LETTER, ATTACHMENT_BLOB: ATTACHMENT}
    assert (ground.reply_state(REPLY), ground.reply_state(OLD_REPLY)) == ("delivered", "read")
    ground.database.close()


class Nobody:
    """A watcher who does not look."""

    def bytes_came(self, came: int, size: int) -> None:
        """Ignore it."""

    def submission_stored(self, files: int, size: int) -> None:
        """Ignore it."""
