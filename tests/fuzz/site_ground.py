"""A source's site in this process, with a real gpg and a real database, and a browser in each state of a visit."""

import json
import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from flask import Flask
from sqlalchemy import delete, insert, select

from keys.derivation import SourceKeys
from keys.intake_secret import export_public, make_intake_key, new_passphrase, stop_agent
from keys.reply import Question, Reply
from keys.session_seal import SessionToken
from serving.headers import COMMON_HEADERS
from serving.server import CLOSE
from source_interface.drop_folder import make_drop
from source_interface.page_padding import SMALLEST_FRAME, page_size_class
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from source_interface.site_host import SiteHost
from source_interface.visit import COOKIE_LENGTH, COOKIE_NAME
from store.drop import tables
from tests.fuzz.hostile_forms import BOUNDARY, form, part
from tests.fuzz.pieces import AwkwardBody
from tests.fuzz.wsgi import Answer, Asked, ask

MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"
REPLY, QUESTION = "a" * 32, "b" * 32
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_CODENAME = re.compile(r'id="codename"[^>]*>([^<]+)<')
_CLEAN_AFTER = 100  # inputs
_COOKIE = re.compile(rf"{COOKIE_NAME}=([A-Za-z0-9_-]{{{COOKIE_LENGTH}}}); HttpOnly; Path=/; SameSite=Lax\Z")


@dataclass(frozen=True)
class Browser:
    """A browser in one state: its cookie, its form token, and the codename it was shown, if any."""

    cookie: str = ""
    token: str = ""
    codename: str = ""


