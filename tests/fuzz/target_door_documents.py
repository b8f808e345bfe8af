"""Fuzzing the documents of the door, on both sides: what the courier posts, and what a hostile door tells the desk."""

from pathlib import Path

from journalist_interface import courier_rules
from journalist_interface.courier_errors import DoorDistrusted
from keys.ciphertext import Ciphertext
from keys.errors import Malformed
from keys.statuses import Status
from source_interface import door_messages
from store.desk.outbox import Kind, OutboxDelivery
from tests.fuzz.pieces import Pieces

SHA = "0" * 64
FIRST, SECOND = "1" * 32, "2" * 32
LISTED = courier_rules.Listed(FIRST, "2026-11-20", (courier_rules.ListedPart(SECOND, "letter", 5, SHA),))
DELIVERIES = (
    OutboxDelivery(FIRST, Kind.REPLY, SHA, "2026-11-20", reply=SECOND, sealed=Ciphertext(b"sealed")),
    OutboxDelivery(SECOND, Kind.STATUS, SHA, "2026-11-20", status=Status.QUESTION),
)


def one_input(data: bytes) -> None:
    """Give one document to one of the readers."""
    pieces = Pieces(data)
    reader = pieces.choose((confirm, deliveries, page, later_page, confirmed, delivered))
    reader(pieces.rest())


def confirm(document: bytes) -> None:
    """What the courier confirms is bounded and names nothing twice, or it is Malformed."""
    try:
        collected, notices = door_messages.read_confirm(document)
    except Malformed:
        return
    assert len({one.submission for one in collected}) == len(collected) <= door_messages.MOST_CONFIRMED
    assert len(set(notices)) == len(notices) <= door_messages.MOST_CONFIRMED


def deliveries(document: bytes) -> None:
    """What the courier delivers is bounded and names nothing twice, or it is Malformed."""
    try:
        found = door_messages.read_deliveries(document)
    except Malformed:
        return
    assert len({one.id for one in found}) == len(found) <= door_messages.MOST_DELIVERIES


def page(document: bytes, after: str = "") -> None:
    """A list of a hostile door ascends, is bounded, and can be gone on with; or it is distrusted."""
    try:
        found = courier_rules.read_page(document, after)
    except DoorDistrusted:
        return
    ids = [one.submission for one in found.submissions]
    assert ids == sorted(set(ids))
    assert all(one > after for one in ids)
    assert len(ids) + len(found.notices) <= courier_rules.LONGEST_PAGE
    assert found.last is None or found.last > after
    assert all(1 <= one.size <= courier_rules.LARGEST_SUBMISSION for one in found.submissions)
    assert all(one.parts[0].kind == "letter" for one in found.submissions)
    courier_rules.write_confirm(found.submissions, found.notices)


def later_page(document: bytes) -> None:
    """The same behind a cursor."""
    page(document, "8" * 32)


def confirmed(document: bytes) -> None:
    """The answer to a confirmation is taken or distrusted."""
    try:
        courier_rules.read_confirmed(document, [LISTED])
    except DoorDistrusted:
        return


def delivered(document: bytes) -> None:
    """The answer to deliveries has one word for each, or is distrusted."""
    try:
        found = courier_rules.read_delivered(document, DELIVERIES)
    except DoorDistrusted:
        return
    assert len(found) == len(DELIVERIES)


def seeds() -> list[bytes]:
    """Return each document as it should be."""
    part = f'{{"blob":"{SECOND}","kind":"letter","size":5,"sha256":"{SHA}"}}'
    attached = f'{{"blob":"{FIRST}","kind":"attachment","size":9,"sha256":"{SHA}"}}'
    submission = f'{{"id":"{"9" * 32}","day":"2026-11-20","parts":[{part},{attached}]}}'
    notice = f'{{"id":"{"9" * 31}a","reply":"{FIRST}","what":"read"}}'
    listed = f'{{"candour_door":1,"submissions":[{submission}],"notices":[{notice}],"more":true}}'.encode()
    answers = f'[{{"id":"{FIRST}","answer":"applied"}},{{"id":"{SECOND}","answer":"unknown source"}}]'
    return [
        b"\x00" + courier_rules.write_confirm([LISTED], ()),
        b"\x01" + courier_rules.write_deliveries(DELIVERIES),
        b"\x02" + listed,
        b"\x03" + listed,
        b"\x04" + f'{{"candour_door":1,"submissions":[{{"id":"{FIRST}","answer":"erased"}}]}}'.encode(),
        b"\x05" + f'{{"candour_door":1,"deliveries":{answers}}}'.encode(),
    ]


def prepare(_folder: Path) -> None:
    """Nothing is needed."""
