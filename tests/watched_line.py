"""A running site and the sources on one watched line, each with a story of its own."""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import insert, update

from keys.codename import Codename
from keys.derivation import derive
from keys.reply import Question, Reply
from keys.reply_file import ReplyFile
from keys.statuses import Status
from serving.answers import HEAD_SIZE
from source_interface.drop_folder import OpenDrop
from source_interface.page_padding import SMALLEST_PAGE
from store.drop.tables import replies, reply_files, sources
from tests.weighed_source import Weighed, WeighedSource

ONE_PAGE = HEAD_SIZE + SMALLEST_PAGE
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


def press(source: WeighedSource, path: str, **fields: str) -> Weighed:
    """Send the form of a page that one who is signed in sees; without its token, if that is given empty."""
    page = source.get(path)
    form = {name: page.hidden(name) for name in ("csrf_token", "submission")}
    return source.post(path, {**form, **fields})
