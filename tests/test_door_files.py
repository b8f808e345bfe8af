"""The door's two verbs for files of replies: strict, bounded, each file once; and the end that every file has."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from keys.reply import reply_address
from keys.reply_file import LARGEST_SEALED_FILE
from source_interface.door_app import create_door
from store.blobs import BlobFolder
from store.drop import reply_files
from store.drop.deliveries import Outcome, Withdrawal, apply_delivery
from store.drop.inbox import delete_reply
from store.drop.intake import NewSource
from store.drop.tables import reply_files as rows
from store.errors import Missing
from tests.courier.ground import TODAY, TOKEN, DropGround, new_source, serving
from tests.files_at_the_door import (
    BLOB,
    PASS,
    REPLY,
    SEALED,
    announce,
    announcement,
    bring,
    deliver,
    ground,
    one_file,
    post,
    source,
    there,
    url,
)

__all__ = ["ground", "source", "url"]


def test_what_was_announced_is_taken_once_and_lies_there_as_it_was_sealed(
    ground: DropGround, url: str, source: NewSource
) -> None:
    """Announced again and sent again it is the same file; it has no time, and nobody else may read it."""
    assert announce(url, announcement(source)) == (200, ["send"])
    assert announce(url, announcement(source)) == (200, ["send"])
    assert bring(url) == 200
    assert announce(url, announcement(source)) == (200, ["here"])
    assert bring(url) == 200
    assert there(ground) == {BLOB: SEALED}
    found = (ground.folder / "reply-files" / "sealed" / BLOB).stat()
    assert (found.st_mtime, found.st_nlink, found.st_mode & 0o777) == (0, 1, 0o600)


HOSTILE: dict[str, dict[str, Any]] = {
    "another version": {"candour_door": 2},
    "no files": {"files": []},
    "six files": {"files": [one_file(blob=f"{number:032x}") for number in range(6)]},
    "one file twice": {"files": [one_file(), one_file()]},
    "no size": {"files": [{"blob": BLOB, "sha256": "0" * 64}]},
    "a size of nothing": {"files": [one_file(size=0)]},
    "a size too large": {"files": [one_file(size=LARGEST_SEALED_FILE + 1)]},
    "a size that is text": {"files": [one_file(size="5")]},
    "a size that is a truth": {"files": [one_file(size=True)]},
    "a path for a name": {"files": [one_file(blob="../../../../../../../etc/passwd0")]},
    "a name in capitals": {"files": [one_file(blob=BLOB.upper())]},
    "a SHA-256 too short": {"files": [one_file(sha256="0" * 63)]},
    "a field too many": {"files": [one_file(name="complaint.pdf")]},
    "another field too many": {"day": TODAY},
    "an address too short": {"address": "0" * 63},
    "a reply that is none": {"reply": "x" * 32},
    "no reply": {"reply": None},
    "files that are an object": {"files": one_file()},
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_announcement_is_malformed_and_changes_nothing(
    ground: DropGround, url: str, source: NewSource, what: str
) -> None:
    """One spelling of everything."""
    assert announce(url, announcement(source, **HOSTILE[what])) == (400, "malformed")
    assert ground.count("reply_files") == 0


def test_bytes_that_nobody_announced_are_taken_from_nobody(ground: DropGround, url: str, source: NewSource) -> None:
    """Without token the door is mute; with it, it takes what was announced, and not a byte more, less or other."""
    assert bring(url) == 404
    announce(url, announcement(source))
    assert post(url, f"/v1/files/{BLOB}", SEALED, {"Content-Type": "application/octet-stream"}).status == 401
    assert post(url, "/v1/files", b"{}", {}).status == 401
    assert bring(url, SEALED + b"x") == 413
    assert bring(url, SEALED[:-1]) == 400
    assert bring(url, SEALED[:-1] + b"x") == 400
    assert bring(url, kind="application/json") == 400
    assert bring(url, blob=BLOB.upper()) == bring(url, blob="c2" * 16) == bring(url, blob=f"{BLOB}?x=y") == 404
    assert urllib3.request("GET", f"{url}/v1/files/{BLOB}", headers=PASS, retries=False).status == 404
    assert there(ground) == {}
    assert bring(url) == 200


def test_one_name_is_one_file_of_one_reply_of_one_source(ground: DropGround, url: str, source: NewSource) -> None:
    """Announced otherwise, nothing is changed; and a reply has five files, however many announcements."""
    other = new_source()
    ground.submit(b"another letter", source=other)
    announce(url, announcement(source))
    for changed in (
        announcement(other),
        announcement(source, reply="e9" * 16),
        announcement(source, files=[one_file(size=len(SEALED) - 1)]),
        announcement(source, files=[one_file(sha256="0" * 64)]),
    ):
        assert announce(url, changed) == (200, ["differs"])
    for number in range(4):
        assert announce(url, announcement(source, files=[one_file(blob=f"{number:032x}")])) == (200, ["send"])
    assert announce(url, announcement(source, files=[one_file(blob="9" * 32)])) == (400, "malformed")
    assert ground.count("reply_files") == 5


def test_nothing_is_taken_for_a_source_or_a_reply_that_is_not_there(
    ground: DropGround, url: str, source: NewSource
) -> None:
    """A source nobody knows; a reply that came, was deleted, or was withdrawn."""
    assert announce(url, announcement(new_source())) == (200, ["unknown source"])
    deliver(ground, source, ())
    delete_reply(ground.database, source.lookup_id, REPLY)
    assert announce(url, announcement(source)) == (200, ["not wanted"])
    assert ground.count("reply_files") == 0


def test_a_reply_is_not_delivered_while_one_of_its_files_is_missing(
    ground: DropGround, url: str, source: NewSource
) -> None:
    """Not announced, announced only, another reply's: nothing is remembered, and sent again it is applied."""
    assert deliver(ground, source) is Outcome.FILES_MISSING
    announce(url, announcement(source))
    assert deliver(ground, source) is Outcome.FILES_MISSING
    bring(url)
    assert deliver(ground, source, (BLOB, "c2" * 16)) is Outcome.FILES_MISSING
    assert deliver(ground, source, reply="e9" * 16) is Outcome.FILES_MISSING
    assert ground.count("deliveries") == ground.count("replies") == 0
    assert deliver(ground, source) is Outcome.APPLIED
    assert deliver(ground, source) is Outcome.ALREADY


