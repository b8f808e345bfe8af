"""An upload that stops in the middle until a test lets it go on, or breaks it: no test waits for a clock."""

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPException

from bench.source_client import Answered, SentFile, SourceClient

MB = 1_000_000
_PATIENCE_SECONDS = 60
_ACTION = re.compile(r'action="/(?:report|inbox)\?upload=([0-9a-f]{32})"')
HIDDEN = re.compile(r'<input type="hidden" name="([a-z0-9_-]+)" value="([^"]*)">')


@dataclass
class Gate:
    """Between the first and the second half of a file."""

    reached: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)
    breaks: bool = False

    def file(self, name: str, first: bytes, second: bytes) -> SentFile:
        """A file whose second half waits for the gate."""

        def pieces() -> Iterator[bytes]:
            yield first
            self.reached.set()
            assert self.opened.wait(_PATIENCE_SECONDS)
            if self.breaks:
                raise ConnectionAbortedError
            yield second

        return SentFile(name, "application/octet-stream", len(first) + len(second), pieces())

    def wait(self) -> None:
        """Wait until the upload stands at the gate."""
        assert self.reached.wait(_PATIENCE_SECONDS)

    def open(self) -> None:
        """Let the upload go on."""
        self.opened.set()

    def break_it(self) -> None:
        """Have the connection break."""
        self.breaks = True
        self.opened.set()


@dataclass(frozen=True)
class FilesPage:
    """The page on which files are added."""

    page: Answered
    path: str

    @property
    def upload(self) -> str:
        """The id of the upload that it would send."""
        found = _ACTION.search(self.page.text)
        assert found is not None
        return found[1]

    def fields(self) -> list[tuple[str, str]]:
        """Every field of its first form, as a browser sends them."""
        form = self.page.text[self.page.text.index('<form id="files-form"') :].split("</form>", 1)[0]
        return [(name, unescape(value)) for name, value in HIDDEN.findall(form)]

    def send(self, source: SourceClient, files: list[SentFile]) -> Answered:
        """Press "Send everything"."""
        return source.post_multipart(f"{self.path}?upload={self.upload}", self.fields(), files)


@dataclass(frozen=True)
class PlainForm:
    """The report form itself, filled in: it has no frame, and its upload no id."""

    values: list[tuple[str, str]]

    def send(self, source: SourceClient, files: list[SentFile]) -> Answered:
        """Press "Send"."""
        return source.post_multipart("/report", self.values, files)


def to_files_page(source: SourceClient, message: str = "my words\nin two lines", **more: str) -> FilesPage:
    """Fill in a one-way report and press "Add files"."""
    page = source.get("/report")
    values = {name: page.hidden(name) for name in ("csrf_token", "submission", "held")}
    values |= {
        "message": message,
        "act": "add-files",
        **({} if "codename_check" in more else {"one_way": "yes"}),
        **more,
    }
    return FilesPage(source.post_multipart("/report", list(values.items())), "/report")


class Sending(threading.Thread):
    """A form being sent by another connection of the same browser, or over `road` if one is given."""

    def __init__(
        self,
        url: str,
        source: SourceClient,
        page: FilesPage | PlainForm,
        files: list[SentFile],
        road: SourceClient | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self._client = road or SourceClient(url)
        self._client.cookies = dict(source.cookies)
        self._page = page
        self._files = files
        self.answer: Answered | None = None
        self.start()

    @property
    def cookies(self) -> dict[str, str]:
        """What the answer set."""
        return self._client.cookies

    def run(self) -> None:
        """Send it."""
        try:
            self.answer = self._page.send(self._client, self._files)
        except (ConnectionError, HTTPException):
            self.answer = None
        finally:
            self._client.close()

    def finish(self) -> Answered | None:
        """Wait for its end; return the answer, or None if the connection broke."""
        self.join(_PATIENCE_SECONDS)
        assert not self.is_alive()
        return self.answer


def progress(source: SourceClient, page: FilesPage) -> Answered:
    """What the frame shows now."""
    return source.get(f"/progress?upload={page.upload}")


def progress_says(source: SourceClient, page: FilesPage, words: str) -> Answered:
    """Ask as the frame does until it says this."""
    deadline = time.monotonic() + 30
    while words not in (shown := progress(source, page)).text:
        assert time.monotonic() < deadline, shown.text
        time.sleep(0.05)
    return shown


def break_an_upload(url: str, source: SourceClient, page: FilesPage, *whole: str) -> None:
    """Send these files whole and half of another, then lose the connection."""
    gate = Gate()
    files = [SentFile.of(name, name.encode() * 1000) for name in whole]
    sending = Sending(url, source, page, [*files, gate.file("half.mp4", bytes(2 * MB), bytes(MB))])
    gate.wait()
    progress_says(source, page, whole[-1] if whole else "Sending")
    gate.break_it()
    assert sending.finish() is None
    progress_says(source, page, "The connection broke")
