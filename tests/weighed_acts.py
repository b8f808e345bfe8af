"""What may befall a source who sends something to the site: each row one answer, to be weighed."""

import secrets
from collections.abc import Callable

from keys.codename import Codename
from tests.watched_line import MISSPELT, Line, press
from tests.weighed_source import Weighed, WeighedSource


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
