"""An officer's offer of half the intake key: each way in which it ends, after which the other half opens nothing."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journalist_interface.errors import CustodyRefused
from journalist_interface.intake_lock import IntakeLock
from store.desk.account_tables import sessions
from store.desk.reviewers import suspend
from tests.two_officers import Browser, Officers, officers_at_work, take_role


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Officers]:
    """Amina and bartek hold the key; either is enough."""
    with officers_at_work(tmp_path / "desk", "bartek") as made:
        yield made


@pytest.fixture
def two(desk: Officers) -> Officers:
    """The same desk, where two are needed."""
    desk.need_two()
    return desk


def end_session_from_the_list(two: Officers, _amina: Browser) -> None:
    """Amina ends that session in another window."""
    with two.office.desk.database.reading() as connection:
        session = connection.execute(sessions.select().where(sessions.c.username == "amina")).first()
    assert session is not None
    other = two.browser("amina")
    data = {"csrf_token": other.token, "session": session.lookup_hash.hex()}
    assert other.client.post("/account/end", data=data).status_code == 303


def erase_session(two: Officers, _amina: Browser) -> None:
    """The session is over, and nobody told the lock."""
    with two.office.desk.database.writing() as connection:
        connection.execute(sessions.delete().where(sessions.c.username == "amina"))


def pass_time(two: Officers, _amina: Browser) -> None:
    """Eleven minutes go by."""
    lock = two.works.lock
    later = time.time() + 11 * 60
    for place in lock._offers.values():
        place._clock = lambda: later


def suspend_amina(two: Officers, _amina: Browser) -> None:
    """An administrator shuts her account, as the page does it."""
    with two.office.desk.database.writing() as connection:
        suspend(connection, "amina", True)
    two.works.lock.forget_officer("amina")


def sign_out(_two: Officers, amina: Browser) -> None:
    """Amina goes home."""
    amina.client.post("/sign-out", data={"csrf_token": amina.token})


ENDS: dict[str, tuple[Callable[[Officers, Browser], object], list[str]]] = {
    "taken back": (lambda _two, amina: amina.press("take-back"), [""]),
    "taken back by Lock now": (lambda _two, amina: amina.press("lock"), [""]),
    "time": (pass_time, ["by itself"]),
    "signed out": (sign_out, [""]),
    "ended from the list of sessions": (end_session_from_the_list, ["its session ended"]),
    "the account suspended": (suspend_amina, ["its session ended"]),
    "the session's row gone": (erase_session, []),
    "the role taken away": (take_role, []),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_offer_ends(two: Officers, end: str) -> None:
    """In whatever way: a second officer's half then opens nothing, for nobody."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    assert "amina offers half" in bartek.page
    do, notes = ENDS[end]
    do(two, amina)
    # Of these two the lock is told by nobody, and asks when it matters.
    stands = end in ("the session's row gone", "the role taken away")
    assert ("amina offers half" in bartek.page) == stands
    refused = bartek.press("unlock", **{"with": "amina"})
    assert refused.status_code == 409
    assert "does not offer half of the key any more" in refused.text
    assert two.works.lock._unlocked == {}
    assert two.works.lock.offer() is None
    assert [note for _actor, _act, note in two.acts("unlock-offer-end")] == notes


def test_an_offer_ends_by_a_timer_though_nobody_looks(two: Officers) -> None:
    """The half is gone from memory, and its end is recorded once."""
    lock, amina = IntakeLock(offered_minutes=0.0001), two.office.signed_in()
    lock.unlock(two.office.desk, amina)
    for place in lock._offers.values():
        if (offer := place._offer) is not None:
            offer.timer.join(10)
    assert [place._offer for place in lock._offers.values()] == [None, None]
    assert lock.offer() is None
    assert two.acts("unlock-offer-end") == [("amina", "unlock-offer-end", "by itself")]


def test_the_other_process_knows_of_no_offer(two: Officers) -> None:
    """An offer ends with the process: after a restart the second officer is alone."""
    amina = two.browser("amina")
    amina.press("unlock")
    with pytest.raises(CustodyRefused, match="any more"):
        IntakeLock().unlock(two.office.desk, two.office.signed_in("bartek"), "amina")
