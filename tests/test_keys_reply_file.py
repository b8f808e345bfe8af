"""Files that go with a reply: whoever opens the reply opens them, nobody else, and a hostile one is refused whole."""

import io
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from keys.errors import Malformed, SealBroken
from keys.hpke import Purpose, SecretKey, seal
from keys.padding import pad_text
from keys.reply import Reply, reply_address, shown_bytes
from keys.reply_file import LARGEST_SEALED_FILE, MOST_FILE_BYTES, MOST_FILES, ReplyFile
from keys.sealed_file import FRAME_SIZE, sealed_file_size
from keys.strict_json import read_object, write_object

KEY = SecretKey(bytes(range(96)))
ID, BLOB = "0123456789abcdef" * 2, "b1" * 16
CONTENT = b"How to complain to us." * 40_000
FILE = ReplyFile.draw(BLOB, "How to complain.pdf", len(CONTENT), sha256(CONTENT).hexdigest())
REPLY = Reply(ID, "2026-11-23", "Please read this.", files=(FILE,))


def sealed(found: ReplyFile = FILE, content: bytes = CONTENT) -> bytes:
    """The sealed file."""
    output = io.BytesIO()
    writer = found.writer(output)
    writer.write(content)
    writer.finish()
    return output.getvalue()


def opened(found: ReplyFile, bytes_there: bytes) -> bytes:
    """What a source would save."""
    return b"".join(found.reader(io.BytesIO(bytes_there)).checked_pieces(found.sha256))


def test_a_file_is_opened_with_what_its_reply_says_and_with_nothing_else() -> None:
    """The key travels inside the sealed reply, and the sealed file tells its size class alone."""
    [found] = Reply.open(REPLY.seal_to(KEY.public), ID, KEY).files
    assert found == FILE
    assert opened(found, sealed()) == CONTENT
    assert len(sealed()) == sealed_file_size(len(CONTENT)) == sealed_file_size(len(CONTENT) + 1_000)
    for other in (replace(FILE, key=bytes(32)), replace(FILE, blob="c2" * 16)):
        with pytest.raises(SealBroken):
            opened(other, sealed())


def test_an_empty_file_and_the_largest_one_are_files() -> None:
    """Nothing is a content too; and what the largest is sealed into is what the door's limit says."""
    empty = replace(FILE, size=0, sha256=sha256(b"").hexdigest())
    assert opened(empty, sealed(empty, b"")) == b""
    assert len(sealed(empty, b"")) == sealed_file_size(1) == len(sealed(replace(FILE, size=1), b"x"))
    largest = bytes(MOST_FILE_BYTES)
    assert len(sealed(replace(FILE, size=len(largest)), largest)) == LARGEST_SEALED_FILE


