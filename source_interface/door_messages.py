"""The door's documents (docs/courier-protocol.md): reading what the courier posts, writing what it is told.

Reading is strict: one spelling, every length bounded, nothing unknown, nothing twice. Raises Malformed.
"""

import base64
from collections.abc import Mapping, Sequence

from keys.ciphertext import Ciphertext
from keys.errors import Malformed
from keys.letter import MOST_ATTACHMENTS
from keys.reply import LARGEST_SEALED_REPLY
from keys.reply_file import LARGEST_SEALED_FILE, MOST_FILES
from keys.statuses import TOLD_BY_THE_DESK, Status
from keys.strict_json import Fields, hex_id, read_object, write_object
from onion.health import TorState
from source_interface.room import Room
from store.drafts import Blob
from store.drop.collection import Collected, Confirmation, Waiting
from store.drop.deliveries import Delivery, Outcome, ReplyDelivery, StatusDelivery, Withdrawal
from store.drop.reply_files import Announcement, Wanted
from store.host_health import OF_SOURCE, Thing

VERSION = 1
LARGEST_DOCUMENT = 4 * 1024 * 1024  # bytes
HEALTH_BYTES = 512
LONGEST_PAGE = 100  # submissions and notices
MOST_CONFIRMED = 100  # submissions, and as many notices
MOST_DELIVERIES = 8
_LONGEST_BASE64 = (LARGEST_SEALED_REPLY + 2) // 3 * 4
_KINDS = frozenset({"reply", "status", "withdraw"})
_STATUSES = frozenset(status.value for status in TOLD_BY_THE_DESK)


def read_confirm(untrusted: bytes) -> tuple[tuple[Collected, ...], tuple[str, ...]]:
    """Return the submissions collected and the ids of the notices received."""
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    collected = fields.list_of("submissions", MOST_CONFIRMED, _collected)
    notices = fields.list_of("notices", MOST_CONFIRMED, hex_id)
    fields.end()
    _refuse_repeats([one.submission for one in collected])
    _refuse_repeats(notices)
    return collected, notices


def read_deliveries(untrusted: bytes) -> tuple[Delivery, ...]:
    """Return the deliveries to apply, in order."""
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    found = fields.list_of("deliveries", MOST_DELIVERIES, _delivery)
    fields.end()
    _refuse_repeats([delivery.id for delivery in found])
    return found


def read_announcement(untrusted: bytes) -> Announcement:
    """Return the files that are to go with a reply."""
    fields = read_object(untrusted, LARGEST_DOCUMENT)
    fields.exactly("candour_door", VERSION)
    address, reply = fields.sha256("address"), fields.hex_id("reply")
    files = fields.list_of("files", MOST_FILES, _announced)
    fields.end()
    if not files:
        raise Malformed("nothing is announced")
    _refuse_repeats([file.id for file in files])
    return Announcement(address, reply, files)


def write_waiting(waiting: Waiting) -> bytes:
    """Return the document that lists what waits."""
    return write_object(
        {
            "candour_door": VERSION,
            "submissions": [
                {
                    "id": submission.id,
                    "day": submission.day,
                    "parts": [
                        {"blob": part.blob, "kind": part.kind, "size": part.size, "sha256": part.sha256}
                        for part in submission.parts
                    ],
                }
                for submission in waiting.submissions
            ],
            "notices": [{"id": notice.id, "reply": notice.reply, "what": notice.what} for notice in waiting.notices],
            "more": waiting.more,
        }
    )


def write_room(room: Room) -> bytes:
    """Return the document that tells what sources can send."""
    return write_object({"candour_door": VERSION, "room": room.value})


def write_tor(state: TorState) -> bytes:
    """Return the document that tells how this host's Tor is."""
    return write_object({"candour_door": VERSION, "tor": state.value})


def write_intake_key(fingerprint: str) -> bytes:
    """Return the document that names the key that this host seals to."""
    return write_object({"candour_door": VERSION, "fingerprint": fingerprint})


