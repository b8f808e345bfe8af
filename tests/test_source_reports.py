"""A source reports, over real HTTP to the really running site; what was sealed is opened with the real intake key."""

import hashlib
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.source_client import Answered, SentFile, SourceClient
from keys.letter import Letter
from keys.padding import attachment_size_class
from source_interface.drop_folder import DropFolder
from source_interface.host_check import check_host
from store.database import open_database
from store.drop.tables import parts, sources, submissions
from tests.conftest import IntakeSecret
from tests.source_site import running_site


@pytest.fixture
def url(drop_folder: DropFolder) -> Iterator[str]:
    """A running site."""
    with running_site(drop_folder.root) as found:
        yield found


@pytest.fixture
def source(url: str) -> Iterator[SourceClient]:
    """A source's browser."""
    client = SourceClient(url)
    yield client
    client.close()


def rows(folder: DropFolder, table: str) -> list[tuple[object, ...]]:
    """Every row of a table, read from the file itself."""
    with sqlite3.connect(folder.database) as connection:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  (names from this file)
    connection.close()
    return found


def letters(folder: DropFolder, secret: IntakeSecret) -> list[Letter]:
    """Every waiting letter, opened."""
    blobs = [row[0] for row in rows(folder, "parts") if row[2] == "letter"]
    return [secret.letter(folder.blobs / "sealed" / str(blob)) for blob in blobs]


def sealed_files(folder: DropFolder) -> set[str]:
    """The names of all files in the blob folders."""
    return {path.name for path in folder.blobs.rglob("*") if path.is_file()}


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


@pytest.mark.parametrize(
    "spell",
    [
        lambda words: words,
        lambda words: words.upper(),
        lambda words: words.replace(" ", "-"),
        lambda words: "  " + words.replace(" ", " . ").title() + " \n",
        lambda words: words.replace(" ", "\u3000").replace("a", "\uff41"),
    ],
    ids=["as shown", "upper case", "hyphens", "full stops and stray spaces", "full-width letters"],
)
def test_a_codename_is_read_forgivingly(source: SourceClient, url: str, spell: "object") -> None:
    """A source who writes the words a little differently still comes back."""
    assert callable(spell)
    codename = source.take_codename()
    assert source.report("hello", codename=spell(codename)).status == 200
    back = SourceClient(url)
    assert "Where it stands" in back.come_back(spell(codename)).text
    back.close()


def test_a_misspelt_word_gets_a_suggestion_and_what_was_typed_stays(source: SourceClient) -> None:
    """The suggestion comes from the word list; nothing is looked up."""
    answer = source.come_back("abaccus abdomen abide ablaze able abnormal abrasion")
    assert answer.status == 422
    assert "abacus" in answer.text
    assert "abaccus abdomen abide" in answer.text


def test_a_wrong_codename_shows_the_page_of_an_unknown_one(source: SourceClient) -> None:
    """One word wrong, or all seven: the same page, the same status."""
    codename = source.take_codename()
    source.report("hello", codename=codename)
    first, *rest = codename.split()
    other = "abacus" if first != "abacus" else "zoom"
    wrong = source.come_back(" ".join([other, *rest]))
    unknown = source.come_back("zoom " * 7)

    def bare(page: Answered) -> str:
        text = page.text.replace(" ".join([other, *rest]), "TYPED").replace("zoom " * 7, "TYPED")
        text = re.sub(r"<!-- *-->", "", text)
        return re.sub(r'name="csrf_token" value="[^"]*"', "", text)

    assert (wrong.status, bare(wrong)) == (unknown.status, bare(unknown))
    assert wrong.status == 404


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


