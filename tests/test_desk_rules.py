"""The desk's rules that need no page: throttling, the intake lock, names, sizes, the list's cost."""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.case_card import Card
from journalist_interface.case_documents import StoredAttachment
from journalist_interface.csrf import form_token, is_form_of
from journalist_interface.errors import IntakeLocked, TryLater
from journalist_interface.gpg_words import why_unopened
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.page_words import byte_size
from journalist_interface.throttle import FREE_ATTEMPTS, LONGEST_WAIT, MOST_AT_ONCE, Throttle
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.session_seal import SessionToken
from serving.file_names import content_disposition, safe_name
from store.desk.cases import cases_since, count_cases
from store.plain_text import plain_name
from tests.desk_office import Office, new_office, write_letter
from tests.query_plans import plans_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_throttling_slows_and_never_locks_out() -> None:
    """Five free attempts, then waits that grow to thirty seconds and no further; others are not held up."""
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_ATTEMPTS):
        throttle.begin("amina")
    waits = []
    for _ in range(8):
        with pytest.raises(TryLater) as refused:
            throttle.begin("amina")
        waits.append(refused.value.seconds)
        throttle.begin(f"somebody-{len(waits)}")
        clock.now += refused.value.seconds
        throttle.begin("amina")
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
    throttle.succeeded("amina")
    throttle.begin("amina")


def test_throttling_bounds_all_accounts_together() -> None:
    """Trying a name once each is no way round: one a second, when the first sixty are used up."""
    clock = Clock()
    throttle = Throttle(clock)
    for number in range(MOST_AT_ONCE):
        throttle.begin(f"name-{number}")
    for _second in range(3):
        with pytest.raises(TryLater) as refused:
            throttle.begin("amina")
        assert refused.value.seconds == 1
        clock.now += 1
        throttle.begin("amina")


def test_a_flood_of_throw_away_names_locks_nobody_out() -> None:
    """Its owner, who tries when told to, is let in within a minute, though four others try at every moment."""
    clock, draw = Clock(), random.Random(1)
    throttle = Throttle(clock)
    for number in range(10_000):
        with suppress(TryLater):
            throttle.begin(f"flood-{number}")
    let_in: list[str] = []
    for second in range(60):
        clock.now += 1
        asking = ["amina", *(f"flood-{second}-{number}" for number in range(4))]
        draw.shuffle(asking)
        let_in.clear()
        for name in asking:
            with suppress(TryLater):
                throttle.begin(name)
                let_in.append(name)
        assert len(let_in) == 1
        if let_in == ["amina"]:
            break
    assert let_in == ["amina"]


def test_a_flood_at_the_door_holds_up_nobody_inside() -> None:
    """Who is signed in proves it anew as ever; and guesses as slowly as ever, by a count of their own name."""
    throttle = Throttle(Clock())
    for number in range(MOST_AT_ONCE):
        throttle.begin(f"name-{number}")
    for _attempt in range(FREE_ATTEMPTS):
        throttle.begin("amina", is_stranger=False)
    with pytest.raises(TryLater):
        throttle.begin("amina", is_stranger=False)


def test_who_guesses_under_a_name_does_not_hold_up_its_owner_at_work() -> None:
    """Nor somebody with a link: what strangers try counts for strangers alone, and a success clears both."""
    throttle = Throttle(Clock())
    for _attempt in range(FREE_ATTEMPTS):
        throttle.begin("amina")
    with pytest.raises(TryLater):
        throttle.begin("amina")
    throttle.begin("amina", is_stranger=False)
    throttle.succeeded("amina")
    throttle.begin("amina")


def test_the_intake_key_locks_by_itself(office: Office) -> None:
    """It is one session's; it ends by the clock for whoever asks, and by a timer even if nobody asks."""
    clock = Clock()
    lock = IntakeLock(clock=clock)
    amina = office.signed_in()
    lock.unlock(office.desk, amina)
    assert lock.passphrase(amina) == office.passphrase()
    with pytest.raises(IntakeLocked):
        lock.passphrase(office.signed_in())
    clock.now += 15 * 60
    with pytest.raises(IntakeLocked):
        lock.passphrase(amina)
    short = IntakeLock(minutes=0.0001)
    short.unlock(office.desk, amina)
    for held in tuple(short._unlocked.values()):
        held.timer.join(10)
    assert short._unlocked == {}


