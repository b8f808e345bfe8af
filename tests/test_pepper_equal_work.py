"""While there are two peppers each codename costs the same work, whatever is found, and is counted as two."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import Connection, event

from keys import derivation
from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.reply import Reply
from source_interface.circuits import Circuits, limits_of
from source_interface.drop_folder import DropFolder
from source_interface.inbox_page import open_inbox
from source_interface.leaky_count import LeakyCount
from source_interface.returning import NotFound, TriedTooOften, sign_in
from source_interface.settings import Settings
from source_interface.site_host import SiteHost
from tests.conftest import IntakeSecret
from tests.source_ground import SourceGround, opened_ground
from tests.source_with_past import source_with_a_past
from tests.two_peppers import finished, rotated, started_again

MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"
PAGE = 4_096  # bytes


@pytest.fixture
def ground(drop_folder: DropFolder, intake_secret: IntakeSecret) -> Iterator[SourceGround]:
    """A source host with its first pepper."""
    with opened_ground(drop_folder, intake_secret) as opened:
        yield opened


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
