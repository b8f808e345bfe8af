"""Sending again, mending, failing in the middle, leaving: no word, no file and no report is lost or doubled."""

import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import DropFolder
from source_interface.host_check import check_host
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows, sealed_files


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
    source: SourceClient, site_url: str, drop_folder: DropFolder
) -> None:
    """Neither copy may erase the files of the other: what was acknowledged is there."""
    form = report_form(source, codename_check="x")
    held = source.post_multipart("/report", list(form.items()), [SentFile.of("a.bin", bytes(100_000))])
    form |= {"held": held.hidden("held"), "codename_check": "", "one_way": "yes"}
    copies = [SourceClient(site_url) for _copy in range(4)]
    for copy in copies:
        copy.cookies = dict(source.cookies)
    with ThreadPoolExecutor(4) as threads:
        statuses = list(threads.map(lambda copy: copy.post_multipart("/report", list(form.items())).status, copies))
    for copy in copies:
        copy.close()
    assert statuses == [200] * 4
    assert len(rows(drop_folder, "submissions")) == 1
    assert [finding.sentence for finding in check_host(drop_folder.root) if not finding.sound] == []
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


def test_after_leaving_nothing_typed_is_shown_again(visitor: SourceClient) -> None:
    """Somebody who presses "Back" and "Send again" on a shared computer reads not a word."""
    form = report_form(visitor, codename_check="x")
    assert "words</textarea>" in visitor.post_multipart("/report", list(form.items())).text
    visitor.post("/leave", {})
    visitor.get("/left")
    again = visitor.post_multipart("/report", list(form.items()))
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


def test_a_file_for_which_nothing_can_be_opened_takes_no_word_with_it(
    source: SourceClient, drop_folder: DropFolder
) -> None:
    """The folder for what arrives cannot be used: the file is named as refused, and the words are in the form again."""
    form = report_form(source, one_way="yes")
    incoming = drop_folder.blobs / "incoming"
    incoming.rename(drop_folder.blobs / "elsewhere")
    refused = source.post_multipart("/report", list(form.items()), [SentFile.of("a.txt", b"a")])
    assert refused.status == 507
    assert "words</textarea>" in refused.text
    assert "a.txt" in refused.text
    (drop_folder.blobs / "elsewhere").rename(incoming)
    assert source.post_multipart("/report", list(form.items()), [SentFile.of("a.txt", b"a")]).status == 200


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
    assert "Where it stands" not in source.get("/inbox").text


def test_a_part_without_a_name_is_no_fault_of_ours(visitor: SourceClient) -> None:
    """A form that no browser makes is refused as such."""
    head = "multipart/form-data; boundary=b"
    body = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
    assert visitor._ask("POST", "/report", body, {"Content-Type": head}).status == 400


def test_too_many_files_together_are_said_and_none_of_the_new_is_kept(
    source: SourceClient, drop_folder: DropFolder
) -> None:
    """Two are held, twenty more are chosen: the page says how many may still come, and keeps the two."""
    form = report_form(source)
    held = source.post_multipart("/report", list(form.items()), [SentFile.of(f"{n}.txt", b"x") for n in range(2)])
    form |= {"held": held.hidden("held")}
    more = source.post_multipart("/report", list(form.items()), [SentFile.of(f"m{n}.txt", b"x") for n in range(20)])
    assert more.status == 413
    assert "Choose 18 files or fewer" in more.text
    assert "m0.txt" not in more.text
    assert len(sealed_files(drop_folder)) == 2


def test_nothing_is_held_for_a_form_that_is_not_ours(source: SourceClient, drop_folder: DropFolder) -> None:
    """Bare posts with files, to either form, leave nothing on the disk: nobody fills it that way."""
    for path in ("/report", "/inbox"):
        answer = source.post_multipart(path, [("message", "words")], [SentFile.of("a.bin", bytes(100_000))])
        assert answer.status in (400, 403), path
        assert sealed_files(drop_folder) == set(), path
