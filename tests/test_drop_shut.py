"""An inbox that the desk shut: to whoever has its codename there never was one, and nothing makes one again."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.source_client import Answered, SourceClient
from journalist_interface.courier_rules import for_an_older_door
from keys.ciphertext import Ciphertext
from keys.hpke import SecretKey
from keys.reply import reply_address
from keys.statuses import Status
from source_interface.drop_folder import DropFolder, open_drop
from source_interface.site_app import create_site
from store.desk import outbox
from store.drafts import Blob
from store.drop.carrying import find_by_address, find_sources
from store.drop.collection import DESTROYED_KEPT_DAYS, forget_old
from store.drop.days import days_before
from store.drop.deliveries import Outcome, ReplyDelivery, StatusDelivery, apply_delivery
from store.drop.inbox import read_inbox
from store.drop.intake import NewSource, SentForm, Submission
from store.drop.reply_files import Announcement, Wanted, announce
from store.drop.tables import replies, sources, submissions
from store.drop.withdrawing import Left, withdraw_source
from store.errors import Missing
from tests.courier.ground import TODAY, DropGround, make_drop_ground
from tests.drop_contents import is_known
from tests.served import served

SOURCE = NewSource(b"\x07" * 32, SecretKey(bytes(range(96))).public)
OTHER = NewSource(b"\x08" * 32, SecretKey(bytes(reversed(range(96)))).public)
ADDRESS = reply_address(SOURCE.reply_key)
NO_SUCH = "We know no report with this codename."


def shut(address: str = ADDRESS) -> StatusDelivery:
    """The desk's word."""
    return StatusDelivery(secrets.token_hex(16), address, TODAY, Status.SHUT)


def answer(reply: str = "e1" * 16) -> ReplyDelivery:
    """An answer to the source."""
    return ReplyDelivery(secrets.token_hex(16), ADDRESS, TODAY, reply, Ciphertext(b"sealed"))


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[DropGround]:
    """A source host with two sources, of which one has an answer, and a letter that waits; its inbox was shut."""
    ground = make_drop_ground(tmp_path / "drop")
    for source in (SOURCE, OTHER):
        ground.submit(b"letter", source=source)
    assert apply_delivery(ground.database, answer(), TODAY) is Outcome.APPLIED
    assert apply_delivery(ground.database, shut(), TODAY) is Outcome.APPLIED
    yield ground
    ground.database.close()


def test_its_answers_are_gone_and_what_waits_is_collected_as_ever(drop: DropGround) -> None:
    """It may be the source's own last letter. The other source has lost nothing."""
    with drop.database.reading() as connection:
        assert connection.execute(replies.select()).all() == []
        assert len(connection.execute(submissions.select()).all()) == 2
    assert read_inbox(drop.database, OTHER.lookup_id).waiting


FINDING: dict[str, Callable[[DropGround], object]] = {
    "coming back with the codename": lambda drop: find_sources(drop.database, [SOURCE.lookup_id])[0],
    "looking where it was moved to": lambda drop: find_by_address(drop.database, ADDRESS),
}


@pytest.mark.parametrize("way", FINDING)
def test_nothing_finds_it(drop: DropGround, way: str) -> None:
    """By no way is it told from a codename that never was."""
    assert not FINDING[way](drop)
    with pytest.raises(Missing):
        read_inbox(drop.database, SOURCE.lookup_id)


OPENING: dict[str, Callable[[DropGround], object]] = {
    "another answer": lambda drop: apply_delivery(drop.database, answer("e2" * 16), TODAY),
    "the answer of before, once more": lambda drop: apply_delivery(drop.database, answer(), TODAY),
    "another status": lambda drop: apply_delivery(
        drop.database, StatusDelivery(secrets.token_hex(16), ADDRESS, TODAY, Status.QUESTION), TODAY
    ),
    "the same word again": lambda drop: apply_delivery(drop.database, shut(), TODAY),
}


