"""Every answer of the site weighs the same on the wire, head and all: raw bytes from a really running site.

Whoever watches a source's line sees how many bytes go each way and how often. What must not be told apart by that
stands below: each row of a table is one thing that may befall a source, and each is one answer of one weight.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask, make_response
from sqlalchemy import insert, update

from keys.codename import Codename
from keys.derivation import derive
from keys.reply import LONGEST_REPLY, MOST_QUESTIONS, MOST_SHOWN_BYTES, Question, Reply, shown_bytes
from keys.reply_file import ReplyFile
from keys.statuses import Status
from serving.answers import HEAD_SIZE
from source_interface.drop_folder import DropFolder, OpenDrop, make_drop, open_drop
from source_interface.page_padding import KIB, SMALLEST_PAGE, pad_page, pad_to
from source_interface.site_app import SiteFlask
from store.drop.tables import replies, reply_files, sources
from tests.conftest import IntakeSecret
from tests.source_site import running_site
from tests.weighed_source import Weighed, WeighedSource

ONE_PAGE = HEAD_SIZE + SMALLEST_PAGE
PUBLIC_PAGES = ("/", "/codename", "/report", "/return", "/safety", "/about", "/inbox", "/withdraw", "/join")
FILE_NAME = "&" * 120  # each five bytes on the page
DAY = "2026-11-20"
MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


@dataclass
class Line:
    """A running site and the sources on one watched line."""

    url: str
    drop: OpenDrop
    codenames: dict[str, str] = field(default_factory=dict)

    def source(self) -> WeighedSource:
        """A browser that has not been here before."""
        return WeighedSource(self.url)

    def inside(self, who: str = "nobody answered yet") -> WeighedSource:
        """A browser in which somebody is signed in."""
        source = self.source()
        assert source.come_back(self.known(who)).status == 200
        return source

    def known(self, who: str) -> str:
        """The codename of a source with this story, whose report was sent when it was first asked for."""
        if who not in self.codenames:
            source = self.source()
            codename = source.get("/codename").text.split('id="codename"')[1].split(">")[1].split("<")[0].strip()
            page = source.get("/report")
            form = {name: page.hidden(name) for name in ("csrf_token", "submission")}
            sent = source.post_multipart("/report", {**form, "codename_check": codename, "message": "hello"})
            assert sent.status == 200
            self.codenames[who] = codename
        return self.codenames[who]

    def answered(
        self, who: str, *texts: str, read: bool = False, questions: tuple[str, ...] = (), files: int = 0
    ) -> str:
        """That source's codename, after the charity has answered with these texts, each with so many files."""
        new = who not in self.codenames
        codename = self.known(who)
        if new:
            for number, text in enumerate(texts, 1):
                self._deliver(codename, text, number, read=read, questions=questions, files=files)
        return codename

    def deliver_once(self, who: str, text: str) -> None:
        """Have the charity answer somebody."""
        self._deliver(self.codenames[who], text, 1, read=False, questions=(), files=0)

    def _deliver(
        self, codename: str, text: str, number: int, *, read: bool, questions: tuple[str, ...], files: int
    ) -> None:
        keys = derive(Codename.read(codename), self.drop.pepper)
        asked = tuple(Question(secrets.token_hex(16), question) for question in questions)
        named = tuple(ReplyFile.draw(secrets.token_hex(16), FILE_NAME, 2_000_000, "0" * 64) for _file in range(files))
        reply = Reply(secrets.token_hex(16), DAY, text, asked, number, named)
        sealed = reply.seal_to(keys.reply_key().public)
        with self.drop.database.writing() as connection:
            connection.execute(
                insert(replies).values(id=reply.id, lookup_id=keys.lookup_id, sealed=sealed, day=DAY, read=read)
            )
            for file in named:
                here = {"size": 1, "sha256": "0" * 64, "day": DAY, "here": True}
                connection.execute(
                    insert(reply_files).values(blob=file.blob, reply=reply.id, lookup_id=keys.lookup_id, **here)
                )

    def withdrawn(self, who: str, *, told: bool = True) -> str:
        """That source's codename, after the report was withdrawn; the charity had something of it if it is told."""
        if who not in self.codenames:
            self.known(who)
            if told:
                self.fetched(who)
            press(self.inside(who), "/withdraw")
        return self.codenames[who]

    def fetched(self, who: str) -> str:
        """That source's codename, after something of the report has left the host."""
        keys = derive(Codename.read(self.known(who)), self.drop.pepper)
        with self.drop.database.writing() as connection:
            connection.execute(update(sources).where(sources.c.lookup_id == keys.lookup_id).values(fetched=True))
        return self.codenames[who]

    def status(self, status: Status, who: str = "") -> str:
        """The codename of a source whose report stands there."""
        codename = self.known(who or f"status {status.value}")
        keys = derive(Codename.read(codename), self.drop.pepper)
        with self.drop.database.writing() as connection:
            connection.execute(update(sources).where(sources.c.lookup_id == keys.lookup_id).values(status=status.value))
        return codename


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[Line]:
    """A running site, for all rows of the tables."""
    root = tmp_path_factory.mktemp("weight")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    folder = DropFolder(root / "drop")
    with running_site(folder.root) as url:
        drop = open_drop(folder.root)
        yield Line(url, drop)
        drop.database.close()


