"""A source of the older pepper who comes back is carried over: at once, wholly, and seen by nobody."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection, event, text

from keys import derivation
from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.reply import Reply, reply_address
from keys.statuses import Status
from serving.form_stream import TextFields
from source_interface.carrying import known_source
from source_interface.circuits import Circuits, limits_of
from source_interface.drop_folder import DropFolder
from source_interface.filled_form import returned_form
from source_interface.inbox_page import note_answers, open_inbox
from source_interface.joining import join
from source_interface.leaky_count import LeakyCount
from source_interface.returning import NotFound, TriedTooOften, sign_in
from source_interface.settings import Settings
from source_interface.site_host import SiteHost
from source_interface.withdrawing import _withdraw_once, withdraw
from store.drafts import Blob
from store.drop.carrying import count_left
from store.drop.inbox import read_inbox
from store.drop.reply_files import Announcement, announce
from store.drop.withdrawing import Left
from store.errors import Missing
from tests.conftest import IntakeSecret
from tests.dying import lives_through
from tests.source_ground import SourceGround, opened_ground, today
from tests.test_source_withdrawing import form, write
from tests.two_peppers import come_back, finished, gives_away, rotated, started_again, stolen_database

MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"
PAGE = 4_096  # bytes
FILE = Blob("f1" * 16, 4_096, "ab" * 32)


@dataclass(frozen=True)
class Told:
    """What a source finds in the inbox, whole."""

    replies: tuple[tuple[object, ...], ...]
    status: object
    joined: str
    withdrawn: str
    waiting: bool


@pytest.fixture
def ground(drop_folder: DropFolder, intake_secret: IntakeSecret) -> Iterator[SourceGround]:
    """A source host with its first pepper."""
    with opened_ground(drop_folder, intake_secret) as opened:
        yield opened


def told(ground: SourceGround, keys: SourceKeys) -> Told:
    """What stands in an inbox now."""
    read = {one.id: one.read for one in read_inbox(ground.host.drop.database, keys.lookup_id).replies}
    page = open_inbox(ground.host, keys, 0)
    shown = tuple((one.paragraphs, read[one.id], one.questions) for one in page.replies)
    return Told(shown, page.status, page.joined, page.withdrawn, page.waiting)


def source_with_a_past(ground: SourceGround) -> tuple[Codename, SourceKeys]:
    """A source whose report was collected, who read one reply and not the other, answered, joined, and wrote again."""
    older, _keys = ground.source("years ago")
    codename, keys = ground.source("the report")
    ground.collect()
    ground.status(keys, Status.BEING_READ)
    asked = ground.reply(keys, "first", "Where?", "When?")
    open_inbox(ground.host, keys, 0)
    ground.host.reading.write()
    note_answers(ground.host, keys, {asked.questions[1].id})
    ground.reply(keys, "second", number=2)
    join(ground.host, keys, TextFields({"submission": [secrets.token_hex(16)], "codename": [older.reveal()]}))
    ground.send(keys, "one more thing")
    announced = Announcement(_address(keys), "e1" * 16, (FILE,))
    announce(ground.host.drop.database, announced, today())
    return codename, keys


def _address(keys: SourceKeys) -> str:
    return reply_address(keys.reply_key().public)


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


@dataclass
class Work:
    """What a sign-in did."""

    derivations: int
    at_once: int
    commits: int
    written: int
    opened: int
    answer: str


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> Callable[[SourceGround, str], Work]:
    """Sign in, and count: derivations and how many ran together, transactions, bytes of log, replies opened."""
    lock, done = threading.Lock(), Work(0, 0, 0, 0, 0, "")
    running = 0
    derive, open_reply = derivation.derive, Reply.open

    def counted(codename: Codename, pepper: bytes) -> SourceKeys:
        nonlocal running
        with lock:
            running += 1
            done.derivations += 1
            done.at_once = max(done.at_once, running)
        try:
            return derive(codename, pepper)
        finally:
            with lock:
                running -= 1

    def opened(*arguments: object) -> Reply:
        done.opened += 1
        return open_reply(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(derivation, "derive", counted)
    monkeypatch.setattr(Reply, "open", opened)

    def work(ground: SourceGround, typed: str) -> Work:
        def committed(connection: Connection) -> None:
            done.commits += bool(connection.get_execution_options().get("candour_writes"))

        done.derivations = done.at_once = done.opened = done.commits = 0
        engine = ground.host.drop.database._engine
        event.listen(engine, "commit", committed)
        log = ground.folder.database.with_name("drop.sqlite-wal")
        before = log.stat().st_size
        try:
            keys, _session = sign_in(ground.host, typed, None)
            open_inbox(ground.host, keys, 0)
            done.answer = "inbox"
        except NotFound as reason:
            done.answer = f"{reason.status} {reason.problem}"
        finally:
            event.remove(engine, "commit", committed)
        return replace(done, written=log.stat().st_size - before)

    return work


def test_right_old_right_new_and_wrong_cost_the_same(
    ground: SourceGround, intake_secret: IntakeSecret, worked: Callable[[SourceGround, str], Work]
) -> None:
    """Two derivations one after the other, as many transactions, as many replies opened: whatever is found.

    And as many pages written, but for the few by which any two rows differ that fall into other pages of the database.
    """
    old, _keys = ground.source()
    old_with_past, _keys = source_with_a_past(ground)
    assert worked(ground, old.reveal()).derivations == 1
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        new, _keys = again.source()
        worked(again, new.reveal())
        kinds = {
            "wrong": Codename.draw().reveal(),
            "right, of the old pepper": old.reveal(),
            "right, of the old pepper, with replies": old_with_past.reveal(),
            "right, carried over before": old.reveal(),
            "right, of the new pepper": new.reveal(),
            "misspelt": MISSPELT,
        }
        found = {kind: worked(again, typed) for kind, typed in kinds.items()}
        costs = {kind: (one.derivations, one.at_once, one.commits, one.opened) for kind, one in found.items()}
        assert len(set(costs.values())) == 1, costs
        assert costs["wrong"][:2] == (2, 1)
        pages = {kind: round(one.written / PAGE) for kind, one in found.items()}
        assert max(pages.values()) - min(pages.values()) <= 3, pages
        assert min(pages.values()) > 8, pages
        assert {one.answer for kind, one in found.items() if kind.startswith("right")} == {"inbox"}
        assert found["wrong"].answer.startswith("404 ")
    finished(ground.folder)
    with started_again(ground.folder, intake_secret) as alone:
        assert worked(alone, new.reveal()).derivations == worked(alone, Codename.draw().reveal()).derivations == 1


def test_one_place_holds_both_derivations(ground: SourceGround, worked: Callable[[SourceGround, str], Work]) -> None:
    """Four at once at one place: never two derivations together, so no more memory than one pepper takes."""
    queue = derivation.DerivationQueue(bytes(32), places=1, patience=60, waiting=4, number=1, older=bytes(range(32)))
    codenames = [Codename.draw() for _each in range(4)]
    crowd = replace(ground, host=replace(ground.host, derivations=queue))
    together = [threading.Thread(target=queue.derive, args=(codename,)) for codename in codenames]
    for one in together:
        one.start()
    done = worked(crowd, MISSPELT)
    for one in together:
        one.join()
    assert done.at_once == 1


def test_a_circuit_has_two_derivations_counted_for_each_codename(
    ground: SourceGround, intake_secret: IntakeSecret
) -> None:
    """Four a minute are two codenames while there are two peppers; wrong ones count once, as they are guesses."""
    codename, _keys = ground.source()
    rotated(ground.folder)
    with started_again(ground.folder, intake_secret) as again:
        assert limits_of(Settings(), 2).peppers == 2
        limits = replace(limits_of(Settings(), 2), derivations_a_minute=4, wrong_codenames=2)

        def tries(typed: list[str]) -> list[str]:
            host = replace(again.host, circuits=Circuits(limits)).asked_from(7)
            outcome = []
            for one in typed:
                try:
                    sign_in(host, one, None)
                    outcome.append("known")
                except TriedTooOften:
                    outcome.append("not looked at")
                except NotFound:
                    outcome.append("wrong")
            return outcome

        assert tries([codename.reveal()] * 3) == ["known", "known", "not looked at"]
        assert tries([Codename.draw().reveal()] * 2) == ["wrong", "wrong"]
        few = SiteHost.start(again.host.drop, Settings(circuit_derivations_a_minute=2)).asked_from(7)
        sign_in(few, codename.reveal(), None)
        with pytest.raises(TriedTooOften):
            sign_in(few, codename.reveal(), None)


def test_a_limit_below_two_shuts_nobody_out() -> None:
    """A setting of one a minute lets one codename through, and the next when that has run out."""
    count = LeakyCount(1, 60)
    assert count.add(0.0, 2)
    assert not count.add(1.0, 2)
    assert count.add(121.0, 2)


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
        assert [letter.joins for letter in again.letters()] == [_address(older_keys)]


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
            [row] = [row for row in again.rows("sources") if row[1] == _address(before)]
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
