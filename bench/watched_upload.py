"""A report with files, sent as the page for files sends it, and watched in the frame beside it until it is over."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from http.client import HTTPException

from bench.source_client import Answered, SentFile, SourceClient

_ACTION = re.compile(r'action="(/report\?upload=([0-9a-f]{32}))"')
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z0-9_-]+)" value="([^"]*)">')
_PERCENT = re.compile(r"Sending: (\d+) %")
_LOOK_SECONDS = 1.0
# A connection that broke: before an answer, or in the middle of one.
_BROKEN = (OSError, HTTPException)


@dataclass(frozen=True)
class Watched:
    """How an upload went: the whole of it in seconds, each percentage that the frame showed, and the answer.

    The answer is None if the connection broke; `said` is the frame's last page.
    """

    seconds: float
    percents: tuple[int, ...]
    said: str
    answer: Answered | None


class FilesForm:
    """The page on which files are added to a one-way report. Sends over `sending`, looks over `looking`."""

    def __init__(self, looking: SourceClient, sending: SourceClient, message: str) -> None:
        page = looking.get("/report")
        values = [(name, page.hidden(name)) for name in ("csrf_token", "submission", "held")]
        values += [("message", message), ("one_way", "yes"), ("act", "add-files")]
        self._looking = looking
        self._sending = sending
        self._read(looking.post_multipart("/report", values))

    def go_on(self) -> None:
        """Go on after a broken connection, from what was kept. Raises RuntimeError if nothing was."""
        self._looking.close()
        self._sending.close()
        self._read(self._looking.get(f"/again?upload={self._upload}"))

    def send(self, files: Sequence[SentFile], at_percent: Callable[[int], None] = lambda _percent: None) -> Watched:
        """Send everything, and look about once a second; `at_percent` is told each percentage that is shown."""
        began, answers = time.monotonic(), list[Answered]()
        sending = threading.Thread(target=self._send, args=(files, answers))
        sending.start()
        percents = list[int]()
        while sending.is_alive():
            if found := _PERCENT.search(self.look()):
                percents.append(int(found[1]))
                at_percent(percents[-1])
            sending.join(_LOOK_SECONDS)
        seconds = time.monotonic() - began
        return Watched(seconds, tuple(percents), self.look(), answers[0] if answers else None)

    def look(self) -> str:
        """Return what the frame shows; nothing while its connection is broken."""
        try:
            return self._looking.get(f"/progress?upload={self._upload}").text
        except _BROKEN:
            self._looking.close()
            return ""

    def _send(self, files: Sequence[SentFile], answers: list[Answered]) -> None:
        self._sending.cookies = dict(self._looking.cookies)
        try:
            answers.append(self._sending.post_multipart(self._action, self._fields, files))
        except _BROKEN:
            self._sending.close()

    def _read(self, page: Answered) -> None:
        found = _ACTION.search(page.text)
        if found is None:
            raise RuntimeError(f"no page for files: {page.status}")
        self._action, self._upload = found[1], found[2]
        form = page.text[page.text.index('<form id="files-form"') :].split("</form>", 1)[0]
        self._fields = [(name, unescape(value)) for name, value in _HIDDEN.findall(form)]