def filling(piece: str) -> str:
    """This piece as often as the desk lets it stand in one reply."""
    count = MOST_SHOWN_BYTES // shown_bytes(piece, ())
    assert shown_bytes(piece * (count + 1), ()) > MOST_SHOWN_BYTES
    return piece * count


def filling_beside_files() -> str:
    """As long a text as the desk lets stand beside five files."""
    return "x" * (MOST_SHOWN_BYTES - shown_bytes("", (), [FILE_NAME] * 5) - 8)


def filling_questions() -> tuple[str, ...]:
    """As many questions as may be, as long as the desk lets them be."""
    left = MOST_SHOWN_BYTES - shown_bytes("?", [""] * MOST_QUESTIONS)
    return ("q" * (left // MOST_QUESTIONS),) * MOST_QUESTIONS


def press(source: WeighedSource, path: str, **fields: str) -> Weighed:
    """Send the form of a page that one who is signed in sees; without its token, if that is given empty."""
    page = source.get(path)
    form = {name: page.hidden(name) for name in ("csrf_token", "submission")}
    return source.post(path, {**form, **fields})


def _returning(codename_of: Callable[[Line], str]) -> Callable[[Line], Weighed]:
    return lambda line: line.source().come_back(codename_of(line))


def _at_status(status: Status) -> Callable[[Line], Weighed]:
    return _returning(lambda line: line.status(status))


def _answered_withdrawal(line: Line) -> str:
    line.withdrawn("withdrew, and was answered")
    line.deliver_once("withdrew, and was answered", "We kept your first letter, because of the gun.")
    return line.codenames["withdrew, and was answered"]


def _closed_full(line: Line) -> str:
    who = "closed, and full"
    line.answered(who, *["?"] * 5, questions=filling_questions())
    return line.status(Status.CLOSED, who)


def _joined(line: Line) -> str:
    older = line.known("older")
    if "newer" not in line.codenames:
        line.known("newer")
        assert press(line.inside("newer"), "/join", codename=older).status == 200
    return line.codenames["newer"]


COMING_BACK: dict[str, tuple[int, Callable[[Line], Weighed]]] = {
    "a codename that is known": (200, _returning(lambda line: line.known("nobody answered yet"))),
    "a codename that is not": (404, _returning(lambda _line: Codename.draw().reveal())),
    "a codename with a misspelt word": (422, _returning(lambda _line: MISSPELT)),
    "a codename with a word too few": (422, _returning(lambda _line: MISSPELT.rpartition(" ")[0])),
    "no codename at all": (422, _returning(lambda _line: "")),
    "four hundred letters that are no codename": (422, _returning(lambda _line: "<" * 400)),
    "a form without a token": (400, lambda line: line.source().post("/return", {"codename": "x"})),
    "a codename far too long": (413, lambda line: line.source().post("/return", {"codename": "x" * 40_000})),
    "a reply that waits unread": (200, _returning(lambda line: line.answered("unread", "Thank you."))),
    "a reply that was read": (200, _returning(lambda line: line.answered("read", "Thank you.", read=True))),
    "a reply with five files": (200, _returning(lambda line: line.answered("files", "Please read.", files=5))),
    "a reply with files, as long as may be": (
        200,
        _returning(lambda line: line.answered("long and files", filling_beside_files(), files=5)),
    ),
    "thirty replies, on several pages": (
        200,
        _returning(lambda line: line.answered("many", *["Thank you. " * 20] * 30)),
    ),
    "a reply of the longest kind": (
        200,
        _returning(lambda line: line.answered("long", "long " * (LONGEST_REPLY // 5))),
    ),
    "five replies with questions": (
        200,
        _returning(
            lambda line: line.answered(
                "questions", *["Please tell us more. " * 20] * 5, questions=("Who?", "When?", "Where?")
            )
        ),
    ),
    "a reply of as many paragraphs as a desk may send": (
        200,
        _returning(lambda line: line.answered("paragraphs", filling("<\n\n"))),
    ),
    "five times as many questions as a desk may send": (
        200,
        _returning(lambda line: line.answered("asked", *["?"] * 5, questions=filling_questions())),
    ),
    "five replies of as many short questions as may be": (
        200,
        _returning(lambda line: line.answered("short", *["?"] * 5, questions=("Who?",) * MOST_QUESTIONS)),
    ),
    "a report that was withdrawn": (200, _returning(lambda line: line.withdrawn("withdrew"))),
    "a report that was withdrawn and is gone": (404, _returning(lambda line: line.withdrawn("gone", told=False))),
    "a report that was withdrawn and answered": (200, _returning(lambda line: _answered_withdrawal(line))),
    "a closed report with as much as a desk may send": (200, _returning(lambda line: _closed_full(line))),
    "a report that was joined with an older one": (200, _returning(lambda line: _joined(line))),
    **{
        f"a report that is “{status.value}”": (200, _at_status(status))
        for status in Status
        if status is not Status.SHUT
    },
}


@pytest.mark.parametrize("row", COMING_BACK)
def test_coming_back_weighs_the_same_whatever_is_found(line: Line, row: str) -> None:
    """Known or not, misspelt, answered or not, read or not: one answer of one weight."""
    status, come_back = COMING_BACK[row]
    answer = come_back(line)
    assert (answer.status, answer.weight) == (status, ONE_PAGE)


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, "/no-such-page"])
def test_a_page_weighs_the_same_signed_in_and_out(line: Line, path: str) -> None:
    """A page does not tell whether the one who reads it has a report here; nor does the inbox ask for a second look."""
    inside, outside = line.inside().get(path), line.source().get(path)
    assert inside.weight == outside.weight == ONE_PAGE
    assert inside.status == outside.status == (404 if path == "/no-such-page" else 200)


def _write_again(line: Line, **more: str) -> tuple[WeighedSource, Weighed]:
    source = line.inside()
    page = source.get("/inbox")
    form = {name: page.hidden(name) for name in ("csrf_token", "submission")}
    return source, source.post_multipart("/inbox", {**form, "act": "send", **more})


def _delete(line: Line, reply: str) -> tuple[WeighedSource, Weighed]:
    source = line.inside("deletes")
    token = source.get("/inbox").hidden("csrf_token")
    return source, source.post("/inbox", {"csrf_token": token, "act": "delete", "reply": reply})


def _deleted(line: Line) -> tuple[WeighedSource, Weighed]:
    line.answered("deletes", "Thank you.")
    return _delete(line, line.inside("deletes").get("/inbox").hidden("reply"))


def _left(line: Line) -> tuple[WeighedSource, Weighed]:
    source = line.inside()
    return source, source.post("/leave", {})


def _left_from_outside(line: Line) -> tuple[WeighedSource, Weighed]:
    source = line.source()
    return source, source.post("/leave", {})


TWO_ANSWERS: dict[str, tuple[str, Callable[[Line], tuple[WeighedSource, Weighed]]]] = {
    "a further message was taken": ("/inbox", lambda line: _write_again(line, message="more")),
    "a reply was deleted": ("/inbox", _deleted),
    "a reply that was gone already": ("/inbox", lambda line: _delete(line, "0" * 32)),
    "leaving, with a session": ("/left", _left),
    "leaving, without one": ("/left", _left_from_outside),
}


@pytest.mark.parametrize("row", TWO_ANSWERS)
def test_what_leads_elsewhere_weighs_as_much_as_a_page(line: Line, row: str) -> None:
    """A redirect is a whole page's weight, and the page after it, with its notice, another."""
    there, act = TWO_ANSWERS[row]
    source, answer = act(line)
    assert (answer.status, answer.location, answer.weight) == (303, there, ONE_PAGE)
    assert source.get(there).weight == ONE_PAGE


def _report(line: Line, **fields: str) -> Weighed:
    source = line.source()
    page = source.get("/report")
    form = {name: page.hidden(name) for name in ("csrf_token", "submission")}
    return source.post_multipart("/report", {**form, **fields})


def _broken(line: Line) -> Weighed:
    body = b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
    return line.source().ask("POST", "/report", body, "multipart/form-data; boundary=b")


def _after_the_session(line: Line) -> Weighed:
    source = line.inside()
    before = source.cookie
    source.post("/leave", {})
    source.cookie = before
    return source.get("/inbox")


def _explained(line: Line) -> Weighed:
    line.fetched("explained to")
    return line.inside("explained to").get("/withdraw")


def _withdraw(line: Line, *, told: bool, **fields: str) -> Weighed:
    who = f"withdraws {secrets.token_hex(4)}"
    line.known(who)
    if told:
        line.fetched(who)
    return press(line.inside(who), "/withdraw", **fields)


def _withdraw_again(line: Line) -> Weighed:
    line.withdrawn("withdrew")
    source = line.inside("withdrew")
    assert "You need not do it again" in source.get("/withdraw").text
    token = source.get("/inbox").hidden("csrf_token")
    return source.post("/withdraw", {"csrf_token": token, "submission": secrets.token_hex(16)})


def _signed_out(line: Line, path: str, **fields: str) -> Weighed:
    source = line.source()
    token = source.get("/return").hidden("csrf_token")
    return source.post(path, {"csrf_token": token, "submission": secrets.token_hex(16), **fields})


ANSWERS: dict[str, tuple[int, Callable[[Line], Weighed]]] = {
    "a report was taken": (200, lambda line: _report(line, one_way="yes", message="hello")),
    "a report had nothing in it": (422, lambda line: _report(line, one_way="yes", message="")),
    "a report whose page was too old": (
        400,
        lambda line: line.source().post_multipart("/report", {"message": "hello"}),
    ),
    "a form that no browser makes": (400, _broken),
    "a further message had nothing in it": (422, lambda line: _write_again(line, message="")[1]),
    "a message after the session ended": (403, lambda line: line.source().post_multipart("/inbox", {"message": "hi"})),
    "the inbox after the session ended": (200, _after_the_session),
    "what withdrawing does, before it is done": (200, lambda line: line.inside().get("/withdraw")),
    "what withdrawing does, of what was collected": (200, lambda line: _explained(line)),
    "a report was withdrawn, and nobody hears of it": (200, lambda line: _withdraw(line, told=False)),
    "a report was withdrawn, and the charity is told": (200, lambda line: _withdraw(line, told=True)),
    "a report was withdrawn with a long reason": (200, lambda line: _withdraw(line, told=True, message="why " * 500)),
    "a report that was withdrawn already": (200, lambda line: _withdraw_again(line)),
    "a withdrawal with far too long a reason": (
        422,
        lambda line: press(line.inside(), "/withdraw", message="x" * 2_001),
    ),
    "a withdrawal whose page was too old": (400, lambda line: press(line.inside(), "/withdraw", csrf_token="x")),
    "a withdrawal after the session ended": (403, lambda line: _signed_out(line, "/withdraw")),
    "a withdrawal with a codename that is not": (
        404,
        lambda line: _signed_out(line, "/withdraw", codename=Codename.draw().reveal()),
    ),
    "an older codename that is known": (
        200,
        lambda line: press(line.inside("told of another"), "/join", codename=line.known("older")),
    ),
    "an older codename that is not": (
        404,
        lambda line: press(line.inside(), "/join", codename=Codename.draw().reveal()),
    ),
    "an older codename with a misspelt word": (422, lambda line: press(line.inside(), "/join", codename=MISSPELT)),
    "an older codename of four hundred letters": (
        422,
        lambda line: press(line.inside(), "/join", codename="<" * 400),
    ),
    "an older codename that is the same": (
        422,
        lambda line: press(line.inside(), "/join", codename=line.known("nobody answered yet")),
    ),
    "no older codename": (422, lambda line: press(line.inside(), "/join", codename="")),
    "an older codename whose page was too old": (
        400,
        lambda line: press(line.inside(), "/join", csrf_token="x", codename=line.known("older")),
    ),
    "an older codename after the session ended": (
        403,
        lambda line: _signed_out(line, "/join", codename=line.known("older")),
    ),
    "a page that cannot be asked for so": (405, lambda line: line.source().ask("PUT", "/about")),
    "a body of unknown length": (
        411,
        lambda line: line.source().ask("GET", "/", more="Transfer-Encoding: chunked\r\n"),
    ),
    "a page of an inbox that is none": (200, lambda line: line.inside().get("/inbox?page=x")),
    "a style sheet that is not there": (404, lambda line: line.source().get("/static/nothing.css")),
}


@pytest.mark.parametrize("row", ANSWERS)
def test_every_answer_weighs_as_much_as_a_page(line: Line, row: str) -> None:
    """Taken or refused, there or not: one weight."""
    status, act = ANSWERS[row]
    answer = act(line)
    assert (answer.status, answer.weight) == (status, ONE_PAGE)


@pytest.mark.parametrize("path", ["/static/site.css", "/intake-key.asc", "/robots.txt"])
def test_what_is_the_same_for_everybody_is_the_same(line: Line, path: str) -> None:
    """Signed in or out, first visit or tenth: the very same weight, and no cookie."""
    inside, outside = line.inside(), line.source()
    before = inside.cookie
    assert inside.get(path).weight == outside.get(path).weight
    assert (inside.cookie, outside.cookie) == (before, b"")


def test_a_view_may_choose_a_smaller_class_for_what_is_small() -> None:
    """A frame need not weigh as much as a page; it has classes of its own, and never another's."""
    app: Flask = SiteFlask("small")
    app.after_request(pad_page)
    app.add_url_rule("/frame/<int:size>", "frame", lambda size: pad_to(make_response("x" * size), smallest=2 * KIB))
    app.add_url_rule("/page", "page", lambda: "x")
    client = app.test_client()
    weights = [len(client.get(path).data) for path in ("/frame/1", "/frame/2000", "/frame/2048", "/page")]
    assert weights == [2 * KIB, 2 * KIB, 4 * KIB, SMALLEST_PAGE]