def test_a_body_that_breaks_off_leaves_nothing(ground: DropGround, url: str, source: NewSource) -> None:
    """The connection is reset in the middle; the door is there for the next one, and takes the file whole."""
    announce(url, announcement(source))
    parts = urlsplit(url)
    head = f"POST /v1/files/{BLOB} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
    head += f"Content-Type: application/octet-stream\r\nContent-Length: {len(SEALED)}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(head.encode() + SEALED[:100_000])
        connection.shutdown(socket.SHUT_WR)
        assert b"400" in connection.recv(100)
    assert there(ground) == {}
    assert bring(url) == 200


def test_a_door_that_died_begins_without_what_was_half(ground: DropGround, source: NewSource) -> None:
    """Killed while a file came, or between publishing and the row: a start clears it, and the file can be brought."""
    folder = BlobFolder(ground.folder / "reply-files")
    with serving(ground.app()) as url:
        announce(url, announcement(source))
    (folder.incoming / BLOB).write_bytes(SEALED[:1_000])
    with folder.draft("c2" * 16) as draft:
        draft.file.write(b"published, and never noted")
        draft.seal_finished()
        folder.publish([draft.id])
    assert len(there(ground)) == 2
    with serving(ground.app()) as url:
        assert there(ground) == {}
        assert announce(url, announcement(source)) == (200, ["send"])
        assert bring(url) == 200