class SiteGround:
    """The site, and what must hold of its every answer."""

    def __init__(self, folder: Path) -> None:
        home, public = folder / "gnupg", folder / "intake-key.asc"
        public.write_text(export_public(home, make_intake_key(home, new_passphrase())), "ascii")
        stop_agent(home)
        make_drop(folder / "drop", public, folder / "pairing.json")
        # An answer that waits for its slot holds up the next input, and nothing else here looks at a clock.
        slots = {"codename_slot_milliseconds": 1, "inbox_slot_milliseconds": 1}
        (folder / "drop" / "settings.json").write_text(json.dumps(slots), "utf-8")
        self.app: Flask = create_site(folder / "drop")
        self.host: SiteHost = self.app.extensions[EXTENSION]
        self._incoming = folder / "drop" / "blobs" / "incoming"
        self._asked = 0
        new = self._visit("/report", Browser())
        shown = self._visit("/report", self._visit("/codename", Browser()))
        self._member, signed_in = self._send_report(shown)
        left = self._visit("/left", new)
        self.browsers = Browser(), new, shown, Browser(left.cookie, new.token), signed_in
        self._session = self._session_of(signed_in)
        self.clean()

    def close(self) -> None:
        """Close what is open."""
        self.app.extensions[CLOSE]()

    def ask(self, asked: Asked) -> Answer:
        """Ask the site, and check what must hold of every answer to anybody."""
        if self._asked % _CLEAN_AFTER == 0:
            self.clean()
        self._asked += 1
        if self.host.signed_in(self._session) is None:
            self._sign_in()
        answer = ask(self.app, asked)
        assert answer.status < 500, f"{answer.status} for {asked.method} {asked.target}"
        assert answer.said == "", "the site told the log"
        check_answer(answer)
        assert not list(self._incoming.iterdir()), "half a file was left behind"
        if asked.method == "POST":
            assert self.host.drop.blobs.published() == self._named(), "a blob without a row, or a row without a blob"
        return answer

    def _visit(self, path: str, browser: Browser) -> Browser:
        headers = {"Cookie": f"{COOKIE_NAME}={browser.cookie}"} if browser.cookie else {}
        answer = ask(self.app, Asked("GET", path, headers, AwkwardBody(b"", (1,)), None))
        return self._after(answer, browser)

    def _after(self, answer: Answer, browser: Browser) -> Browser:
        page = answer.body.decode()
        token, codename = _TOKEN.search(page), _CODENAME.search(page)
        return Browser(
            set_cookie(answer),
            unescape(token[1]) if token else browser.token,
            codename[1].strip() if codename else browser.codename,
        )

    def _send_report(self, browser: Browser) -> tuple[SourceKeys, Browser]:
        fields = {"csrf_token": browser.token, "submission": "c" * 32, "codename_check": browser.codename}
        parts = [part(name.encode(), text.encode()) for name, text in {**fields, "message": "words"}.items()]
        body = form(parts)
        headers = {"Cookie": f"{COOKIE_NAME}={browser.cookie}", "Content-Type": MULTIPART}
        answer = ask(self.app, Asked("POST", "/report", headers, AwkwardBody(body, (65_536,)), str(len(body))))
        after = self._visit("/inbox", self._after(answer, browser))
        keys = self.host.signed_in(self._session_of(after))
        assert keys is not None
        return keys, after

    def _session_of(self, browser: Browser) -> SessionToken:
        session = self.host.visits.read(browser.cookie).session
        assert session is not None
        return session

    def _sign_in(self) -> None:
        secret = self._member.lookup_id + self._member.reply_seed
        self.host.sessions.keep(self._session.lookup_hash(), self._session.seal(secret), instead_of=bytes(32))

    def _named(self) -> set[str]:
        with self.host.drop.database.reading() as connection:
            return set(connection.execute(select(tables.parts.c.blob)).scalars())

    def clean(self) -> None:
        """Take away what earlier inputs have sent; put back what they have deleted."""
        ours = self._member.lookup_id
        with self.host.drop.database.writing() as connection:
            for table in (tables.parts, tables.submissions, tables.sent_forms, tables.notices, tables.replies):
                connection.execute(delete(table))
            connection.execute(delete(tables.sessions))
            connection.execute(delete(tables.sources).where(tables.sources.c.lookup_id != ours))
            key = self._member.reply_key().public
            sealed = Reply(REPLY, "2026-11-20", "Thank you.", (Question(QUESTION, "Who?"),)).seal_to(key)
            connection.execute(
                insert(tables.replies).values(id=REPLY, lookup_id=ours, sealed=sealed, day="2026-11-20", read=False)
            )
        self.host.drop.blobs.erase(self.host.drop.blobs.published())
        self.host.drop.blobs.drop_held(self.host.drop.blobs.held_sizes())


def set_cookie(answer: Answer) -> str:
    """Return the one cookie an answer sets, of the one shape it has."""
    (spelt,) = answer.headers.getlist("Set-Cookie")
    found = _COOKIE.match(spelt)
    assert found, "another cookie"
    return found[1]


def check_answer(answer: Answer) -> None:
    """Check what must hold of any answer of the site: headers, weight, cookie."""
    for name in COMMON_HEADERS:
        assert len(answer.headers.getlist(name)) == 1, f"{name} is missing, or there twice"
    for told in (
        "Server",
        "Date",
        "Expires",
        "ETag",
        "Last-Modified",
        "Vary",
        "Allow",
        "X-Powered-By",
        "Content-Encoding",
    ):
        assert told not in answer.headers, f"{told} tells something"
    assert "://" not in answer.headers.get("Location", "")
    assert all(value.isascii() and value.isprintable() for _name, value in answer.headers)
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        announced = int(answer.headers["Content-Length"])
        if announced == SMALLEST_FRAME:
            # The frame that asks again by itself must not take the place of the page's cookie.
            assert "Set-Cookie" not in answer.headers
        else:
            set_cookie(answer)
        assert announced in (SMALLEST_FRAME, page_size_class(announced)), "a page of no size class"
        assert len(answer.body) in (0, announced)
        assert answer.body[:9] in (b"", b"<!doctype") or answer.status == 303
        assert b"Traceback" not in answer.body
    else:
        assert "Set-Cookie" not in answer.headers
