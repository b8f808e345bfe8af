"""What must take the same time does the same work: nothing is written while an inbox is shown, and decoys fill up."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from bench.source_client import SourceClient
from keys.codename import Codename
from keys.reply import Reply
from serving.server import CLOSE
from serving.slots import Slots
from source_interface.decoys import LEAST_OPENED
from source_interface.drop_folder import DropFolder
from source_interface.inbox_page import open_inbox
from source_interface.returning import NotFound, sign_in
from source_interface.site_app import create_site
from source_interface.site_host import SiteHost
from store.drop.tables import replies, sessions
from tests.source_inbox import CountedDerivations, Inbox, codename, inbox, log
from tests.source_site import running_site

__all__ = ["codename", "inbox"]

PATIENCE_SECONDS = 20
MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


def is_read(inbox: Inbox) -> list[bool]:
    """Which replies are noted as read."""
    with inbox.host.drop.database.reading() as connection:
        return list(connection.execute(select(replies.c.read)).scalars())


def test_showing_an_inbox_writes_nothing(inbox: Inbox) -> None:
    """An unread inbox waits for the disk no longer than a read one; what was read is noted later."""
    inbox.deliver("good news")
    before = log(inbox.host.drop).read_bytes()
    assert inbox.shown() == ["good news"]
    assert log(inbox.host.drop).read_bytes() == before
    assert is_read(inbox) == [False]
    inbox.host.reading.write()
    assert is_read(inbox) == [True]


def test_what_was_read_is_noted_when_the_site_stops(inbox: Inbox, drop_folder: DropFolder, codename: str) -> None:
    """A site that is stopped in the minute of reading still tells the desk."""
    inbox.deliver("good news")
    with running_site(drop_folder.root) as url:
        source = SourceClient(url)
        assert "good news" in source.come_back(codename).text
        source.close()
    assert is_read(inbox) == [True]


def test_the_housekeeper_notes_what_was_read(inbox: Inbox) -> None:
    """Nobody has to stop the site for it."""
    inbox.deliver("good news")
    inbox.shown()
    inbox.host.keep_house()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while is_read(inbox) != [True]:
        assert time.monotonic() < deadline, "nobody noted it"


def test_what_cannot_be_noted_now_is_noted_later(inbox: Inbox) -> None:
    """A database that refuses costs nothing but time."""
    inbox.deliver("good news")
    inbox.shown()
    _rename(inbox, "replies", "elsewhere")
    with pytest.raises(OperationalError):
        inbox.host.reading.write()
    _rename(inbox, "elsewhere", "replies")
    assert is_read(inbox) == [False]
    inbox.host.reading.write()
    assert is_read(inbox) == [True]


def _rename(inbox: Inbox, before: str, after: str) -> None:
    with inbox.host.drop.database.writing() as connection:
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the replies that were opened, real ones and decoys."""
    found: list[str] = []
    really: Callable[..., Reply] = Reply.open

    def counted(sealed: bytes, reply_id: str, *more: object) -> Reply:
        found.append(reply_id)
        return really(sealed, reply_id, *more)

    monkeypatch.setattr(Reply, "open", counted)
    return found


def work_of_returning(inbox: Inbox, typed: str, opened: list[str]) -> tuple[int, int, int]:
    """How many derivations, bytes of log and opened replies it takes to come back with this codename."""
    derivations = CountedDerivations(inbox.host.drop.pepper, 1, 20, 1)
    host: SiteHost = replace(inbox.host, derivations=derivations)
    opened.clear()
    before = log(inbox.host.drop).stat().st_size
    try:
        keys, _session = sign_in(host, typed, None)
        open_inbox(host, keys, 0)
    except NotFound:
        pass
    return derivations.done, log(inbox.host.drop).stat().st_size - before, len(opened)


@pytest.mark.parametrize("replies_there", [0, 1, LEAST_OPENED])
def test_a_wrong_codename_costs_as_much_as_a_right_one(
    inbox: Inbox, codename: str, opened: list[str], replies_there: int
) -> None:
    """Known, unknown, misspelt: one derivation, as much written, as many replies opened."""
    for number in range(1, replies_there + 1):
        inbox.deliver(f"number {number}", number=number)
    work_of_returning(inbox, codename, opened)
    known = work_of_returning(inbox, codename, opened)
    assert known[0] == 1
    assert known[1] > 0
    assert known[2] == LEAST_OPENED
    assert work_of_returning(inbox, Codename.draw().reveal(), opened) == known
    assert work_of_returning(inbox, MISSPELT, opened) == known


def test_a_wrong_codename_leaves_no_session(inbox: Inbox, opened: list[str]) -> None:
    """The work is done for nobody: nothing of it stays."""
    with inbox.host.drop.database.reading() as connection:
        before = set(connection.execute(select(sessions.c.lookup_hash)).scalars())
    work_of_returning(inbox, Codename.draw().reveal(), opened)
    work_of_returning(inbox, MISSPELT, opened)
    with inbox.host.drop.database.reading() as connection:
        assert set(connection.execute(select(sessions.c.lookup_hash)).scalars()) == before


def test_the_site_answers_codenames_and_inboxes_in_slots(drop_folder: DropFolder) -> None:
    """The slots are those of the settings, and stand around the whole application."""
    wanted = {"codename_slot_milliseconds": 300, "inbox_slot_milliseconds": 70}
    drop_folder.settings.write_text(json.dumps(wanted), "utf-8")
    app = create_site(drop_folder.root)
    app.extensions[CLOSE]()
    assert isinstance(app.wsgi_app, Slots)
    assert app.wsgi_app.slots == {
        ("POST", "/return"): 0.3,
        **{("GET", path): 0.07 for path in ("/inbox", "/withdraw", "/join")},
        **{("POST", path): 1.5 for path in ("/withdraw", "/join")},
    }