def test_a_mistake_in_the_form_loses_no_word_and_no_file(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """A misspelt codename after a long upload: the text is still there, and the files need not be sent again."""
    codename = source.take_codename()
    page = source.get("/report")
    values = {
        "csrf_token": page.hidden("csrf_token"),
        "submission": page.hidden("submission"),
        "codename_check": "abaccus " + codename.split(" ", 1)[1],
        "topic": "hate",
        "q-where": "at <the> station",
        "message": "a & b",
    }
    content = random.Random(2).randbytes(200_000)
    refused = source.post_multipart("/report", list(values.items()), [SentFile.of("long.mp4", content)])
    assert refused.status == 422
    assert "We already have these files" in refused.text
    assert "long.mp4" in refused.text
    assert "a &amp; b" in refused.text
    assert "at &lt;the&gt; station" in refused.text
    assert rows(drop_folder, "submissions") == []
    mended = {
        **values,
        "csrf_token": refused.hidden("csrf_token"),
        "codename_check": codename,
        "held": refused.hidden("held"),
    }
    assert refused.hidden("submission") == values["submission"]
    assert source.post_multipart("/report", list(mended.items())).status == 200
    (letter,) = letters(drop_folder, intake_secret)
    (record,) = letter.attachments
    opened = intake_secret.open(drop_folder.blobs / "sealed" / record.blob)
    assert opened[: record.size] == content


def test_a_ticket_for_held_files_is_good_for_its_own_form_only(source: SourceClient) -> None:
    """Nobody claims another's files, or files that were never sent, by writing a ticket."""
    page = source.get("/report")
    values = [("csrf_token", page.hidden("csrf_token")), ("submission", page.hidden("submission"))]
    refused = source.post_multipart("/report", values, [SentFile.of("mine.txt", b"mine")])
    ticket = refused.hidden("held")
    other = source.get("/report")
    for forged in (ticket, ticket[:-4] + "AAAA", "x", "é" * 10):
        values = [
            ("csrf_token", other.hidden("csrf_token")),
            ("submission", other.hidden("submission")),
            ("held", forged),
            ("one_way", "yes"),
        ]
        again = source.post_multipart("/report", values)
        assert again.status == 422
        assert "mine.txt" not in again.text


def test_a_codename_of_another_visit_is_refused(source: SourceClient, url: str) -> None:
    """Only the words shown in this visit count: a mistyped word of the list would be an account nobody can find."""
    other = SourceClient(url)
    strange = other.take_codename()
    other.close()
    source.take_codename()
    answer = source.report("hello", codename=strange)
    assert answer.status == 422
    assert "not the words we showed you" in answer.text
    assert "hello" in answer.text


def test_neither_codename_nor_one_way_is_asked_for(source: SourceClient) -> None:
    """The form says which of the two is missing, or that both were given."""
    codename = source.take_codename()
    page = source.get("/report")
    token = [("csrf_token", page.hidden("csrf_token")), ("submission", page.hidden("submission"))]
    neither = source.post_multipart("/report", [*token, ("message", "m")])
    both = source.post_multipart(
        "/report", [*token, ("message", "m"), ("codename_check", codename), ("one_way", "yes")]
    )
    assert (neither.status, both.status) == (422, 422)
    assert "Type your codename, or tick" in neither.text
    assert "Choose one" in both.text


def test_an_empty_report_is_asked_for_a_sentence(source: SourceClient) -> None:
    """One text is the only thing that must be there."""
    answer = source.report("   ", codename=None)
    assert answer.status == 422
    assert "One sentence is enough" in answer.text


def test_files_past_a_limit_are_named_and_the_rest_is_kept(
    drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Too large and too many: a page that says which, with the text still there; no broken connection."""
    with running_site(drop_folder.root, submission_bytes=1_000_000, files=2) as url:
        source = SourceClient(url)
        files = [SentFile.of("big.bin", bytes(1_500_000)), SentFile.of("one.txt", b"1"), SentFile.of("two.txt", b"2")]
        answer = source.report("my words", codename=None, files=[*files, SentFile.of("three.txt", b"3")])
        assert answer.status == 422
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
        assert answer.status == 422
        assert "no room" in answer.text
        assert source.report("my words", codename=None).status == 200
        source.close()
    assert len(rows(drop_folder, "submissions")) == 1


def test_an_overlong_message_is_named_and_stays(source: SourceClient) -> None:
    """100,000 characters are the limit; one more is told, and not one is lost."""
    text = "ä" * 100_001
    answer = source.report(text, codename=None)
    assert answer.status == 422
    assert "too long" in answer.text
    assert text in answer.text
    assert source.report(text[:-1], codename=None).status == 200


def test_a_broken_upload_leaves_nothing(source: SourceClient, drop_folder: DropFolder, url: str) -> None:
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
    other = SourceClient(url)
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
    assert source.get("/inbox").headers.get("Location") == "/return"


def test_a_message_after_the_session_ended_is_given_back(source: SourceClient) -> None:
    """Who was away too long gets every word back, and is asked to sign in."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    inbox = source.get("/inbox")
    source.cookies.clear()
    answer = source.write_again(inbox, "an hour of work")
    assert answer.status == 403
    assert "an hour of work" in answer.text


def test_what_a_crash_left_is_erased_at_the_start(drop_folder: DropFolder) -> None:
    """Drafts, and files that no row names, were never acknowledged to anybody: they go."""
    for folder in ("incoming", "sealed"):
        (drop_folder.blobs / folder / ("ab" * 16)).write_bytes(b"left behind")
    with running_site(drop_folder.root):
        assert sealed_files(drop_folder) == set()


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
    assert not any(word.encode() + b" " in everything for word in codename.split())


def report_form(source: SourceClient, **values: str) -> dict[str, str]:
    """A report form as a browser would send it."""
    page = source.get("/report")
    hidden = {name: page.hidden(name) for name in ("csrf_token", "submission", "held")}
    return {**hidden, "message": "words", **values}


def test_new_words_can_be_had_without_losing_what_was_written(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Who copied the words wrongly gets others inside the form; text and files stay, and the new words work."""
    first = source.take_codename()
    form = report_form(source, codename_check=" ".join(reversed(first.split())))
    refused = source.post_multipart("/report", list(form.items()), [SentFile.of("a.txt", b"a")])
    assert refused.status == 422
    assert "Give me new words" in refused.text
    form |= {"held": refused.hidden("held"), "act": "new-codename"}
    given = source.post_multipart("/report", list(form.items()))
    assert given.status == 200
    assert "words</textarea>" in given.text
    found = re.search(r'id="codename"[^>]*>([^<]+)<', given.text)
    assert found is not None
    form |= {"held": given.hidden("held"), "act": "", "codename_check": found.group(1)}
    assert source.post_multipart("/report", list(form.items())).status == 200
    (letter,) = letters(drop_folder, intake_secret)
    assert [record.name for record in letter.attachments] == ["a.txt"]


def test_an_edited_form_sent_again_is_a_submission_of_its_own(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Send, stop, add a sentence, send: the sentence is not thrown away with a thank-you."""
    form = report_form(source, codename_check=source.take_codename())
    assert source.post_multipart("/report", list(form.items())).status == 200
    edited = form | {"message": "words and more"}
    assert source.post_multipart("/report", list(edited.items())).status == 200
    assert {letter.message for letter in letters(drop_folder, intake_secret)} == {"words", "words and more"}
    assert len(rows(drop_folder, "sources")) == 1


def test_two_copies_of_a_form_at_the_same_moment_are_one_report(
    source: SourceClient, url: str, drop_folder: DropFolder
) -> None:
    """Neither copy may erase the files of the other: what was acknowledged is there."""
    form = report_form(source, codename_check="x")
    held = source.post_multipart("/report", list(form.items()), [SentFile.of("a.bin", bytes(100_000))])
    form |= {"held": held.hidden("held"), "codename_check": "", "one_way": "yes"}
    copies = [SourceClient(url) for _copy in range(4)]
    for copy in copies:
        copy.cookies = dict(source.cookies)
    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(lambda copy: copy.post_multipart("/report", list(form.items())).status, copies))
    for copy in copies:
        copy.close()
    assert statuses == [200] * 4
    assert len(rows(drop_folder, "submissions")) == 1
    assert check_host(drop_folder.root) == []
    assert len(sealed_files(drop_folder)) == 2


def test_a_held_file_can_be_taken_back(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """A file chosen by mistake is erased when its box is ticked."""
    form = report_form(source)
    files = [SentFile.of("wrong.txt", b"wrong"), SentFile.of("right.txt", b"right")]
    held = source.post_multipart("/report", list(form.items()), files)
    wrong = re.search(r'wrong\.txt.*?name="drop" value="([0-9a-f]{32})"', held.text, re.DOTALL)
    assert wrong is not None
    form |= {"held": held.hidden("held"), "one_way": "yes", "drop": wrong.group(1)}
    assert source.post_multipart("/report", list(form.items())).status == 200
    (letter,) = letters(drop_folder, intake_secret)
    assert [record.name for record in letter.attachments] == ["right.txt"]
    assert len(sealed_files(drop_folder)) == 2


def test_after_leaving_nothing_typed_is_shown_again(source: SourceClient) -> None:
    """Somebody who presses "Back" and "Send again" on a shared computer reads not a word."""
    form = report_form(source, codename_check="x")
    assert "words</textarea>" in source.post_multipart("/report", list(form.items())).text
    source.post("/leave", {})
    source.get("/left")
    again = source.post_multipart("/report", list(form.items()))
    assert again.status == 400
    assert "words</textarea>" not in again.text


def test_a_message_is_sent_from_the_page_that_asks_for_the_codename(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """After the session has ended the codename is asked for on the same page; text and files are still there."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    inbox = source.get("/inbox")
    source.cookies.clear()
    source.get("/")
    asked = source.write_again(inbox, "an hour of work", [SentFile.of("b.txt", b"b")])
    assert asked.status == 403
    values = [
        *((name, asked.hidden(name)) for name in ("csrf_token", "submission", "held")),
        ("codename", codename),
        ("message", "an hour of work"),
    ]
    sent = source.post_multipart("/inbox", values)
    assert (sent.status, sent.headers["Location"]) == (303, "/inbox")
    assert "Your message is in" in source.get("/inbox").text
    assert "Your message is in" not in source.get("/inbox").text
    assert {letter.message for letter in letters(drop_folder, intake_secret)} == {"first", "an hour of work"}


def test_a_failure_while_recording_loses_no_file_and_no_word(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """The database refuses once: the page says so, the files are held as it claims, and sending again works."""
    form = report_form(source, one_way="yes")
    connection = sqlite3.connect(drop_folder.database)
    connection.execute("CREATE TRIGGER refuse BEFORE INSERT ON submissions BEGIN SELECT RAISE(ABORT, 'no'); END")
    connection.commit()
    refused = source.post_multipart("/report", list(form.items()), [SentFile.of("a.txt", b"a")])
    assert refused.status == 500
    assert "words</textarea>" in refused.text
    connection.execute("DROP TRIGGER refuse")
    connection.commit()
    connection.close()
    assert source.post_multipart("/report", list(form.items()), [SentFile.of("a.txt", b"a")]).status == 200
    assert len(letters(drop_folder, intake_secret)) == 1
    assert len(sealed_files(drop_folder)) == 2


def test_a_second_site_on_the_same_folder_is_refused(source: SourceClient, drop_folder: DropFolder) -> None:
    """It would take the first one's work for what a crash left behind."""
    assert source.get("/").status == 200
    command = [str(Path(sys.executable).parent / "candour-drop"), "serve", "--data", str(drop_folder.root)]
    refused = subprocess.run([*command, "--bind", "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "serves" in refused.stderr


def test_leaving_ends_every_session_of_this_browser(source: SourceClient, drop_folder: DropFolder) -> None:
    """Signing in a second time ends the first session; no cookie of before opens anything after leaving."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    cookies = dict(source.cookies)
    source.come_back(codename)
    assert len(rows(drop_folder, "sessions")) == 1
    source.post("/leave", {})
    source.cookies = cookies
    assert source.get("/inbox").status == 303


def test_a_part_without_a_name_is_no_fault_of_ours(source: SourceClient) -> None:
    """A form that no browser makes is refused as such."""
    head = "multipart/form-data; boundary=b"
    body = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
    assert source._ask("POST", "/report", body, {"Content-Type": head}).status == 400
