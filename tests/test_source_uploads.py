"""How far an upload is, and what is left of a broken one: over HTTP, against the really running site."""

import re

import pytest

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import DropFolder
from source_interface.uploads import Uploads
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows
from tests.gated_upload import MB, FilesPage, Gate, Sending, break_an_upload, progress, progress_says, to_files_page
from tests.source_site import running_site


def test_words_are_checked_before_any_file_is_sent(visitor: SourceClient) -> None:
    """A misspelt codename is told now, not after an hour's upload."""
    codename = visitor.take_codename()
    refused = to_files_page(visitor, codename_check=" ".join(reversed(codename.split()))).page
    assert refused.status == 422
    assert "not the words we showed you" in refused.text
    ready = to_files_page(visitor, codename_check=codename)
    assert ready.page.status == 200
    assert ("message", "my words\nin two lines") in ready.fields()
    assert 'name="attachments" multiple' in ready.page.text


def test_the_page_for_files_may_hold_frames_and_its_answer_may_stand_in_one(visitor: SourceClient) -> None:
    """Nothing else may: neither the page itself in a frame, nor the same answer without an upload's id."""
    ready = to_files_page(visitor)
    policy = ready.page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    answer = ready.send(visitor, [])
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    for path in ("/report", "/report?upload=x", f"/report?upload={'A' * 32}", "/?upload=" + "a" * 32):
        answer = visitor.post_multipart(path, [("message", "x")])
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path


