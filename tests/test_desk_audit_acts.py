"""What is recorded, and that a record and its act are committed together: both, or neither."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text

from journalist_interface.case_page import read_case
from journalist_interface.desk_app import create_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import CannotOpen, IntakeLocked
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_queue import look_at_post
from journalist_interface.post_reading import note_problem, read_post
from journalist_interface.sessions import sign_in as begin_session
from journalist_interface.throttle import Throttle
from journalist_interface.writing import write_note, write_reply, write_status
from keys.hpke import SecretKey
from serving.server import CLOSE
from store.blobs import new_blob_id
from store.desk.audit import Record
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from store.desk.case_tables import attachments
from store.desk.parcels import Parcel, ParcelPart, list_parcels, mark_problem, put_parcel
from store.desk.tables import metadata
from store.errors import NoRoom
from tests.desk_office import PASSWORD, Office, new_office, sign_in, write_letter

# Later than the letters', so that they are opened first.
NO_LETTERS_DAY = "2026-11-24"


class Crash(BaseException):
    """What a test raises where a process might die. Not an Exception: nothing may take it for an error."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with one case that has a file in it, and one letter in the post."""
    with new_office(tmp_path / "desk") as made:
        made.open(made.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public), {"hale.pdf": b"a"}))
        made.deliver(write_letter(None))
        yield made


def trail(office: Office) -> list[Record]:
    """Every record, of a trail that is whole."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        return [link.record for link in read_trail(connection, Wanted())]


def since(office: Office, number: int) -> list[tuple[str, str, str]]:
    """Actor, act and note of every record after so many."""
    return [(record.actor, record.act, record.note) for record in trail(office)[number:]]


def everything(office: Office) -> dict[str, list[Any]]:
    """Every row of every table."""
    with office.desk.database.reading() as connection:
        return {
            # As SQLite has them: the types of columns hide what is sealed.
            name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")).all()))  # noqa: S608
            for name in metadata.tables
        }


def put_nonsense(office: Office) -> str:
    """Put something into the post that opens to no letter; return its submission id."""
    blob, submission = office.seal(b"no letter"), new_blob_id()
    part = ParcelPart(blob.id, "letter", blob.size, blob.sha256)
    put_parcel(office.desk.database, Parcel(submission, NO_LETTERS_DAY, NO_LETTERS_DAY, None, (part,)))
    return submission


def reference(office: Office) -> str:
    """The reference of the case."""
    return next(record.case_reference for record in trail(office) if record.act == "open") or ""


def unlocked(office: Office, minutes: float = 15) -> tuple[IntakeLock, Any]:
    """A lock, unlocked by amina."""
    lock, amina = IntakeLock(minutes=minutes), office.signed_in()
    lock.unlock(office.desk, amina)
    return lock, amina


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


def attachment_ids(office: Office) -> list[str]:
    """The ids of the case's attachments."""
    with office.desk.database.reading() as connection:
        return list(connection.execute(attachments.select()).scalars())


def token(client: FlaskClient) -> dict[str, str]:
    """The field that every form carries."""
    page = client.get("/post").text
    return {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}


@contextmanager
def dying(office: Office, moment: str) -> Iterator[None]:
    """Die at a moment of the next transaction that records something."""
    with office.desk.database.reading() as connection:
        engine = connection.engine
    recorded = [False]

    def before(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO audit"):
            recorded[0] = True
            if moment == "before the record":
                raise Crash

    def after(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO audit") and moment == "after the record":
            raise Crash

    def commit(_c: object) -> None:
        if recorded[0] and moment == "before the commit":
            raise Crash

    heard = (("before_cursor_execute", before), ("after_cursor_execute", after), ("commit", commit))
    for name, listener in heard:
        event.listen(engine, name, listener)
    try:
        with pytest.raises(Crash):
            yield
    finally:
        for name, listener in heard:
            event.remove(engine, name, listener)


def open_next(office: Office) -> None:
    """Open the letter that waits."""
    with office.desk.database.reading() as connection:
        waiting = next(parcel for parcel in list_parcels(connection) if parcel.problem is None)
    office.open(write_letter(None, submission=waiting.submission))


def look_at_nonsense(office: Office) -> None:
    """Try a letter that does not open."""
    with office.desk.database.reading() as connection:
        [parcel] = [each for each in list_parcels(connection) if each.day == NO_LETTERS_DAY]
    note_problem(office.desk, office.signed_in(), parcel, CannotOpen("It is no letter."))


ACTS: dict[str, tuple[str, Callable[[Office], object]]] = {
    "signing in": (
        "sign-in", lambda office: begin_session(office.desk, Throttle(), "amina", PASSWORD, office.code())
    ),
    "unlocking": ("unlock", lambda office: IntakeLock().unlock(office.desk, office.signed_in())),
    "opening": ("open", open_next),
    "failing to open": ("open-failed", look_at_nonsense),
    "reading": ("read", lambda office: read_case(office.desk, office.signed_in(), reference(office))),
    "downloading": (
        "download",
        lambda office: start_download(office.desk, office.signed_in(), reference(office), attachment_ids(office)[0]),
    ),
    "replying": (
        "reply",
        lambda office: write_reply(office.desk, office.signed_in(), reference(office), "ab" * 16, "Thanks.", ["Who?"]),
    ),
    "setting a status": (
        "status",
        lambda office: write_status(
            office.desk, office.signed_in(), reference(office), "cd" * 16, "closed", "Done.", untrusted_outcome="misuse"
        ),
    ),
    "noting": (
        "note", lambda office: write_note(office.desk, office.signed_in(), reference(office), "ef" * 16, "Ask Cleo.")
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ACTS)
@pytest.mark.parametrize("moment", ["before the record", "after the record", "before the commit"])
def test_a_record_and_its_act_are_committed_together(office: Office, what: str, moment: str) -> None:
    """A death between the two leaves neither; then the act is done, and both are there."""
    act, do = ACTS[what]
    put_nonsense(office)
    before, records = everything(office), len(trail(office))
    with dying(office, moment):
        do(office)
    assert everything(office) == before
    do(office)
    assert act in [name for _actor, name, _note in since(office, records)]
    assert everything(office) != before


PAGES = {
    "a wish to collect": ("/post/collect", "collect"),
    "a letter put back into the queue": ("/post/retry", "retry"),
    "signing out": ("/sign-out", "sign-out"),
}


@pytest.mark.parametrize("what", PAGES)
@pytest.mark.parametrize("moment", ["before the record", "after the record", "before the commit"])
def test_so_are_those_of_a_button(office: Office, what: str, moment: str) -> None:
    """The same for what a form does; the desk's own connections die."""
    submission = put_nonsense(office)
    with office.desk.database.writing() as connection:
        mark_problem(connection, submission, "It is no letter.")
    app = create_desk(office.folder)
    served = Office(app.extensions["candour_desk"].desk, office.secrets, office.recovery)
    client = app.test_client()
    sign_in(client, office)
    form = token(client) | {"submission": submission}
    path, act = PAGES[what]
    before, records = everything(office), len(trail(office))
    with dying(served, moment):
        client.post(path, data=form)
    assert everything(office) == before
    assert client.post(path, data=form).status_code == 303
    # Which letter was put back is told: somebody may have the same one put back again and again.
    note = submission if act == "retry" else ""
    assert (act, note) in [(name, note) for _actor, name, note in since(office, records)]
    assert everything(office) != before
    app.extensions[CLOSE]()


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
