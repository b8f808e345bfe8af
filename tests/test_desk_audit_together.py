"""A record and its act are committed together: a death at any moment leaves both, or neither."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from journalist_interface.case_page import read_case
from journalist_interface.desk_app import create_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import CannotOpen
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_reading import note_problem
from journalist_interface.sessions import sign_in as begin_session
from journalist_interface.throttle import Throttle
from journalist_interface.writing import write_note, write_reply, write_status
from serving.server import CLOSE
from store.desk.parcels import list_parcels, mark_problem
from store.desk.tables import metadata
from tests.desk_office import PASSWORD, Office, sign_in, write_letter
from tests.recorded_acts import (
    NO_LETTERS_DAY,
    attachment_ids,
    office_with_a_file,
    put_nonsense,
    reference,
    since,
    token,
    trail,
)


class Crash(BaseException):
    """What a test raises where a process might die. Not an Exception: nothing may take it for an error."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with one case that has a file in it, and one letter in the post."""
    with office_with_a_file(tmp_path / "desk") as made:
        yield made


def everything(office: Office) -> dict[str, list[Any]]:
    """Every row of every table."""
    with office.desk.database.reading() as connection:
        return {
            # As SQLite has them: the types of columns hide what is sealed.
            name: sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")).all()))  # noqa: S608
            for name in metadata.tables
        }


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
