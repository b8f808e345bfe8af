"""Fuzzing every page and form of the site: whatever is asked, in whatever state, gets a page. Nothing is replaced."""

from pathlib import Path
from urllib.parse import quote_from_bytes, urlencode

from source_interface.visit import COOKIE_NAME
from tests.fuzz.hostile_forms import HOSTILE_FORMS, form, part
from tests.fuzz.pieces import SIZES, AwkwardBody, Pieces
from tests.fuzz.site_ground import MULTIPART, QUESTION, REPLY, Browser, SiteGround
from tests.fuzz.wsgi import Asked

SMALL = "application/x-www-form-urlencoded"
METHODS = ("POST", "GET", "POST", "HEAD", "OPTIONS", "PUT", "TRACE", "PROPFIND")
PATHS = ("/report", "/inbox", "/return", "/leave", "/", "/codename", "/left", "/safety", "/about", "/intake-key.asc",
         "/static/site.css", "/robots.txt", "/no-such-page", "/progress", "/again")  # fmt: skip
UPLOAD = "f" * 32
QUERIES = ("?page=", f"?upload={UPLOAD}", "?upload=", "?")
TYPES = (MULTIPART, SMALL, "text/plain", "application/json", "multipart/form-data", f"{SMALL}; charset=utf-16", "")
HEADERS = ("Range", "If-Modified-Since", "If-None-Match", "Accept-Encoding", "X-HTTP-Method-Override", "X-CSRFToken",
           "Origin", "Sec-Fetch-Site", "Accept-Language", "X-Forwarded-Host", "Referer", "Authorization")  # fmt: skip
FIELDS = ("csrf_token", "submission", "codename", "codename_check", "one_way", "message", "attachments", "held", "act",
          "topic", "drop", "reply", "must_not_reach", "q-what", "q-danger", f"answer-{QUESTION}", "x")  # fmt: skip
VALUES = (b"", b"yes", b"send", b"new-codename", b"money", b"d" * 32, REPLY.encode(), b"delete", b"\x00\xff", b"99")

_ground: list[SiteGround] = []


def prepare(folder: Path) -> None:
    """Make a source host in `folder` and begin to serve it in this process."""
    _ground[:] = [SiteGround(folder)]


def close() -> None:
    """Stop serving."""
    _ground.pop().close()


def one_input(data: bytes) -> None:
    """Ask the site one thing."""
    _ground[0].ask(request(_ground[0], Pieces(data)))


def request(ground: SiteGround, pieces: Pieces) -> Asked:
    """Return the request that an input spells."""
    browser = pieces.choose(ground.browsers)
    method, path, declared = pieces.choose(METHODS), pieces.choose(PATHS), pieces.choose(TYPES)
    sizes, flags = pieces.choose(SIZES), pieces.byte()
    headers = {"Cookie": f"{COOKIE_NAME}={browser.cookie}"} if browser.cookie else {}
    if declared:
        headers["Content-Type"] = declared
    if flags & 1:
        path += quote_from_bytes(pieces.take(pieces.byte() % 32), safe="/%")
    if flags & 2:
        path += pieces.choose(QUERIES) + quote_from_bytes(pieces.take(pieces.byte() % 16), safe="&=%;")
    if flags & 4:
        headers[pieces.choose(HEADERS)] = header_value(pieces.take(pieces.byte() % 32))
    if flags & 8:
        headers["Cookie"] = header_value(pieces.take(pieces.byte())) + "; " + headers.get("Cookie", "")
    body = pieces.rest() if flags & 16 else filled_in(browser, pieces, declared, with_token=not flags & 32)
    length = str(len(body)) if method == "POST" else None
    if flags & 64:
        # Less or more than was announced: what a broken circuit leaves.
        length = str(max(0, len(body) + pieces.byte() - 128))
    return Asked(method, path, headers, AwkwardBody(body, sizes, 50 if flags & 128 else None), length)


def header_value(raw: bytes) -> str:
    """Return what gunicorn would let through of these bytes, and as it would hand it over."""
    return "".join(char for char in raw.decode("latin-1") if char == "\t" or " " <= char != "\x7f").strip()


def filled_in(browser: Browser, pieces: Pieces, declared: str, *, with_token: bool) -> bytes:
    """Return a form whose fields and values the input chooses: known names, right and wrong values, any number."""
    known = (browser.codename.encode(), browser.token.encode())
    fields = [("csrf_token", browser.token.encode())] if with_token else []
    while pieces.more() and len(fields) < 40:
        name, how = pieces.choose(FIELDS), pieces.byte()
        value = pieces.take(how & 63) if how & 64 else (*VALUES, *known)[how % (len(VALUES) + 2)]
        fields.append((name, value))
    if declared.startswith(SMALL):
        return urlencode(fields).encode()
    return form(
        part(name.encode(), value, file_name=b"a.txt" if name == "attachments" else None) for name, value in fields
    )


def seeds() -> list[bytes]:
    """Return a visit of every page in every state, every form filled in rightly, and the hostile forms."""
    field = {name: at for at, name in enumerate(FIELDS)}
    codename, submission, typed = len(VALUES), 5, 64 + 5
    report = bytes([field["submission"], submission, field["codename_check"], codename])
    report += bytes([field["attachments"], typed]) + b"hello" + bytes([field["message"], typed]) + b"words"
    one_way = bytes([field["one_way"], 1, field["submission"], submission, field["message"], typed]) + b"words"
    answer = bytes([field[f"answer-{QUESTION}"], typed]) + b"words"
    read_all = bytes(2)
    return [
        *(bytes([state, 1, path, 6, 0, 0]) for state in range(5) for path in range(len(PATHS))),
        *(bytes([state, 0, 0, 0, *read_all]) + fields for state in (1, 2, 3, 4) for fields in (report, one_way)),
        bytes([2, 0, 0, 0, *read_all]) + bytes([field["act"], 3]) + report,
        bytes([4, 0, 1, 0, *read_all]) + answer,
        bytes([4, 0, 1, 1, *read_all]) + bytes([field["reply"], 6, field["act"], 7]),
        *(bytes([state, 0, 2, 1, *read_all, field["codename"], codename]) for state in (2, 4)),
        *(bytes([state, 0, 3, 1, *read_all]) for state in (1, 4)),
        *(bytes([state, 0, 0, 0, 0, 2 + flags, 1, 0]) + report for state in (2, 4) for flags in (0, 128)),
        *(bytes([state, 1, path, 6, 0, 2, 1, 0]) for state in (1, 2, 4) for path in (13, 14)),
        *(bytes([4, 0, path, 0, 0, 16]) + one for one in HOSTILE_FORMS.values() for path in (0, 1, 2)),
        bytes([0, 1, 12, 6, 0, 1, 9]) + b"/../%00%ff",
    ]
