"""Sources on a really full disk: told before they write, told after they send, and nothing they typed is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.source_client import Answered, SentFile, SourceClient
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows
from tests.full_host import FullHost, form_of, full_host, words
from tests.small_disk import needs_root

pytestmark = needs_root
NO_FILES = 22_000_000  # bytes free: text alone
LITTLE = 3_000_000  # bytes free: nothing, unless held files make way
FILE_FIELD = '<input type="file"'


@pytest.fixture
def host(tmp_path: Path, intake_secret: IntakeSecret) -> Iterator[FullHost]:
    """A source host on a disk of 96 MiB."""
    with full_host(tmp_path, intake_secret) as found:
        yield found


def test_with_room_the_page_names_no_more_than_fits(host: FullHost) -> None:
    """The limit of the settings while it fits, a smaller one when it does not; never a word about room."""
    page = host.visit().get("/report")
    assert "20 MB in all" in words(page)
    assert FILE_FIELD in page.text
    host.fill(leave=34_000_000)
    page = host.visit().get("/report")
    assert "5 MB in all" in words(page)
    assert "no room" not in words(page)
    assert host.visit().report("fits", codename=None, files=[SentFile.of("a.bin", bytes(5_000_000))]).status == 200


def test_without_room_for_files_every_form_says_so_first(host: FullHost) -> None:
    """The report, the inbox and the form of an ended session offer no file field, and say what to do."""
    visit = host.visit()
    codename = visit.take_codename()
    assert visit.report("hello", codename=codename).status == 200
    host.fill(leave=NO_FILES)
    signed_out = host.visit()
    stale = signed_out.come_back(codename)
    signed_out.cookies.clear()
    signed_out.get("/")
    pages = {
        "report": host.visit().get("/report"),
        "inbox": visit.get("/inbox"),
        "signed out": signed_out.write_again(stale, "more"),
    }
    assert "Your message is not sent yet" in pages["signed out"].text
    for name, page in pages.items():
        assert FILE_FIELD not in page.text, name
        assert "We have no room for files at the moment. Your words fit, and they will be safe." in words(page), name
        assert "Come back in a few days with your codename and add them from “My report”" in words(page), name
        assert 'id="attachments"' in page.text, name
    assert "This is your codename" in host.visit().get("/codename").text
    assert visit.write_again(pages["inbox"], "only words").status == 303
    assert len(rows(host.folder, "submissions")) == 2


@pytest.mark.parametrize("one_way", [True, False])
def test_refused_files_are_named_and_one_press_sends_the_text(
    host: FullHost, intake_secret: IntakeSecret, one_way: bool
) -> None:
    """507, because the disk is what is wanting; what was typed stands in the form; Send again sends it alone."""
    visit = host.visit()
    way = {"one_way": "yes"} if one_way else {"codename_check": visit.take_codename()}
    page = visit.get("/report")
    host.fill(leave=NO_FILES)
    files = [SentFile.of("photo one.jpg", b"x" * 10_000), SentFile.of("two.pdf", b"y" * 10_000)]
    answer = visit.post_multipart("/report", form_of(page, message="my words", **way), files)
    assert answer.status == 507
    assert "we did not take them: photo one.jpg, two.pdf. You can send the rest now" in words(answer)
    later = "untick “I do not want to come back”" if one_way else "add them from “My report”"
    assert later in words(answer)
    assert "my words</textarea>" in answer.text
    assert visit.post_multipart("/report", form_of(answer, message="my words", **way)).status == 200
    (letter,) = letters(host.folder, intake_secret)
    assert (letter.message, letter.attachments) == ("my words", ())
    assert host.drafts() + host.held() == []


def test_refused_files_of_a_further_message_are_named(host: FullHost) -> None:
    """From “My report” as from the first form."""
    visit = host.visit()
    visit.report("hello", codename=visit.take_codename())
    inbox = visit.get("/inbox")
    host.fill(leave=NO_FILES)
    answer = visit.write_again(inbox, "more", [SentFile.of("late.jpg", b"x")])
    assert answer.status == 507
    assert "we did not take them: late.jpg." in words(answer)
    assert visit.post_multipart("/inbox", form_of(answer, act="send", message="more")).status == 303
    assert len(rows(host.folder, "submissions")) == 2


def test_without_any_room_nobody_is_let_write_for_an_hour(host: FullHost) -> None:
    """Where a report begins stands what to do instead, in the same words and weight for everybody."""
    visit = host.visit()
    visit.report("hello", codename=visit.take_codename())
    host.fill()
    for path in ("/report", "/codename"):
        for who in (host.visit(), visit):
            page = who.get(path)
            assert page.status == 507
            assert "We cannot take reports today" in words(page)
            assert "Nothing you write here now can be kept" in words(page)
            assert "Call 999" in words(page)
            assert len(page.text.encode()) == 24 * 1024
            assert 'id="codename"' not in page.text
    inbox = visit.get("/inbox")
    assert "We cannot take messages today." in words(inbox)
    assert FILE_FIELD not in inbox.text
    host.empty()
    assert host.visit().get("/report").status == 200


def test_as_many_waiting_as_may_wait_closes_too(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """The limit on submissions is told as a full disk is, and a form opened before loses nothing."""
    with full_host(tmp_path, intake_secret, waiting_submissions=1) as host:
        page = host.visit().get("/report")
        assert page.status == 200
        late = host.visit()
        form = form_of(late.get("/report"), one_way="yes", message="too late")
        assert host.visit().report("the one that may wait", codename=None).status == 200
        assert host.visit().get("/report").status == 507
        answer = late.post_multipart("/report", form)
        assert answer.status == 507
        assert "too late</textarea>" in answer.text
        assert len(rows(host.folder, "submissions")) == 1


def test_words_that_find_no_room_stay_in_the_form_until_they_do(host: FullHost, intake_secret: IntakeSecret) -> None:
    """Somebody who began in time and sends too late: told plainly, nothing lost, and later one press is enough."""
    visit = host.visit()
    codename = visit.take_codename()
    page = visit.get("/report")
    host.fill()
    form = form_of(page, codename_check=codename, message="an hour's work")
    visit.post_multipart("/report", form)
    answer = visit.post_multipart("/report", form)
    assert answer.status == 507
    assert "so your words are not with us. Press “Leave”, and write it again tomorrow." in words(answer)
    assert "an hour's work" in answer.text.replace("&#39;", "'")
    assert rows(host.folder, "submissions") == []
    assert host.drafts() + host.held() + host.sealed() == []
    host.empty()
    assert visit.post_multipart("/report", form_of(answer, codename_check=codename, message="x")).status == 200
    assert [letter.message for letter in letters(host.folder, intake_secret)] == ["x"]


def test_words_and_files_that_find_no_room_are_told_at_once(host: FullHost) -> None:
    """Nobody is told to send once more when that would not help."""
    visit = host.visit()
    page = visit.get("/report")
    host.fill()
    form = form_of(page, one_way="yes", message="my words")
    answer = visit.post_multipart("/report", form, [SentFile.of("a.jpg", b"x")])
    assert answer.status == 507
    assert "so your words are not with us. Press “Leave”, and write it again tomorrow." in words(answer)
    assert "we did not take them: a.jpg." in words(answer)
    assert "You can send" not in words(answer)
    assert "my words</textarea>" in answer.text


def test_files_that_made_way_for_words_are_told(host: FullHost, intake_secret: IntakeSecret) -> None:
    """A form with a mistake holds a file; somebody else's words need its room; the next Send says so, the one after
    sends the words."""
    visit = host.visit()
    page = visit.get("/report")
    wrong = form_of(page, codename_check="abaccus abdomen", message="first")
    held = visit.post_multipart("/report", wrong, [SentFile.of("held.bin", bytes(6_000_000))])
    assert "We already have these files" in words(held)
    assert len(host.held()) == 1
    host.fill(leave=LITTLE)
    assert host.visit().report("somebody else", codename=None).status == 200
    assert host.held() == []
    answer = visit.post_multipart("/report", form_of(held, one_way="yes", message="first"))
    assert answer.status == 422
    assert "Your files had to make room. They were erased; nobody could read them." in words(answer)
    assert "To send them another day you need a codename: untick “I do not want to come back”." in words(answer)
    assert "with your codename and add them" not in words(answer), "who does not come back has none"
    assert visit.post_multipart("/report", form_of(answer, one_way="yes", message="first")).status == 200
    assert {letter.message for letter in letters(host.folder, intake_secret)} == {"first", "somebody else"}


def test_a_sources_own_files_make_way_last_and_are_named(host: FullHost, intake_secret: IntakeSecret) -> None:
    """Words go before files, the source's own too; which ones went is said, and one press sends the words."""
    visit = host.visit()
    page = visit.get("/report")
    wrong = form_of(page, codename_check="abaccus abdomen", message="first")
    held = visit.post_multipart("/report", wrong, [SentFile.of("my own.bin", bytes(6_000_000))])
    host.fill(leave=LITTLE)
    answer = visit.post_multipart("/report", form_of(held, one_way="yes", message="first"))
    assert answer.status == 507
    assert "we had to let these files go: my own.bin. You can send your words now" in words(answer)
    assert visit.post_multipart("/report", form_of(answer, one_way="yes", message="first")).status == 200
    (letter,) = letters(host.folder, intake_secret)
    assert (letter.message, letter.attachments) == ("first", ())


def test_a_sources_own_files_are_spared_if_others_make_room(host: FullHost, intake_secret: IntakeSecret) -> None:
    """A file that is about to be sent is worth more than one whose form may never come back."""

    def hold(name: str) -> tuple[SourceClient, Answered]:
        visit = host.visit()
        wrong = form_of(visit.get("/report"), codename_check="abaccus abdomen", message="first")
        return visit, visit.post_multipart("/report", wrong, [SentFile.of(name, bytes(3_000_000))])

    hold("forgotten.bin")
    visit, held = hold("mine.bin")
    host.fill(leave=LITTLE)
    form = form_of(held, one_way="yes", message="first")
    assert visit.post_multipart("/report", form).status == 200
    (letter,) = letters(host.folder, intake_secret)
    assert [record.name for record in letter.attachments] == ["mine.bin"]