def test_files_of_replies_have_a_share_of_the_disk_and_respect_what_is_kept_for_text(
    ground: DropGround, source: NewSource
) -> None:
    """Both are said before a byte is sent; what is here already counts once, and can be announced again."""
    for settings in ({"free_bytes_for_text": 10**12}, {"free_bytes_for_files": 10**12}):
        (ground.folder / "settings.json").write_text(json.dumps(settings))
        with serving(ground.app()) as url:
            assert announce(url, announcement(source)) == (507, "no room")
    (ground.folder / "settings.json").write_text(json.dumps({"reply_files_bytes": 20_000_000}))
    with serving(ground.app()) as url:
        for number, size in enumerate((10_000_000, 9_900_000)):
            files = [one_file(blob=f"{number:032x}", size=size)]
            for _again in range(2):
                assert announce(url, announcement(source, reply=f"{number:032x}", files=files)) == (200, ["send"])
        assert announce(url, announcement(source)) == (507, "no room")


LATER = {
    "the last day of an unclaimed one": (False, "2026-11-27", 1),
    "a day after": (False, "2026-11-28", 0),
    "the last day of a delivered one": (True, "2027-01-19", 1),
    "a day after that": (True, "2027-01-20", 0),
}


@pytest.mark.parametrize("when", LATER)
def test_every_file_has_an_end(ground: DropGround, url: str, source: NewSource, when: str) -> None:
    """Seven days if its reply never came, sixty after it did; rows and bytes, whoever looks first."""
    delivered, today, left = LATER[when]
    announce(url, announcement(source))
    bring(url)
    if delivered:
        assert deliver(ground, source) is Outcome.APPLIED
    folder = BlobFolder(ground.folder / "reply-files")
    reply_files.forget_files(ground.database, folder, today, 60)
    assert (len(there(ground)), ground.count("reply_files")) == (left, left)
    if not left:
        with pytest.raises(Missing):
            reply_files.file_for_source(ground.database, folder, source.lookup_id, REPLY, BLOB)


def test_the_time_begins_with_the_delivery(ground: DropGround, url: str, source: NewSource) -> None:
    """A courier that was away for days between file and reply takes nothing from the source's weeks."""
    announce(url, announcement(source))
    bring(url)
    with ground.database.writing() as connection:
        connection.execute(rows.update().values(day="2026-11-14"))
    deliver(ground, source)
    with ground.database.reading() as connection:
        assert connection.execute(rows.select()).one().day == TODAY


def test_a_withdrawal_erases_rows_and_files_and_so_does_a_crash_after_it(
    ground: DropGround, url: str, source: NewSource
) -> None:
    """What could not be erased at once is noted, and the next start does it."""
    announce(url, announcement(source))
    bring(url)
    deliver(ground, source)
    address = reply_address(source.reply_key)
    assert apply_delivery(ground.database, Withdrawal("d1" * 16, address, TODAY, REPLY), TODAY) is Outcome.APPLIED
    assert (ground.count("reply_files"), ground.count("reply_files_erasing"), len(there(ground))) == (0, 1, 1)
    assert announce(url, announcement(source)) == (200, ["not wanted"])
    create_door(ground.folder, lambda: TODAY).extensions["candour_door"].close()
    assert (ground.count("reply_files_erasing"), there(ground)) == (0, {})


def test_another_source_reads_and_erases_nothing(ground: DropGround, url: str, source: NewSource) -> None:
    """The name of a file and of its reply are worth nothing without the codename."""
    other = new_source()
    ground.submit(b"another letter", source=other)
    announce(url, announcement(source))
    bring(url)
    folder = BlobFolder(ground.folder / "reply-files")
    for whose, reply in ((other, REPLY), (source, "e9" * 16), (source, REPLY)):
        # The last: its own, but the reply has not come yet.
        with pytest.raises(Missing):
            reply_files.file_for_source(ground.database, folder, whose.lookup_id, reply, BLOB)
    deliver(ground, source)
    assert reply_files.file_for_source(ground.database, folder, source.lookup_id, REPLY, BLOB).read_bytes() == SEALED
    with pytest.raises(Missing):
        delete_reply(ground.database, other.lookup_id, REPLY)
    assert ground.count("reply_files") == 1
