"""A source reports, over real HTTP to the really running site; what was sealed is opened with the real intake key."""

import hashlib
import random
import re
import time
from collections.abc import Iterator

import pytest

from bench.source_client import SentFile, SourceClient
from keys.padding import attachment_size_class
from source_interface.drop_folder import DropFolder
from store.database import open_database
from store.drop.tables import parts, sources, submissions
from tests.codename_traces import traces_of
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows, sealed_files
from tests.source_site import running_site


def test_a_report_arrives_whole_and_opens_with_the_intake_key(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """What the source typed is what the letter says, and the files are byte for byte what was sent."""
    codename = source.take_codename()
    contents = [random.Random(1).randbytes(size) for size in (0, 1, 65_536, 700_001)]
    files = [SentFile.of(f"file {i}.bin", content, "image/jpeg") for i, content in enumerate(contents)]
    answer = source.report(
        "He sells names.\nI saw it: “twice”. \U0001f6a8",
        codename=codename,
        files=files,
        topic="money",
        **{"q-when": "in May", "q-danger": "no", "must_not_reach": "Sgt Quill"},
    )
    assert answer.status == 200
    assert "We have your report" in answer.text
    (letter,) = letters(drop_folder, intake_secret)
    assert letter.message == "He sells names.\nI saw it: “twice”. \U0001f6a8"
    assert letter.topics == ("money",)
    assert {a.question: a.text for a in letter.answers} == {"q-when": "in May", "q-danger": "no"}
    assert letter.must_not_reach == "Sgt Quill"
    assert letter.reply_key is not None
    for record, content, file in zip(letter.attachments, contents, files, strict=True):
        assert (record.name, record.declared_type, record.size) == (file.name, "image/jpeg", len(content))
        assert record.sha256 == hashlib.sha256(content).hexdigest()
        opened = intake_secret.open(drop_folder.blobs / "sealed" / record.blob)
        assert opened[: len(content)] == content
        assert opened[len(content) :] == bytes(attachment_size_class(len(content)) - len(content))


def test_one_way_keeps_no_key_and_no_inbox(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Who does not want to come back leaves no row, no reply key and no session, and the page says so."""
    answer = source.report("one way", codename=None)
    assert answer.status == 200
    assert "nobody can reach you" in answer.text
    assert 'href="/inbox"' not in answer.text
    assert letters(drop_folder, intake_secret)[0].reply_key is None
    assert rows(drop_folder, "sources") == []
    assert rows(drop_folder, "sessions") == []


def test_a_form_sent_twice_is_one_submission(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """A double click, or a resend after a broken circuit, gives the same page and one letter."""
    codename = source.take_codename()
    page = source.get("/report")
    values = [
        ("csrf_token", page.hidden("csrf_token")),
        ("submission", page.hidden("submission")),
        ("codename_check", codename),
        ("message", "only once"),
    ]
    cookies = dict(source.cookies)
    first = source.post_multipart("/report", values, [SentFile.of("a.txt", b"a")])
    source.cookies = cookies
    second = source.post_multipart("/report", values, [SentFile.of("a.txt", b"a")])
    # And once more with the cookie that the first answer set, as a browser's "send again" does.
    third = source.post_multipart("/report", values, [SentFile.of("a.txt", b"a")])
    for answer in (first, second, third):
        assert answer.status == 200
        assert "We have your report" in answer.text
        assert 'href="/inbox"' in answer.text
    assert len(letters(drop_folder, intake_secret)) == 1
    assert len(rows(drop_folder, "submissions")) == 1
    assert len(sealed_files(drop_folder)) == 2


def test_files_past_a_limit_are_named_and_the_rest_is_kept(
    drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Too large and too many: a page that says which, with the text still there; no broken connection."""
    with running_site(drop_folder.root, submission_bytes=1_000_000, files=2) as url:
        source = SourceClient(url)
        files = [SentFile.of("big.bin", bytes(1_500_000)), SentFile.of("one.txt", b"1"), SentFile.of("two.txt", b"2")]
        answer = source.report("my words", codename=None, files=[*files, SentFile.of("three.txt", b"3")])
        assert answer.status == 413
        assert "big.bin" in answer.text
        assert re.search(r"Too many files.*three\.txt", answer.text)
        assert "my words" in answer.text
        values = [
            ("csrf_token", answer.hidden("csrf_token")),
            ("submission", answer.hidden("submission")),
            ("held", answer.hidden("held")),
            ("one_way", "yes"),
            ("message", "my words"),
        ]
        assert source.post_multipart("/report", values).status == 200
        source.close()
    (letter,) = letters(drop_folder, intake_secret)
    assert [record.name for record in letter.attachments] == ["one.txt", "two.txt"]


def test_text_is_taken_when_there_is_no_room_for_files(drop_folder: DropFolder) -> None:
    """A full disk refuses files by name, and still takes the words."""
    with running_site(drop_folder.root, free_bytes_for_files=1_000_000 * 1_000_000, free_bytes_for_text=0) as url:
        source = SourceClient(url)
        answer = source.report("my words", codename=None, files=[SentFile.of("photo.jpg", b"x")])
        assert answer.status == 507
        assert "no room" in answer.text
        assert source.report("my words", codename=None).status == 200
        source.close()
    assert len(rows(drop_folder, "submissions")) == 1


def test_a_broken_upload_leaves_nothing(source: SourceClient, drop_folder: DropFolder, site_url: str) -> None:
    """A circuit that breaks in the middle of a file leaves no blob, no draft, no row and no gpg."""
    page = source.get("/report")

    def half() -> Iterator[bytes]:
        yield bytes(300_000)
        raise ConnectionAbortedError

    values = [("csrf_token", page.hidden("csrf_token")), ("submission", page.hidden("submission"))]
    whole = SentFile.of("whole.bin", b"w" * 100_000)
    with pytest.raises(ConnectionAbortedError):
        source.post_multipart("/report", values, [whole, SentFile("half.bin", "x/y", 600_000, half())])
    source.close()
    other = SourceClient(site_url)
    # The site has noticed at the latest when the next upload through the same folder is done.
    assert other.report("other", codename=None).status == 200
    other.close()
    deadline = time.monotonic() + 10
    while len(sealed_files(drop_folder)) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(sealed_files(drop_folder)) == 1
    assert len(rows(drop_folder, "parts")) == 1


def test_the_inbox_takes_a_further_message_and_leaving_ends_it(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """After sending one is signed in; a further message joins; after leaving the cookie opens nothing."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    inbox = source.get("/inbox")
    assert "Where it stands" in inbox.text
    sent = source.write_again(inbox, "second", [SentFile.of("b.txt", b"b")])
    assert (sent.status, sent.headers["Location"]) == (303, "/inbox")
    found = letters(drop_folder, intake_secret)
    assert {letter.message for letter in found} == {"first", "second"}
    assert len({letter.reply_key for letter in found}) == 1
    assert len(rows(drop_folder, "sources")) == 1
    cookie = dict(source.cookies)
    left = source.post("/leave", {"csrf_token": inbox.hidden("csrf_token", 0)})
    assert (left.status, left.headers["Location"]) == (303, "/left")
    assert left.headers["Clear-Site-Data"] == '"*"'
    assert rows(drop_folder, "sessions") == []
    source.cookies = cookie
    assert "Come back to your report" in source.get("/inbox").text


def test_what_a_crash_left_is_erased_at_the_start(drop_folder: DropFolder) -> None:
    """Drafts, and files published that no row names, were never acknowledged to anybody: they go."""
    (drop_folder.blobs / "incoming" / ("ab" * 16)).write_bytes(b"half written")
    (drop_folder.blobs / "incoming" / ("cd" * 16)).write_bytes(b"published and not recorded")
    (drop_folder.blobs / "sealed" / ("cd" * 16)).hardlink_to(drop_folder.blobs / "incoming" / ("cd" * 16))
    with running_site(drop_folder.root):
        assert sealed_files(drop_folder) == set()


def test_a_start_erases_nothing_that_is_no_crash_s(drop_folder: DropFolder) -> None:
    """A sealed file that no row names, as beside an older database, may be all there is of a report."""
    (drop_folder.blobs / "sealed" / ("ab" * 16)).write_bytes(b"a report that a restored database does not know")
    with running_site(drop_folder.root):
        assert sealed_files(drop_folder) == {"ab" * 16}


def test_tables_say_nothing_of_when_or_who(source: SourceClient, drop_folder: DropFolder) -> None:
    """The finest time in any row is a day, file times are flattened, and no address or browser is anywhere."""
    codename = source.take_codename()
    source.report("first", codename=codename, files=[SentFile.of("b.txt", b"b")])
    database = open_database(drop_folder.database, "store.drop.migrations")
    columns = {f"{t.name}.{c.name}" for t in (sources, submissions, parts) for c in t.columns}
    database.close()
    assert not any(word in column for column in columns for word in ("time", "_at", "ip", "agent", "count"))
    for path in (drop_folder.blobs / "sealed").iterdir():
        assert path.stat().st_mtime == 0
    everything = b"".join(path.read_bytes() for path in drop_folder.root.rglob("*") if path.is_file())
    assert b"127.0.0.1" not in everything
    assert [name for name, trace in traces_of(codename).items() if trace in everything] == []