def write_health(words: Mapping[Thing, str]) -> bytes:
    """Return the document that tells how this host is: HEALTH_BYTES long, whatever it says."""
    document = write_object({"candour_door": VERSION, "health": {thing.value: words[thing] for thing in OF_SOURCE}})
    return document.ljust(HEALTH_BYTES, b" ")


def write_confirmed(collected: Sequence[Collected], answers: Sequence[Confirmation]) -> bytes:
    """Return the document that tells what became of each submission confirmed."""
    told = [{"id": one.submission, "answer": answer.value} for one, answer in zip(collected, answers, strict=True)]
    return write_object({"candour_door": VERSION, "submissions": told})


def write_delivered(deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> bytes:
    """Return the document that tells what became of each delivery."""
    told = [{"id": one.id, "answer": outcome.value} for one, outcome in zip(deliveries, outcomes, strict=True)]
    return write_object({"candour_door": VERSION, "deliveries": told})


def write_announced(announced: Announcement, answers: Sequence[Wanted]) -> bytes:
    """Return the document that tells what is to be done with each file announced."""
    told = [{"id": file.id, "answer": answer.value} for file, answer in zip(announced.files, answers, strict=True)]
    return write_object({"candour_door": VERSION, "files": told})


def write_kept(blob_id: str) -> bytes:
    """Return the document that tells that a file is here."""
    return write_object({"candour_door": VERSION, "files": [{"id": blob_id, "answer": "kept"}]})


def _announced(untrusted: object) -> Blob:
    fields = Fields(untrusted, "file")
    file = Blob(fields.hex_id("blob"), fields.integer("size", LARGEST_SEALED_FILE, least=1), fields.sha256("sha256"))
    fields.end()
    return file


def _collected(untrusted: object) -> Collected:
    fields = Fields(untrusted, "submission")
    submission = fields.hex_id("id")
    parts = fields.list_of("parts", MOST_ATTACHMENTS + 1, _part)
    fields.end()
    _refuse_repeats([blob for blob, _sha256 in parts])
    return Collected(submission, dict(parts))


def _part(untrusted: object) -> tuple[str, str]:
    fields = Fields(untrusted, "part")
    part = fields.hex_id("blob"), fields.sha256("sha256")
    fields.end()
    return part


def _delivery(untrusted: object) -> Delivery:
    fields = Fields(untrusted, "delivery")
    kind = fields.one_of("kind", _KINDS)
    # An address is a SHA-256 (keys.reply.reply_address).
    delivery_id, address, day = fields.hex_id("id"), fields.sha256("address"), fields.day("day")
    delivery: Delivery
    if kind == "reply":
        delivery = ReplyDelivery(delivery_id, address, day, fields.hex_id("reply"), _sealed(fields), _files(fields))
    elif kind == "withdraw":
        delivery = Withdrawal(delivery_id, address, day, fields.hex_id("reply"))
    else:
        delivery = StatusDelivery(delivery_id, address, day, Status(fields.one_of("status", _STATUSES)))
    fields.end()
    return delivery


def _files(fields: Fields) -> tuple[str, ...]:
    if not fields.holds("files"):
        return ()
    files = fields.list_of("files", MOST_FILES, hex_id)
    if not files:
        raise Malformed("a reply without files has no list of them")
    _refuse_repeats(files)
    return files


def _sealed(fields: Fields) -> Ciphertext:
    spelt = fields.text("sealed", _LONGEST_BASE64)
    try:
        raw = base64.b64decode(spelt.encode("ascii"), validate=True)
    except ValueError as reason:
        raise Malformed("sealed is not Base64") from reason
    if base64.b64encode(raw).decode("ascii") != spelt or not 0 < len(raw) <= LARGEST_SEALED_REPLY:
        raise Malformed("sealed has another spelling or size")
    # Sealed on the reviewer host, with a key this host does not have: it is ciphertext by the time it comes here.
    return Ciphertext(raw)


def _refuse_repeats(ids: Sequence[str]) -> None:
    if len(set(ids)) != len(ids):
        raise Malformed("an id is given twice")
