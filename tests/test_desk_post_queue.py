"""The queue of the post: what was opened is gone, who may be hurt comes first, a note concerns a whole source."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_preview import Preview, place_in_queue
from journalist_interface.post_queue import look_at_post
from keys.hpke import SecretKey
from keys.letter import Answer
from tests.desk_office import DAY, Office, new_office, write_letter
from tests.desk_person import page_of


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def source_key() -> SecretKey:
    """Return a source's reply key."""
    return SecretKey(secrets.token_bytes(96))


def test_the_queue_follows_what_was_opened(office: Office, source_key: SecretKey) -> None:
    """A letter read in the queue before its source had a case belongs there afterwards, or is a colleague's."""
    office.add("bartek")
    first, second = (office.deliver(write_letter(source_key.public)) for _ in range(2))
    lock = IntakeLock()
    amina, bartek = office.signed_in(), office.signed_in("bartek")
    for officer in (amina, bartek):
        lock.unlock(office.desk, officer)
        assert [preview.case for preview in look_at_post(office.desk, lock, officer).previews] == ["", ""]
    reference = office.open(first)
    [seen] = look_at_post(office.desk, lock, amina).previews
    assert seen.case == page_of(office, reference).case.card.name
    walled = look_at_post(office.desk, lock, bartek)
    assert (walled.previews, walled.waiting, walled.unread, walled.since) == ((), 0, 0, "")
    assert seen.submission == second.submission


def test_the_queue_puts_those_who_may_be_hurt_first(office: Office) -> None:
    """Danger, perhaps danger, abuse of a partner or for sex, any other topic, none."""
    told: dict[str, tuple[str, tuple[str, ...]]] = {
        "none": ("no", ()),
        "money": ("no", ("money", "hate")),
        "partner": ("no", ("money", "partner")),
        "sexual": ("no", ("sexual",)),
        "not sure, none": ("not-sure", ()),
        "not sure, sexual": ("not-sure", ("sexual",)),
        "danger, money": ("yes", ("money",)),
        "danger, partner": ("yes", ("partner",)),
    }
    names = {}
    for name, (danger, topics) in told.items():
        letter = office.deliver(write_letter(None, topics=topics, answers=(Answer("q-danger", danger),)))
        names[letter.submission] = name
    lock, amina = IntakeLock(), office.signed_in()
    lock.unlock(office.desk, amina)
    queue = [names[preview.submission] for preview in look_at_post(office.desk, lock, amina, 60).previews]
    near = {"partner", "sexual"}
    assert queue[:4] == ["danger, partner", "danger, money", "not sure, sexual", "not sure, none"]
    assert set(queue[4:6]) == near
    assert queue[6:] == ["money", "none"]


def test_in_the_queue_older_comes_first() -> None:
    """Among letters that are alike, by the day they were collected."""
    older, newer = Preview("b" * 32, "2026-11-19", topics=("partner",)), Preview("a" * 32, DAY, topics=("sexual",))
    assert sorted([newer, older], key=place_in_queue) == [older, newer]


def test_a_note_concerns_every_letter_of_its_source(office: Office, source_key: SecretKey) -> None:
    """Who writes twice may say once whom it must not reach: the letter opened first would clear that person."""
    noted = office.deliver(write_letter(source_key.public, must_not_reach="bartek"))
    silent = office.deliver(write_letter(source_key.public, must_not_reach=""))
    stranger = office.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public, must_not_reach=""))
    lock, officer = IntakeLock(), office.signed_in()
    lock.unlock(office.desk, officer)
    queue = look_at_post(office.desk, lock, officer, seconds=30)
    notes = {preview.submission: preview.must_not_reach for preview in queue.previews}
    assert notes == {noted.submission: "bartek", silent.submission: "bartek", stranger.submission: ""}


def test_a_note_in_a_further_letter_says_who_can_read_the_case_already(office: Office, source_key: SecretKey) -> None:
    """The officer must know that the person named may be among them."""
    office.add("bartek")
    office.open(office.deliver(write_letter(source_key.public, must_not_reach="")), cleared=("amina", "bartek"))
    office.deliver(write_letter(source_key.public, must_not_reach="bartek"))
    lock, officer = IntakeLock(), office.signed_in()
    lock.unlock(office.desk, officer)
    (preview,) = look_at_post(office.desk, lock, officer, seconds=30).previews
    assert preview.cleared == ("amina", "bartek")
