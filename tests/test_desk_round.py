"""Opening the queue in one go, while the courier goes on bringing letters."""

import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from journalist_interface import opening_round
from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening import open_parcel
from journalist_interface.opening_round import OpeningRounds, Progress
from journalist_interface.sessions import SignedIn
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import Answer, Letter
from store.desk.parcels import waiting_submissions
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list, write_letter

URGENT = (Answer("q-danger", "yes"),)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two reviewers, blunt among them."""
    with new_office(tmp_path / "desk", {"blunt": (Role.REVIEWER,)}) as made:
        yield made


def open_all(office: Office) -> Progress:
    """Open the whole queue, as amina."""
    lock, amina = IntakeLock(), office.signed_in()
    lock.unlock(office.desk, amina)
    rounds = OpeningRounds(office.desk, lock)
    rounds.start(amina)
    progress = rounds.progress("amina")
    assert progress is not None
    assert progress.finished.wait(60)
    lock.lock(office.desk, amina)
    return progress


def brings(office: Office, letter: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the courier bring a letter while the first one of a round is being opened."""
    waiting = [letter]

    def opening(desk: Desk, who: SignedIn, passphrase: str, submission: str, cleared: Collection[str]) -> str:
        while waiting:
            office.deliver(waiting.pop())
        return open_parcel(desk, who, passphrase, submission, cleared)

    monkeypatch.setattr(opening_round, "open_parcel", opening)


def test_a_note_that_comes_in_the_middle_holds_back_what_is_left(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first letter of that source named nobody; the second says whom both must not reach."""
    source = SecretKey(secrets.token_bytes(SEED_SIZE)).public
    office.deliver(write_letter(None, must_not_reach="", answers=URGENT))
    first = office.deliver(write_letter(source, must_not_reach=""))
    second = write_letter(source, must_not_reach="Reviewer Blunt: he is the one")
    brings(office, second, monkeypatch)
    progress = open_all(office)
    assert progress.sentence.startswith("2 letters were left for you")
    with office.desk.database.reading() as connection:
        assert waiting_submissions(connection) == {first.submission, second.submission}
    assert read_list(office.desk, office.signed_in("blunt")).total == 1


def test_a_letter_without_a_note_that_comes_in_the_middle_is_opened_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the page counts it."""
    office.deliver(write_letter(None, must_not_reach=""))
    brings(office, write_letter(None, must_not_reach=""), monkeypatch)
    progress = open_all(office)
    assert (progress.done, progress.total, progress.sentence) == (2, 2, "")
    with office.desk.database.reading() as connection:
        assert waiting_submissions(connection) == frozenset()
