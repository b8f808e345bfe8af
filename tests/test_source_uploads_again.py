"""What is left of an upload that broke, was given back, or has arrived: over HTTP, against the really running site."""

import sqlite3
import time
from html import unescape

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows, sealed_files
from tests.gated_upload import (
    HIDDEN,
    MB,
    FilesPage,
    Gate,
    Sending,
    break_an_upload,
    progress,
    progress_says,
    to_files_page,
)


def test_after_a_broken_connection_nothing_that_had_arrived_is_sent_again(
    source: SourceClient, site_url: str, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """The frame says what was kept and leads on; the words and the whole files are there; one report comes of it."""
    ready = to_files_page(source)
    break_an_upload(site_url, source, ready, "one.txt", "two.txt")
    shown = progress(source, ready).text
    assert "your words and 2 files" in shown
    assert f'href="/again?upload={ready.upload}"' in shown
    assert "half.mp4" not in shown
    assert rows(drop_folder, "submissions") == []
    again = FilesPage(source.get(f"/again?upload={ready.upload}"), "/report")
    assert again.page.status == 200
    assert "We already have these files" in again.page.text
    assert ("message", "my words\nin two lines") in again.fields()
    answer = again.send(source, [SentFile.of("half.mp4", b"whole now")])
    assert answer.status == 200
    (letter,) = letters(drop_folder, intake_secret)
    assert sorted(record.name for record in letter.attachments) == ["half.mp4", "one.txt", "two.txt"]
    assert letter.message == "my words\nin two lines"
    assert len(sealed_files(drop_folder)) == 4


def test_what_broke_twice_keeps_the_files_of_both(source: SourceClient, site_url: str, drop_folder: DropFolder) -> None:
    """Pressing "Send everything" again on the same page loses nothing of the first attempt, and doubles nothing.

    Nor on the disk: Firefox presses it by itself, as often as the connection breaks.
    """
    ready = to_files_page(source)
    break_an_upload(site_url, source, ready, "one.txt", "two.txt")
    break_an_upload(site_url, source, ready, "one.txt", "three.txt")
    shown = progress(source, ready).text
    assert "your words and 3 files" in shown
    assert len(sealed_files(drop_folder)) == 3


def test_the_second_attempt_leaves_nothing_of_the_first(
    source: SourceClient, site_url: str, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Everything was sent once more in the end: the files held from before are erased, the letter has each once."""
    ready = to_files_page(source)
    break_an_upload(site_url, source, ready, "one.txt")
    files = [SentFile.of("one.txt", b"one.txt" * 1000), SentFile.of("half.mp4", b"h")]
    assert ready.send(source, files).status == 200
    (letter,) = letters(drop_folder, intake_secret)
    assert [record.name for record in letter.attachments] == ["one.txt", "half.mp4"]
    assert len(sealed_files(drop_folder)) == 3


def test_without_all_the_words_nothing_is_kept(source: SourceClient, site_url: str, drop_folder: DropFolder) -> None:
    """Half a text must not come back as if it were the whole; the browser still has it, and the frame says so."""
    ready = to_files_page(source)
    head = "--b\r\nContent-Disposition: form-data; name="
    cut = f'{head}"csrf_token"\r\n\r\n{dict(ready.fields())["csrf_token"]}\r\n{head}"message"\r\n\r\nhalf of it'
    client = SourceClient(site_url)
    client.cookies = dict(source.cookies)
    client._http.putrequest("POST", f"/report?upload={ready.upload}")
    client._http.putheader("Cookie", f"visit={source.cookies['visit']}")
    client._http.putheader("Content-Type", "multipart/form-data; boundary=b")
    client._http.putheader("Content-Length", "5000000")
    client._http.endheaders(cut.encode())
    progress_says(source, ready, "Sending")
    client.close()
    shown = progress_says(source, ready, "The connection broke")
    assert "Your words are still in this page" in shown.text
    assert "/again" not in shown.text
    assert source.get(f"/again?upload={ready.upload}").status == 404
    assert sealed_files(drop_folder) == set()


def test_nobody_else_goes_on_with_a_broken_upload(visitor: SourceClient, site_of_file: str) -> None:
    """Another browser, and this one after leaving, find nothing."""
    ready = to_files_page(visitor)
    break_an_upload(site_of_file, visitor, ready, "one.txt")
    stranger = SourceClient(site_of_file)
    assert stranger.get(f"/again?upload={ready.upload}").status == 404
    stranger.close()
    visitor.post("/leave", {})
    visitor.get("/left")
    found = visitor.get(f"/again?upload={ready.upload}")
    assert found.status == 404
    assert "my words" not in found.text
    assert "Not sending yet" in progress(visitor, ready).text


def test_leaving_in_the_middle_keeps_nothing(source: SourceClient, site_url: str, drop_folder: DropFolder) -> None:
    """Who presses Leave while files are on their way has left: what had arrived goes."""
    ready, gate = to_files_page(source), Gate()
    files = [SentFile.of("one.txt", b"1"), gate.file("half.mp4", bytes(MB), bytes(MB))]
    sending = Sending(site_url, source, ready, files)
    gate.wait()
    progress_says(source, ready, "one.txt")
    source.post("/leave", {})
    gate.break_it()
    assert sending.finish() is None
    deadline = time.monotonic() + 30
    while sealed_files(drop_folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sealed_files(drop_folder) == set()


def test_what_was_sent_cannot_be_read_again(visitor: SourceClient, site_of_file: str) -> None:
    """Sent from where it broke off: the address of the broken attempt shows the words to nobody any more."""
    ready = to_files_page(visitor)
    break_an_upload(site_of_file, visitor, ready, "one.txt")
    again = FilesPage(visitor.get(f"/again?upload={ready.upload}"), "/report")
    assert again.send(visitor, []).status == 200
    found = visitor.get(f"/again?upload={ready.upload}")
    assert found.status == 200
    assert "Your report is in. We have it, locked." in found.text
    assert "my words" not in found.text
    elsewhere = visitor.get(f"/again?upload={'0' * 32}")
    assert elsewhere.status == 404
    assert "Only if it does not open, please write it once more." in elsewhere.text


def test_a_page_loaded_again_while_files_were_sent_leads_on(visitor: SourceClient, site_of_file: str) -> None:
    """It is the page of the same upload: its frame says what was kept, until the source goes on from there."""
    ready = to_files_page(visitor)
    break_an_upload(site_of_file, visitor, ready, "one.txt")
    form = [*ready.fields(), ("act", "add-files")]
    reloaded = FilesPage(visitor.post_multipart("/report", form), "/report")
    assert reloaded.upload == ready.upload
    assert "your words and 1 file" in progress(visitor, reloaded).text
    again = FilesPage(visitor.get(f"/again?upload={ready.upload}"), "/report")
    assert "one.txt" in again.page.text
    assert "Not sending yet" in progress(visitor, again).text
    other = to_files_page(visitor)
    assert other.upload != ready.upload


def test_what_was_given_back_is_not_being_sent_any_more(visitor: SourceClient) -> None:
    """The frame beside a form that is shown anew does not speak of the last attempt."""
    ready = to_files_page(visitor)
    refused = ready.send(visitor, [SentFile.of(f"{number}.txt", b"x") for number in range(21)])
    assert refused.status == 413
    assert "Not sent yet" in progress(visitor, ready).text
    onwards = visitor.post_multipart("/report", [*ready.fields(), ("act", "add-files")])
    assert "Not sending yet" in progress(visitor, FilesPage(onwards, "/report")).text


def test_a_page_for_files_of_what_has_arrived_says_so(visitor: SourceClient) -> None:
    """Loaded again after everything had arrived: nobody should believe that it had not."""
    ready = to_files_page(visitor)
    assert ready.send(visitor, [SentFile.of("a.txt", b"a")]).status == 200
    page = visitor.post_multipart("/report", [*ready.fields(), ("act", "add-files")])
    assert "What you sent from this window before has arrived." in page.text
    assert "What you sent from this window before" not in ready.page.text


def test_a_session_that_ended_while_files_were_sent_is_said_in_a_word(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """In the frame one sentence and one button; on the page that follows, the words, the file and the codename."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    inbox = source.get("/inbox")
    values = [(name, inbox.hidden(name, 0)) for name in ("csrf_token", "submission", "held")]
    ready = FilesPage(source.post_multipart("/inbox", [*values, ("message", "more"), ("act", "add-files")]), "/inbox")
    with sqlite3.connect(drop_folder.database) as connection:
        connection.execute("DELETE FROM sessions")
    connection.close()
    answer = ready.send(source, [SentFile.of("a.txt", b"a")])
    assert answer.status == 403
    assert "locked this page to keep you safe" in answer.text
    assert "<textarea" not in answer.text
    assert 'type="file"' not in answer.text
    fields = [(name, unescape(value)) for name, value in HIDDEN.findall(answer.text)]
    page = source.post_multipart("/inbox", [*fields, ("act", "add-files")])
    assert page.status == 403
    assert "more</textarea>" in page.text
    assert "a.txt" in page.text
    fields = [(name, page.hidden(name, 0)) for name in ("csrf_token", "submission", "held")]
    assert source.post_multipart("/inbox", [*fields, ("message", "more"), ("codename", codename)]).status == 303
    found = {letter.message: letter for letter in letters(drop_folder, intake_secret)}
    assert [record.name for record in found["more"].attachments] == ["a.txt"]


def test_files_can_be_added_where_the_codename_is_asked_for(source: SourceClient, drop_folder: DropFolder) -> None:
    """The page after an ended session leads to the page for files as any form does, once the codename is right."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    inbox = source.get("/inbox")
    values = [(name, inbox.hidden(name, 0)) for name in ("csrf_token", "submission", "held")]
    with sqlite3.connect(drop_folder.database) as connection:
        connection.execute("DELETE FROM sessions")
    connection.close()
    too_long = source.post_multipart("/inbox", [*values, ("message", "x" * 100_001)])
    assert too_long.status == 403
    assert "This is too long" in too_long.text
    page = source.post_multipart("/inbox", [*values, ("message", "more")])
    assert 'name="act" value="add-files"' in page.text
    fields = [(name, page.hidden(name, 0)) for name in ("csrf_token", "submission", "held")]
    filled = [*fields, ("message", "more"), ("codename", codename), ("act", "add-files")]
    ready = FilesPage(source.post_multipart("/inbox", filled), "/inbox")
    assert ready.send(source, [SentFile.of("a.txt", b"a")]).status == 200
