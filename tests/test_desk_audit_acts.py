"""What is recorded of letters, the intake key and files; and what cannot be recorded is not shown."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from journalist_interface.desk_app import create_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import CannotOpen, IntakeLocked
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_queue import look_at_post
from journalist_interface.post_reading import read_post
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.errors import NoRoom
from tests.desk_office import Office, sign_in, write_letter
from tests.recorded_acts import (
    attachment_ids,
    office_with_a_file,
    put_nonsense,
    reference,
    since,
    token,
    trail,
    unlocked,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with one case that has a file in it, and one letter in the post."""
    with office_with_a_file(tmp_path / "desk") as made:
        yield made


def test_the_key_locking_by_itself_is_recorded_once(office: Office) -> None:
    """By the timer, or by whoever asks too late, never by both; a button's record is another."""
    before = len(trail(office))
    lock, amina = unlocked(office, minutes=0.0001)
    for held in tuple(lock._unlocked.values()):
        held.timer.join(10)
    with pytest.raises(IntakeLocked):
        lock.passphrase(amina)
    assert since(office, before) == [("amina", "unlock", ""), ("amina", "lock", "by itself")]
    clock = [1000.0]
    late = IntakeLock(clock=lambda: clock[0])
    late.unlock(office.desk, amina)
    clock[0] += 15 * 60
    for _attempt in range(2):
        with pytest.raises(IntakeLocked):
            late.passphrase(amina)
    late.unlock(office.desk, amina)
    late.lock(office.desk, amina)
    assert [note for _actor, act, note in since(office, before + 2) if act == "lock"] == ["by itself", ""]


def test_a_look_into_the_queue_is_recorded(office: Office) -> None:
    """How many letters were read, once; a locked queue tells nothing and leaves no record."""
    look_at_post(office.desk, IntakeLock(), office.signed_in())
    before = len(trail(office))
    lock, amina = unlocked(office)
    for _page in range(3):
        assert len(look_at_post(office.desk, lock, amina, 60).previews) == 1
    office.deliver(write_letter(None))
    office.deliver(write_letter(None))
    look_at_post(office.desk, lock, amina, 60)
    assert since(office, before) == [("amina", "unlock", ""), ("amina", "queue", "1"), ("amina", "queue", "2")]


def test_reading_all_before_opening_all_is_recorded(office: Office) -> None:
    """Letters that "Open all" looks into and leaves to a person were read, too."""
    before = len(trail(office))
    lock, amina = unlocked(office)
    assert len(read_post(office.desk, lock, amina, None).previews) == 1
    assert since(office, before)[1:] == [("amina", "queue", "1")]


def test_a_letter_that_does_not_open_is_recorded(office: Office) -> None:
    """Who tried, and which submission; not what gpg said of it."""
    submission, before = put_nonsense(office), len(trail(office))
    lock, amina = unlocked(office)
    look_at_post(office.desk, lock, amina, 60)
    assert ("amina", "open-failed", submission) in since(office, before)
    with pytest.raises(CannotOpen):
        office.open(write_letter(None, submission=submission))


def test_a_colleagues_letter_that_somebody_tries_to_open_is_recorded(office: Office) -> None:
    """The page is that of no letter; the trail says who asked."""
    office.add("bartek")
    key = SecretKey(secrets.token_bytes(96)).public
    office.open(office.deliver(write_letter(key)))
    further = office.deliver(write_letter(key))
    app = create_desk(office.folder)
    client = app.test_client()
    sign_in(client, office, "bartek")
    form = token(client)
    client.post("/post/unlock", data=form)
    before = len(trail(office))
    answer = client.post("/post/open", data=form | {"submission": further.submission, "cleared": "bartek"})
    assert answer.status_code == 404
    app.extensions[CLOSE]()
    assert ("bartek", "open-failed", further.submission) in since(office, before)


def test_a_download_names_the_file_by_its_id_alone(office: Office) -> None:
    """Whoever reads the trail is not cleared for the file's name."""
    [attachment] = attachment_ids(office)
    start_download(office.desk, office.signed_in(), reference(office), attachment)
    last = trail(office)[-1]
    assert (last.act, last.case_reference, last.note) == ("download", reference(office), attachment)
    assert not [record for record in trail(office) if "hale" in repr(record)]


@contextmanager
def no_room_for_records(office: Office) -> Iterator[None]:
    """Let every record find the disk full."""
    with office.desk.database.reading() as connection:
        engine = connection.engine

    def refuse(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO audit"):
            raise NoRoom

    event.listen(engine, "before_cursor_execute", refuse)
    yield
    event.remove(engine, "before_cursor_execute", refuse)


def test_what_cannot_be_recorded_is_not_shown(office: Office) -> None:
    """On a full disk the queue stays closed; with room again it is read, and that is recorded."""
    lock, amina = unlocked(office)
    with no_room_for_records(office):
        queue = look_at_post(office.desk, lock, amina, 60)
    assert (queue.has_room, queue.previews, queue.unread) == (False, (), 1)
    before = len(trail(office))
    assert len(look_at_post(office.desk, lock, amina, 60).previews) == 1
    assert since(office, before) == [("amina", "queue", "1")]


def test_the_key_locks_by_itself_even_if_that_cannot_be_recorded(office: Office) -> None:
    """A full disk keeps no key in memory."""
    clock = [1000.0]
    lock, amina = IntakeLock(clock=lambda: clock[0]), office.signed_in()
    lock.unlock(office.desk, amina)
    clock[0] += 15 * 60
    with no_room_for_records(office), pytest.raises(IntakeLocked):
        lock.passphrase(amina)
    assert lock._unlocked == {}
