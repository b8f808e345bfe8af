"""A source of the older pepper who comes back is carried over: at once, wholly, and in one place."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import text

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.statuses import Status
from serving.form_stream import TextFields
from source_interface.carrying import known_source
from source_interface.drop_folder import DropFolder
from source_interface.filled_form import returned_form
from source_interface.inbox_page import open_inbox
from source_interface.joining import join
from source_interface.returning import NotFound
from source_interface.settings import Settings
from source_interface.withdrawing import _withdraw_once, withdraw
from store.drop.carrying import count_left
from store.drop.withdrawing import Left
from store.errors import Missing
from tests.conftest import IntakeSecret
from tests.dying import lives_through
from tests.source_ground import SourceGround, opened_ground
from tests.source_with_past import address_of, source_with_a_past, told
from tests.test_source_withdrawing import form, write
from tests.two_peppers import come_back, finished, gives_away, rotated, started_again, stolen_database


@pytest.fixture
def ground(drop_folder: DropFolder, intake_secret: IntakeSecret) -> Iterator[SourceGround]:
    """A source host with its first pepper."""
    with opened_ground(drop_folder, intake_secret) as opened:
        yield opened


def test_everything_goes_on_and_the_lookup_id_of_before_is_nowhere(
    ground: SourceGround, intake_secret: IntakeSecret
) -> None:
    """Inbox, memo, answers, files, what waits, and what the charity seals later: all as if nothing had been."""
    codename, before = source_with_a_past(ground)
    was, waiting, files = told(ground, before), len(ground.rows("submissions")), ground.rows("reply_files")
    older = ground.host.drop.pepper
    assert [one[1] for one in was.replies] == [False, True]
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        keys = come_back(again, codename)
        assert told(again, keys) == was
        assert keys.lookup_id != before.lookup_id
        assert before.lookup_id not in stolen_database(again)
        assert not gives_away(stolen_database(again), codename, older)["the lookup id"]
        assert len(again.rows("submissions")) == waiting
        assert [row[0] for row in again.rows("reply_files")] == [row[0] for row in files]
        # To the public key that the desk has, at the address it has.
        again.reply(before, "third", number=3)
        again.status(before, Status.QUESTION)
        assert told(again, keys).replies[0][0] == ("third",)
        assert come_back(again, codename) == keys
        write(again, keys, "and another")
        assert {letter.reply_key for letter in again.letters() if letter.message} == {before.reply_key().public}
        assert withdraw(again.host, keys, form()) is Left.A_LETTER
        assert told(again, come_back(again, codename)).withdrawn
        assert [row for row in again.rows("replies") if row[1] == before.lookup_id] == []


def test_a_source_of_the_new_pepper_has_nothing_of_the_old_one(
    ground: SourceGround, intake_secret: IntakeSecret
) -> None:
    """Nor is anybody asked for anything: a new source is one of the newest pepper alone."""
    older = rotated(ground.folder).older
    with started_again(ground.folder, intake_secret) as again:
        codename, keys = again.source()
        assert come_back(again, codename).reply_seed == keys.reply_seed
        assert older is not None
        assert not any(gives_away(stolen_database(again), codename, older).values())


def test_a_letter_that_was_begun_before_the_move_makes_no_second_source(
    ground: SourceGround, intake_secret: IntakeSecret
) -> None:
    """It is refused as if there were no place just now, and finds the source when sent again; a withdrawal at once."""
    codename, before = ground.source()
    ground.collect()
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        after = come_back(again, codename)
        with pytest.raises(Missing):
            again.send(before, "begun before")
        assert again.letters() == []
        assert len(again.rows("sources")) == 1
        fields = form()
        assert _withdraw_once(again.host, before, fields, returned_form(Settings(), fields)) is Left.A_LETTER
        assert told(again, after).withdrawn


def test_who_is_signed_in_in_another_window_stays_so(ground: SourceGround, intake_secret: IntakeSecret) -> None:
    """The session of before goes on after its source was carried over elsewhere: reads, writes, withdraws."""
    codename, before = ground.source()
    ground.collect()
    reply = ground.reply(before, "news")
    session = ground.host.sign_in(before)
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        assert again.host.signed_in(session) == before
        # Read in the old window; noted only after the other one has carried the source over.
        open_inbox(again.host, before, 0)
        after = come_back(again, codename)
        again.host.reading.write()
        assert [row[2] for row in again.rows("notices") if row[1] == reply.id] == ["read"]
        assert again.host.signed_in(session) == after
        # A request that was under way knows the old place only.
        write(again, before, "from the old window")
        assert "from the old window" in [letter.message for letter in again.letters()]
        assert len(again.rows("sources")) == 1
        assert withdraw(again.host, before, form()) is Left.A_LETTER
        assert told(again, after).withdrawn


def test_ones_own_words_are_no_older_codename_even_as_they_carry_over(
    ground: SourceGround, intake_secret: IntakeSecret
) -> None:
    """Signed in since before the rotation, and typed where an older codename is asked for: refused, and no deadlock."""
    codename, before = ground.source()
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        fields = TextFields({"submission": [secrets.token_hex(16)], "codename": [codename.reveal()]})
        with pytest.raises(NotFound, match="the report that is open now"):
            join(again.host, before, fields)
        assert count_left(again.host.drop.database, 1) == 0
        assert come_back(again, codename).reply_seed == before.reply_seed


def test_an_older_codename_of_the_older_pepper_can_be_named(ground: SourceGround, intake_secret: IntakeSecret) -> None:
    """The charity is told the address that it knows."""
    older, older_keys = ground.source()
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        _newer, keys = again.source()
        again.collect()
        join(again.host, keys, TextFields({"submission": [secrets.token_hex(16)], "codename": [older.reveal()]}))
        assert [letter.joins for letter in again.letters()] == [address_of(older_keys)]


def test_a_death_at_any_statement_leaves_the_source_in_one_place(
    ground: SourceGround, intake_secret: IntakeSecret
) -> None:
    """Before or after, never between: the codename opens everything the next time, and the place of before is free."""
    codename, before = source_with_a_past(ground)
    was = told(ground, before)
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        rows = again.rows("sources")
        derived = again.host.derivations.derive(codename)
        for nth in range(1, 100):
            over = lives_through(again.host.drop.database, nth, lambda: known_source(again.host, derived))
            [row] = [row for row in again.rows("sources") if row[1] == address_of(before)]
            assert len(again.rows("sources")) == len(rows)
            assert isinstance(row[0], bytes)
            where = replace(before, lookup_id=row[0])
            assert told(again, where).replies == was.replies, f"statement {nth}"
            if over:
                break
        assert count_left(again.host.drop.database, 1) == len(rows) - 1
        assert nth > 10, "there are more statements than that"
        assert told(again, come_back(again, codename)) == was


def test_what_cannot_be_written_now_keeps_nobody_out(ground: SourceGround, intake_secret: IntakeSecret) -> None:
    """A database that refuses: the source comes in as before, and is carried over the next time."""
    codename, before = ground.source()
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        _rename(again, "reply_files", "elsewhere")
        assert come_back(again, codename) == before
        with pytest.raises(NotFound):
            come_back(again, Codename.draw())
        _rename(again, "elsewhere", "reply_files")
        assert count_left(again.host.drop.database, 1) == 1
        assert come_back(again, codename).lookup_id != before.lookup_id


def _rename(ground: SourceGround, before: str, after: str) -> None:
    with ground.host.drop.database.writing() as connection:
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


def test_many_windows_at_once_carry_over_once(ground: SourceGround, intake_secret: IntakeSecret) -> None:
    """Four sign-ins of one source in the same moment: one row, and all four are let in."""
    codename, before = ground.source()
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        found: list[SourceKeys] = []

        def enter() -> None:
            with suppress(NotFound):
                found.append(come_back(again, codename))

        together = [threading.Thread(target=enter) for _each in range(4)]
        for one in together:
            one.start()
        for one in together:
            one.join()
        assert [keys.reply_seed for keys in found] == [before.reply_seed] * 4
        assert len(again.rows("sources")) == 1


def test_carried_over_twice_a_source_still_has_its_first_key(ground: SourceGround, intake_secret: IntakeSecret) -> None:
    """Rotated, come back, finished, rotated again, come back: replies to the first public key open."""
    codename, before = ground.source()
    ground.collect()
    for _rotation in range(2):
        rotated(ground.folder)
        with started_again(ground.folder, intake_secret) as again:
            keys = come_back(again, codename)
            assert keys.reply_seed == before.reply_seed
        finished(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        again.reply(before, "still yours")
        assert told(again, come_back(again, codename)).replies[0][0] == ("still yours",)