def test_what_the_page_for_files_sends_arrives_as_it_was_typed(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """Words, choices and files come in one letter, and the source is signed in."""
    codename = source.take_codename()
    ready = to_files_page(source, codename_check=codename, topic="hate", **{"q-where": "a <b> & c"})
    answer = ready.send(source, [SentFile.of("a.txt", b"a")])
    assert answer.status == 200
    assert "We have your report" in answer.text
    assert '<base target="_top">' in answer.text
    (letter,) = letters(drop_folder, intake_secret)
    assert (letter.message, letter.topics) == ("my words\nin two lines", ("hate",))
    assert [(found.question, found.text) for found in letter.answers] == [("q-where", "a <b> & c")]
    assert [record.name for record in letter.attachments] == ["a.txt"]
    assert "Where it stands" in source.get("/inbox").text


def test_the_frame_tells_how_far_it_is(visitor: SourceClient, site_of_file: str) -> None:
    """Before, during and after; and only the visit that sends may ask."""
    ready, gate = to_files_page(visitor), Gate()
    assert "Not sending yet" in progress(visitor, ready).text
    files = [SentFile.of("first.txt", b"x"), gate.file("big.mp4", bytes(3 * MB), bytes(MB))]
    sending = Sending(site_of_file, visitor, ready, files)
    gate.wait()
    shown = progress_says(visitor, ready, "first.txt")
    percent = re.search(r'<progress max="100" value="(\d+)"', shown.text)
    assert percent is not None
    assert 0 < int(percent[1]) <= 75
    assert re.search(r"[0-9.]+ [KM]B of 4 MB have arrived", shown.text)
    assert '<meta http-equiv="refresh" content="5">' in shown.text
    stranger = SourceClient(site_of_file)
    assert "Not sending yet" in progress(stranger, ready).text
    stranger.close()
    gate.open()
    answer = sending.finish()
    assert answer is not None
    assert answer.status == 200
    done = progress(visitor, ready)
    assert "We have everything" in done.text
    assert "refresh" not in done.text


def test_the_frame_never_touches_the_cookie(visitor: SourceClient) -> None:
    """Its answer may come after that of the upload, and would put back a visit without its session."""
    ready = to_files_page(visitor)
    assert "Set-Cookie" not in progress(visitor, ready).headers


def test_too_large_is_said_at_once_and_in_the_end(drop_folder: DropFolder) -> None:
    """The frame says it while the files still come; the answer is 413, with every word still there."""
    with running_site(drop_folder.root, submission_bytes=MB) as url:
        source, gate = SourceClient(url), Gate()
        ready = to_files_page(source)
        sending = Sending(url, source, ready, [gate.file("big.mp4", bytes(MB), bytes(9 * MB))])
        gate.wait()
        shown = progress_says(source, ready, "too large together")
        assert "more than we can take at once" in shown.text
        gate.open()
        answer = sending.finish()
        assert answer is not None
        assert answer.status == 413
        assert "big.mp4" in answer.text
        assert 'value="my words\nin two lines"' in answer.text
        assert '<h1 role="status">Not sent yet' in progress(source, ready).text
        source.close()


@pytest.mark.parametrize("path", ["/report", "/inbox"])
def test_a_form_of_any_length_is_answered_and_not_cut(drop_folder: DropFolder, path: str) -> None:
    """Thirty times the limit: 413 and a page with the words, not a broken connection."""
    with running_site(drop_folder.root, submission_bytes=MB) as url:
        source = SourceClient(url)
        codename = source.take_codename()
        source.report("first", codename=codename)
        page = source.get(path)
        values = [(name, page.hidden(name)) for name in ("csrf_token", "submission", "held")]
        values += [("message", "my words"), ("one_way", "yes")]
        answer = source.post_multipart(path, values, [SentFile.of("huge.bin", bytes(30 * MB))])
        assert answer.status == 413
        assert "my words" in answer.text
        assert "huge.bin" in answer.text
        source.close()


def test_far_too_much_text_is_said_plainly(visitor: SourceClient) -> None:
    """More text than any form holds: 413 and a page, after all of it was read."""
    answer = visitor.report("x" * 9_000_000, codename=None)
    assert answer.status == 413
    assert "longer than we can take" in answer.text


def test_when_every_place_is_taken_the_words_come_back(drop_folder: DropFolder) -> None:
    """Busy is said at once in the frame, and in the end with every word still there; then there is a place again."""
    with running_site(drop_folder.root, long_forms_at_once=1) as url:
        first, second, gate = SourceClient(url), SourceClient(url), Gate()
        waiting = to_files_page(first)
        sending = Sending(url, first, waiting, [gate.file("a.mp4", bytes(MB), bytes(MB))])
        gate.wait()
        progress_says(first, waiting, "Sending")
        ready, other_gate = to_files_page(second), Gate()
        refused = Sending(url, second, ready, [other_gate.file("b.mp4", bytes(MB), bytes(MB))])
        other_gate.wait()
        assert "What you wrote is not lost" in progress_says(second, ready, "Very busy just now").text
        other_gate.open()
        answer = refused.finish()
        assert answer is not None
        assert answer.status == 503
        assert "What you wrote is not lost; your files must be sent again" in answer.text
        assert 'value="my words\nin two lines"' in answer.text
        gate.open()
        taken = sending.finish()
        assert taken is not None
        assert taken.status == 200
        assert ready.send(second, [SentFile.of("b.mp4", bytes(2 * MB))]).status == 200
        first.close()
        second.close()
    assert len(rows(drop_folder, "submissions")) == 2


def test_a_further_message_has_a_page_for_files_too(
    source: SourceClient, site_url: str, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """From the inbox and back, broken and gone on with, and in the end in the same source's name."""
    codename = source.take_codename()
    source.report("first", codename=codename)
    inbox = source.get("/inbox")
    values = [(name, inbox.hidden(name, 0)) for name in ("csrf_token", "submission", "held")]
    values += [("message", "second\nline"), ("act", "add-files")]
    ready = FilesPage(source.post_multipart("/inbox", values), "/inbox")
    changed = source.post_multipart("/inbox", [*ready.fields(), ("act", "change")])
    assert "second\nline</textarea>" in changed.text
    break_an_upload(site_url, source, ready, "one.txt")
    again = FilesPage(source.get(f"/again?upload={ready.upload}"), "/inbox")
    answer = again.send(source, [SentFile.of("two.txt", b"2")])
    assert answer.status == 200
    assert "Your message is in" in answer.text
    found = {letter.message: letter for letter in letters(drop_folder, intake_secret)}
    assert set(found) == {"first", "second\nline"}
    assert sorted(record.name for record in found["second\nline"].attachments) == ["one.txt", "two.txt"]


def test_the_words_can_be_changed_from_the_page_for_files(visitor: SourceClient) -> None:
    """Back to the form, with all that was typed and chosen."""
    ready = to_files_page(visitor, topic="money", **{"q-when": "in May"})
    page = visitor.post_multipart("/report", [*ready.fields(), ("act", "change")])
    assert page.status == 200
    assert "my words\nin two lines</textarea>" in page.text
    assert 'value="money" checked' in page.text
    assert "in May</textarea>" in page.text


def test_a_form_that_cannot_be_read_is_over(visitor: SourceClient) -> None:
    """The frame does not go on counting what has ended."""
    ready = to_files_page(visitor)
    broken = visitor._ask("POST", f"/report?upload={ready.upload}", b"x" * 60_000, {"Content-Type": "text/plain"})
    assert broken.status == 400
    assert '<h1 role="status">Not sent yet' in progress(visitor, ready).text


def test_nobody_makes_the_site_forget_what_others_have_kept() -> None:
    """Thousands of empty forms push out neither what runs nor what a broken upload has kept."""
    uploads = Uploads(keep_seconds=3600)
    running = uploads.begin("a" * 32, "somebody", "/report", 1_000_000)
    broken = uploads.begin("b" * 32, "somebody", "/report", 1_000_000)
    broken.broke(b"words")
    for number in range(2_500):
        with uploads.begin(f"{number:032x}", "a stranger", "/report", 0):
            pass
    assert uploads.remembers(running)
    assert uploads.remembers(broken)
    uploads.forget_old()
    assert sum(uploads.find(f"{number:032x}", "a stranger") is not None for number in range(2_500)) <= 2_000