@pytest.mark.parametrize("way", OPENING)
def test_nothing_that_the_desk_sends_opens_it_again(drop: DropGround, way: str) -> None:
    """Also not what was late: the source is not known any more."""
    assert OPENING[way](drop) is Outcome.UNKNOWN_SOURCE
    assert not is_known(drop.database, SOURCE.lookup_id)


def test_no_file_is_taken_for_it(drop: DropGround) -> None:
    """It would lie about for nobody."""
    announced = Announcement(ADDRESS, "e3" * 16, (Blob("ab" * 16, 65536, "cd" * 32),))
    assert announce(drop.database, announced, TODAY) == (Wanted.UNKNOWN_SOURCE,)


def test_who_writes_with_a_session_of_before_makes_no_inbox(drop: DropGround) -> None:
    """Neither the old one nor a new one with the same codename."""
    with pytest.raises(Missing):
        drop.submit(b"from whoever found the paper", source=SOURCE)
    assert not is_known(drop.database, SOURCE.lookup_id)


def test_who_is_still_signed_in_cannot_take_the_report_back(drop: DropGround) -> None:
    """What waits stays: the charity reads it."""
    form = SentForm(b"f" * 32, b"c" * 32)
    letter = Submission("ab" * 16, form, TODAY, SOURCE, Blob("cd" * 16, 4096, "ef" * 32), ())
    with pytest.raises(Missing):
        withdraw_source(drop.database, letter, dict.fromkeys(Left, form), str.encode)
    with drop.database.reading() as connection:
        assert len(connection.execute(submissions.select()).all()) == 2


def test_after_a_year_the_row_is_forgotten_too(drop: DropGround) -> None:
    """Not a day sooner."""
    with drop.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM parts")
        connection.exec_driver_sql("DELETE FROM submissions")
    last = days_before(TODAY, -DESTROYED_KEPT_DAYS)
    for day, left in ((last, 2), (days_before(last, -1), 1)):
        forget_old(drop.database, day)
        with drop.database.reading() as connection:
            assert len(connection.execute(sources.select()).all()) == left


def words(page: Answered) -> str:
    """A page without what is random in it, or was typed."""
    return page.text[page.text.index("<body") :].split("<form", 1)[0]


def test_on_the_real_site_it_is_a_codename_that_never_was(drop_folder: DropFolder) -> None:
    """The same answer, for a browser that was signed in when it happened as well: it can neither read, write, nor
    withdraw.
    """
    app = create_site(drop_folder.root)
    with served(app) as url, closing(SourceClient(url)) as thief, closing(SourceClient(url)) as source:
        codename = source.take_codename()
        assert source.report("It happened on a Tuesday.", codename=codename).status == 200
        inside = thief.come_back(codename)
        assert inside.status == 200
        opened = open_drop(drop_folder.root)
        with opened.database.reading() as connection:
            [row] = connection.execute(sources.select()).all()
        assert apply_delivery(opened.database, shut(row.address), TODAY) is Outcome.APPLIED
        opened.database.close()
        tried = thief.post_multipart(
            "/inbox",
            [(name, inside.hidden(name)) for name in ("csrf_token", "submission", "held")] + [("message", "x")],
        )
        assert tried.status == 403
        again = source.come_back(codename)
        unknown = source.come_back(another_codename(url))
        assert NO_SUCH in again.text
        assert (again.status, words(again)) == (unknown.status, words(unknown))
        assert len(again.text.encode()) == len(unknown.text.encode())


def another_codename(url: str) -> str:
    """One that nobody reported under."""
    with closing(SourceClient(url)) as nobody:
        return nobody.take_codename()


def test_to_a_door_of_before_it_is_closed() -> None:
    """So nothing is held up; the answers are taken back one by one besides."""
    told = outbox.OutboxDelivery(secrets.token_hex(16), outbox.Kind.STATUS, ADDRESS, TODAY, status=Status.SHUT)
    assert [each.status for each in for_an_older_door([told])] == [Status.CLOSED]