@given(st.text(max_size=300))
def test_any_name_is_safe_to_save_and_to_show(name: str) -> None:
    """No path, no control or direction character, no header break; never empty, never hidden."""
    safe = safe_name(name)
    assert safe
    assert safe[0] != "."
    assert not set(safe) & set('/\\:*?"<>|\r\n\x00\u202e')
    assert len(safe) <= 120
    header = content_disposition(safe)
    assert header.isascii()
    assert header.count('"') == 2
    assert not set(plain_name(name)) & set("\r\n\x00\u202e\u2066")


@pytest.mark.parametrize("name", ["report.pdf", "été 2026.jpg", "a'b (1).tar.gz", "100% sure.docx"])
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    """The file is saved under the source's own name."""
    assert safe_name(name) == name


def test_sizes_are_spoken_as_people_do() -> None:
    """Bytes, then decimal units."""
    assert [byte_size(size) for size in (1, 999, 1_000, 61_234_567, 999_960_000, 1 << 40)] == [
        "1 byte",
        "999 bytes",
        "1.0 KB",
        "61.2 MB",
        "1.0 GB",
        "1.1 TB",
    ]


def test_a_form_token_belongs_to_one_session() -> None:
    """Another session's token, or none, is refused."""
    mine, other = SessionToken.draw(), SessionToken.draw()
    assert is_form_of(mine, form_token(mine))
    assert not is_form_of(mine, form_token(other))
    assert not is_form_of(mine, "")
    assert mine.cookie() not in form_token(mine)


def test_a_card_opens_in_its_own_case_only() -> None:
    """A card moved to another case, even under the same key, does not open."""
    key = CaseKey.draw()
    sealed = Card("Amber Otter", ("money",), 1, danger=True, source="").seal(key, "a" * 32)
    assert Card.open(key, "a" * 32, sealed) == Card("Amber Otter", ("money",), 1, danger=True, source="")
    with pytest.raises(SealBroken):
        Card.open(key, "b" * 32, sealed)


def test_nothing_secret_is_in_a_repr() -> None:
    """What a traceback could print holds no file name."""
    assert "hale.pdf" not in repr(StoredAttachment("", "hale.pdf", "hale.pdf", 1, "0" * 64))


def test_gpgs_words_become_sentences() -> None:
    """The usual causes are said plainly; anything else in gpg's own words without its noise."""
    assert "altered" in why_unopened("gpg: error getting version from 'scdaemon'; gpg: WARNING: ... manipulated!")
    assert "another key" in why_unopened("gpg: decryption failed: No secret key")
    assert why_unopened("gpg: scdaemon; gpg: odd") == "GnuPG says: gpg: odd"


def test_a_look_reads_what_is_new_and_no_more(office: Office) -> None:
    """SQLite searches in the holder's stamps; counting needs the index alone."""
    office.open(office.deliver(write_letter(None)))
    with office.desk.database.reading() as connection, plans_of(connection) as plans:
        assert cases_since(connection, "amina", 1_000) == []
        assert count_cases(connection, "amina") == 1
    looking, counting = plans
    assert looking == (
        "SEARCH clearances USING INDEX clearances_by_stamp (holder=? AND stamp>?)\n"
        "SEARCH cases USING PRIMARY KEY (id=?)"
    )
    assert "USING COVERING INDEX" in counting


def test_refused_attempts_cost_no_memory_and_push_nobody_out() -> None:
    """Names of any length, by the thousand, leave nothing behind once all together are too many."""
    now = [1000.0]
    throttle = Throttle(lambda: now[0])
    for _attempt in range(FREE_ATTEMPTS):
        throttle.begin("amina")
    for number in range(5_000):
        with suppress(TryLater):
            throttle.begin(f"{number}" * 50_000 if number % 100 == 0 else str(number))
    now[0] += 0.5
    assert len(throttle._accounts) <= MOST_AT_ONCE
    assert all(len(name) <= 64 for name in throttle._accounts)
    with pytest.raises(TryLater):
        throttle.begin("amina")
