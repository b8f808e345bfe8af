"""Those who use the hosts while these die: a source and a reviewer, each of whom does it again when nothing came back.

They know what a person knows: that the page came, whole, or that it did not.
"""

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.source_client import Answered, SentFile, SourceClient
from tests.crashes.book import Book, SentLetter, WrittenReply
from tests.crashes.mortal import Mortal
from tests.desk_office import PASSWORD, Office

THANKS = "Thank you. We have your report."
WITHDRAWN = "Your report is withdrawn"
FILES_GONE = "They were erased; nobody could read them."


class Cut(Exception):
    """The connection broke before the whole answer was here: the person cannot know what was done."""


@dataclass
class Browser:
    """A browser that keeps its cookies, whatever happens to the host that it speaks to."""

    host: Mortal
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, request: Callable[[SourceClient], Answered]) -> Answered:
        """Make one request over a new connection. Raises Cut unless the whole answer came."""
        client = SourceClient(self.host.url)
        client.cookies = dict(self.cookies)
        try:
            answer = request(client)
        except (OSError, http.client.HTTPException) as reason:
            raise Cut from reason
        finally:
            client.close()
        # Without a length a cut answer would look like a whole one.
        assert "Content-Length" in answer.headers
        self.cookies = client.cookies
        return answer

    def get(self, path: str) -> Answered:
        """Get a page."""
        return self.ask(lambda client: client.get(path))

    def post(self, path: str, values: dict[str, str]) -> Answered:
        """Send a small form."""
        return self.ask(lambda client: client.post(path, values))


@dataclass(frozen=True)
class FilledIn:
    """A form with files, ready to be sent as often as it takes. `letter` is what it will be."""

    path: str
    values: list[tuple[str, str]]
    files: dict[str, bytes] = field(repr=False)
    letter: SentLetter | None


class Source:
    """A source, who drew a codename, or does not want to come back."""

    def __init__(self, site: Mortal, book: Book) -> None:
        self._book = book
        self.browser = Browser(site)
        self.codename = ""
        self.withdrew = False

    def draw_codename(self) -> None:
        """Visit the page with the seven words."""
        found: list[str] = []

        def draw(client: SourceClient) -> Answered:
            found.append(client.take_codename())
            return client.get("/report")

        self.browser.ask(draw)
        [self.codename] = found

    def fill_in_report(self, message: str, files: dict[str, bytes]) -> FilledIn:
        """Open the form of a first report and fill it in."""
        page = self.browser.get("/report")
        values = [
            ("csrf_token", page.hidden("csrf_token")),
            ("submission", page.hidden("submission")),
            ("held", ""),
            ("codename_check", self.codename) if self.codename else ("one_way", "yes"),
            ("message", message),
        ]
        return FilledIn("/report", values, files, self._book.send(message, dict(files)))

    def fill_in_message(self, message: str, files: dict[str, bytes], answers: dict[str, str]) -> FilledIn:
        """Open the inbox and fill in a further message."""
        page = self.browser.get("/inbox")
        values = [
            ("csrf_token", page.hidden("csrf_token", 0)),
            ("submission", page.hidden("submission")),
            ("held", ""),
            ("act", "send"),
            *((f"answer-{question}", text) for question, text in answers.items()),
            ("message", message),
        ]
        return FilledIn("/inbox", values, files, self._book.send(message, dict(files)))

    def send(self, form: FilledIn) -> Answered:
        """Send a form; what is then said is remembered. Raises Cut."""
        files = [SentFile.of(name, content) for name, content in form.files.items()]
        answer = self.browser.ask(lambda client: client.post_multipart(form.path, form.values, files))
        if form.letter and ((answer.status == 200 and THANKS in answer.text) or answer.status == 303):
            form.letter.acknowledged = True
        return answer

    def come_back(self, page: Answered) -> Answered:
        """Return with the codename, from the page that asks for it."""
        return self.browser.post("/return", {"csrf_token": page.hidden("csrf_token"), "codename": self.codename})

    def delete(self, inbox: Answered, reply_id: str, written: WrittenReply) -> Answered:
        """Delete a reply. Raises Cut."""
        values = {"csrf_token": inbox.hidden("csrf_token", 0), "act": "delete", "reply": reply_id}
        written.delete_tried = True
        answer = self.browser.post("/inbox", values)
        assert answer.status == 303
        written.delete_acknowledged = True
        return answer

    def fill_in_withdrawal(self, why: str) -> FilledIn:
        """Open the page that explains withdrawing, and say why."""
        page = self.browser.get("/withdraw")
        values = [(name, page.hidden(name)) for name in ("csrf_token", "submission")]
        return FilledIn("/withdraw", [*values, ("message", why)], {}, self._book.send(why, {}))

    def withdraw(self, form: FilledIn) -> Answered:
        """Press the button that withdraws. Raises Cut."""
        answer = self.browser.post(form.path, dict(form.values))
        assert answer.status == 200, answer.status
        assert WITHDRAWN in answer.text
        self.withdrew = True
        return answer


class Reviewer:
    """An intake officer at the desk, in a browser."""

    def __init__(self, desk: Mortal, office: Office) -> None:
        self.browser = Browser(desk)
        self._office = office
        self._token = ""

    def sign_in(self) -> None:
        """Sign in, once: the session outlives the process, and so does the token of its forms."""
        form = {"username": "amina", "password": PASSWORD, "code": self._office.code()}
        assert self.browser.post("/sign-in", form).status == 303
        self._token = self.browser.get("/post").hidden("csrf_token")

    def unlock(self) -> None:
        """Unlock the intake key: a new process does not know it."""
        assert self._send("/post/unlock", {}).status == 303

    def open(self, submission: str) -> Answered:
        """Press "Open" at a letter. Raises Cut."""
        return self._send("/post/open", {"submission": submission, "cleared": "amina"})

    def reply(self, reference: str, item: str, text: str, question: str) -> Answered:
        """Send a reply. Raises Cut."""
        return self._send(f"/case/{reference}/reply", {"item": item, "text": text, "question": question})

    def close_case(self, reference: str, item: str, reason: str) -> Answered:
        """Close a case. Raises Cut."""
        return self._send(
            f"/case/{reference}/status", {"item": item, "status": "closed", "reason": reason, "outcome": "no-evidence"}
        )

    def _send(self, path: str, values: dict[str, str]) -> Answered:
        return self.browser.post(path, {"csrf_token": self._token, **values})