HARM: dict[str, Callable[[bytes], bytes]] = {
    "a byte in the middle is another": lambda there: there[:100_000] + bytes([there[100_000] ^ 1]) + there[100_001:],
    "it is cut short": lambda there: there[:-1],
    "its last frame is gone": lambda there: there[: -(len(there) - 24) % (FRAME_SIZE + 17) or -FRAME_SIZE - 17],
    "something follows": lambda there: there + b"x",
    "two frames have changed places": lambda there: there[:24] + there[65_577:131_130] + there[24:65_577]
    + there[131_130:],
    "nothing is there": lambda _there: b"",
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_a_harmed_file_is_never_given_out_whole(harm: str) -> None:
    """Whatever the source host or its disk did to it."""
    with pytest.raises(SealBroken):
        opened(FILE, HARM[harm](sealed()))


def test_another_content_under_the_right_key_keeps_its_last_piece_back() -> None:
    """The SHA-256 of the reply is asked before the end: a browser sees a broken download, and no whole file."""
    other = CONTENT[:-1] + b"!"
    given: list[bytes] = []
    pieces = FILE.reader(io.BytesIO(sealed(content=other))).checked_pieces(FILE.sha256)
    with pytest.raises(SealBroken):
        given.extend(pieces)
    assert 0 < len(b"".join(given)) < len(CONTENT)


def with_files(value: Any) -> bytes:
    """A sealed reply whose list of files is this."""
    document = {"candour_reply": 1, "id": ID, "day": "2026-11-23", "number": 1, "text": "", "questions": []}
    purpose = Purpose("candour v1 reply", f"{ID} {reply_address(KEY.public)}".encode())
    return seal(KEY.public, pad_text(write_object({**document, "files": value})), purpose)


def changed(**changes: Any) -> list[dict[str, Any]]:
    """A list of one file, with changes."""
    return [{**FILE.to_json(), **changes}]


def numbered(count: int, **changes: Any) -> list[dict[str, Any]]:
    """A list of so many files, each with a name of its own."""
    return [{**FILE.to_json(), "blob": f"{number:032x}", **changes} for number in range(count)]


HOSTILE = {
    "no list": None,
    "an empty list": [],
    "one file too many": numbered(MOST_FILES + 1, size=1),
    "one sealed file twice": numbered(1) * 2,
    "too large together": numbered(3, size=MOST_FILE_BYTES // 3 + 1),
    "one too large": changed(size=MOST_FILE_BYTES + 1),
    "a size below nothing": changed(size=-1),
    "a size that is text": changed(size="1"),
    "a fraction": changed(size=1.0),
    "no name": changed(name=""),
    "a name of spaces": changed(name="   "),
    "a name of two lines": changed(name="a\nb"),
    "a name that turns round": changed(name="photo\u202egpj.exe"),
    "a name with a separator of lines": changed(name="a\u2028b"),
    "a name that is too long": changed(name="x" * 121),
    "a path for a blob": changed(blob="../../../../../../../etc/passwd0"),
    "a blob in capitals": changed(blob=BLOB.upper()),
    "a key too short": changed(key="00" * 31),
    "a key too long": changed(key="00" * 33),
    "a key in capitals": changed(key="AB" * 32),
    "another field": changed(type="text/html"),
    "a field too few": [{name: value for name, value in FILE.to_json().items() if name != "sha256"}],
    "a list in a list": [changed()],
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_list_of_files_is_refused_whole(what: str) -> None:
    """The source host has the public key and can seal to it: nothing that opens is trusted for that."""
    with pytest.raises(Malformed):
        Reply.open(with_files(HOSTILE[what]), ID, KEY)


def test_the_table_of_hostile_lists_differs_from_an_honest_one_in_that_alone() -> None:
    """Were the frame wrong, everything above would be refused for nothing."""
    assert Reply.open(with_files(numbered(MOST_FILES, size=MOST_FILE_BYTES // MOST_FILES)), ID, KEY).files


def test_a_reply_without_files_is_spelt_as_before_there_were_any() -> None:
    """Byte for byte: what is sealed tells nothing of the version that sealed it."""
    purpose = Purpose("candour v1 reply", f"{ID} {reply_address(KEY.public)}".encode())
    plain = KEY.open(replace(REPLY, files=()).seal_to(KEY.public), purpose)
    assert plain.rstrip(b" ") == (
        b'{"candour_reply":1,"id":"0123456789abcdef0123456789abcdef","day":"2026-11-23","number":1,'
        b'"text":"Please read this.","questions":[]}'
    )
    assert not read_object(plain.rstrip(b" "), 1_000).holds("files")


def test_a_reply_with_files_that_could_not_be_read_is_refused_where_it_can_be_mended() -> None:
    """At the desk, and not when the source opens it."""
    with pytest.raises(Malformed):
        replace(REPLY, files=(FILE, FILE)).seal_to(KEY.public)


def test_what_the_pages_weight_counts_grows_with_files_and_their_names() -> None:
    """Without files it is what it was."""
    assert shown_bytes("Yes.", (), ()) == shown_bytes("Yes.", ())
    assert shown_bytes("Yes.", (), ["a"]) > shown_bytes("Yes.", ())
    assert shown_bytes("Yes.", (), ["&" * 10]) - shown_bytes("Yes.", (), ["x"]) == 49


def test_neither_name_nor_key_is_printed() -> None:
    """A record may end up in the text of an error."""
    assert FILE.name not in repr(FILE)
    assert repr(FILE.key) not in repr(REPLY)
