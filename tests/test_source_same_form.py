"""A form sent twice is one submission and gets the same page: whatever broke off in between, and however long ago."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from bench.source_client import Answered, SentFile, SourceClient
from source_interface.drop_folder import DropFolder, open_drop
from store.drop.collection import Collected, Confirmation, confirm, list_waiting
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows, sealed_files
from tests.source_site import running_site

# What differs between any two pages: tokens, and the padding to their size class.
_TOKENS = re.compile(r'value="[^"]*"|<!--.*?-->', re.DOTALL)


def words(page: Answered) -> str:
    """A page without what differs each time."""
    return _TOKENS.sub("", page.text)


class Form:
    """A filled-in form in a browser that can send it as often as it likes."""

    def __init__(self, source: SourceClient, codename: str | None) -> None:
        page = source.get("/report")
        self.cookies = dict(source.cookies)
        hidden = [(name, page.hidden(name)) for name in ("csrf_token", "submission", "held")]
        way = ("codename_check", codename) if codename else ("one_way", "yes")
        self.values = [*hidden, way, ("message", "words"), ("topic", "money")]

    def send(self, url: str) -> Answered:
        """Send it over a connection of its own, with the cookies it was filled in with."""
        with closing(SourceClient(url)) as client:
            client.cookies = dict(self.cookies)
            return client.post_multipart("/report", self.values, self._files())

    def send_and_hang_up(self, url: str) -> None:
        """Send it whole and never read the answer, as when the circuit breaks at the end."""

        class Deaf(SourceClient):
            def _ask(self, method: str, path: str, body: object, headers: dict[str, str]) -> Answered:
                cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
                self._http.request(method, path, body, {**headers, "Cookie": cookie})  # type: ignore[arg-type]
                return Answered(0, {}, "")

        with closing(Deaf(url)) as client:
            client.cookies = dict(self.cookies)
            client.post_multipart("/report", self.values, self._files())

    def _files(self) -> list[SentFile]:
        return [SentFile.of("a.bin", bytes(200_000)), SentFile.of("b.txt", b"b")]


def collect_everything(folder: DropFolder) -> None:
    """Confirm all that waits, as the door does for the courier."""
    drop = open_drop(folder.root)
    waiting = list_waiting(drop.database, "", 100).submissions
    named = [Collected(one.id, {part.blob: part.sha256 for part in one.parts}) for one in waiting]
    assert set(confirm(drop.database, drop.blobs, named, (), "2026-11-24")) == {Confirmation.ERASED}
    drop.database.close()


Between = Callable[[DropFolder, Form, str], None]
BETWEEN: dict[str, tuple[Between, bool]] = {
    "nothing": (lambda _folder, _form, _url: None, False),
    "a third copy whose answer nobody read": (lambda _folder, form, url: form.send_and_hang_up(url), False),
    "a restart of the site": (lambda _folder, _form, _url: None, True),
    "the collection": (lambda folder, _form, _url: collect_everything(folder), False),
    "the collection and a restart": (lambda folder, _form, _url: collect_everything(folder), True),
}


@pytest.mark.parametrize("one_way", [False, True], ids=["with a codename", "one way"])
@pytest.mark.parametrize("between", BETWEEN)
def test_a_form_sent_again_is_the_same_submission_and_gets_the_same_page(
    drop_folder: DropFolder, intake_secret: IntakeSecret, between: str, one_way: bool
) -> None:
    """Nothing is doubled, nothing is held for nobody, and the source reads the same words."""
    happens, restarts = BETWEEN[between]
    with running_site(drop_folder.root) as url, closing(SourceClient(url)) as source:
        form = Form(source, None if one_way else source.take_codename())
        first = form.send(url)
        happens(drop_folder, form, url)
        again = None if restarts else form.send(url)
    if again is None:
        with running_site(drop_folder.root) as url:
            again = form.send(url)
    assert (first.status, again.status) == (200, 200)
    assert words(again) == words(first)
    collected = "collection" in between
    assert len(rows(drop_folder, "submissions")) == (0 if collected else 1)
    assert len(sealed_files(drop_folder)) == (0 if collected else 3)
    if not collected:
        [letter] = letters(drop_folder, intake_secret)
        assert [record.name for record in letter.attachments] == ["a.bin", "b.txt"]


def test_an_answer_that_was_never_read_is_read_the_second_time(drop_folder: DropFolder) -> None:
    """The circuit breaks after the last byte of the form: sending again gives the page and makes no second report."""
    with running_site(drop_folder.root) as url, closing(SourceClient(url)) as source:
        form = Form(source, source.take_codename())
        form.send_and_hang_up(url)
        page = form.send(url)
        assert page.status == 200
        assert words(form.send(url)) == words(page)
    assert len(rows(drop_folder, "submissions")) == 1
    assert len(sealed_files(drop_folder)) == 3


def test_a_double_click_is_one_submission(drop_folder: DropFolder) -> None:
    """Four copies at the same moment, each with its files: one submission, four times the same page."""
    with running_site(drop_folder.root) as url, closing(SourceClient(url)) as source:
        form = Form(source, source.take_codename())
        with ThreadPoolExecutor(4) as threads:
            pages = list(threads.map(lambda _copy: form.send(url), range(4)))
    assert [page.status for page in pages] == [200] * 4
    assert len({words(page) for page in pages}) == 1
    assert len(rows(drop_folder, "submissions")) == 1
    assert len(sealed_files(drop_folder)) == 3


@pytest.mark.parametrize("restarts", [False, True], ids=["the collection", "the collection and a restart"])
def test_a_further_message_sent_again_after_it_was_collected_is_one(drop_folder: DropFolder, restarts: bool) -> None:
    """The inbox's form too: the same answer, and nothing new waits."""
    with running_site(drop_folder.root) as url, closing(SourceClient(url)) as source:
        source.report("first", codename=source.take_codename())
        inbox = source.get("/inbox")
        cookies = dict(source.cookies)
        first = source.write_again(inbox, "second", [SentFile.of("b.txt", b"b")])
        collect_everything(drop_folder)
        again = None if restarts else source.write_again(inbox, "second", [SentFile.of("b.txt", b"b")])
    if again is None:
        with running_site(drop_folder.root) as url, closing(SourceClient(url)) as source:
            source.cookies = cookies
            again = source.write_again(inbox, "second", [SentFile.of("b.txt", b"b")])
    assert [(page.status, page.headers["Location"]) for page in (first, again)] == [(303, "/inbox")] * 2
    assert rows(drop_folder, "submissions") == []
    assert sealed_files(drop_folder) == set()
