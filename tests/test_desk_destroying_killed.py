"""Destroying a case and dying on the way: wholly there or wholly gone, and after the next start nothing half-left."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from journalist_interface import after_destruction
from journalist_interface.case_page import read_case
from journalist_interface.casework import destruction
from journalist_interface.casework.destruction import agree_to_end, end_case
from journalist_interface.checking import check_desk
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk
from journalist_interface.downloading import start_download
from keys.hpke import SecretKey
from store import database as store_database
from store.blobs import BlobFolder
from store.desk import destroying
from store.desk.case_tables import cases, clearances
from store.desk.destroyed_list import read_list
from store.desk.outbox import Kind, waiting_deliveries
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter
from tests.ended_case import close_and_wait, requests

FILES = {"a.pdf": b"a" * 90_000, "b.pdf": b"b"}


class Crash(BaseException):
    """What a test raises where a process might die. Not an Exception: nothing may take it for an error."""


# Where it dies; and whether the case is there afterwards.
STEPS: dict[str, tuple[object, str, bool]] = {
    "before anything": (destruction, "destroy_case", True),
    "before the source host is told": (destroying, "add_withdrawal", True),
    "between the withdrawals and the word": (destroying, "add_status", True),
    "before the files are noted": (destroying, "note_erasing", True),
    "before the rows go": (destroying, "delete", True),
    "after the rows, before the record": (destruction, "record_act", True),
    "before the files go": (after_destruction, "finish_erasing", False),
    "in the middle of the files": (BlobFolder, "erase", False),
    "before the list of destroyed cases": (after_destruction, "bring_up_to_date", False),
    "before the log is emptied": (after_destruction, "empty_log", False),
    "while it is emptied": (store_database, "_empty_log", False),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a reader besides amina, and a supervisor."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "sue": (Role.SUPERVISOR,)}) as made:
        yield made


@pytest.fixture
def asked(office: Office) -> tuple[str, str]:
    """A case whose time is over, and the request that sue was asked."""
    source = SecretKey(bytes(range(96)))
    reference = office.open(office.deliver(write_letter(source.public), FILES), cleared=("amina", "ben"))
    close_and_wait(office, reference)
    assert not end_case(office.desk, office.signed_in("ben"), reference, "sue")
    [request] = requests(office, "sue")
    return reference, request


def started_again(office: Office) -> Office:
    """The desk after a new start."""
    office.desk.database.close()
    again = Office(open_desk(office.folder), office.secrets, office.recovery)
    clear_desk_leftovers(again.desk)
    return again


def is_wholly_there(office: Office, reference: str) -> bool:
    """Whether a case can be read and its files taken; else nothing of it may be left. Nothing between the two."""
    with office.desk.database.reading() as connection:
        there = connection.execute(select(cases.c.id)).scalars().all()
        keys = connection.execute(select(clearances.c.case_id)).scalars().all()
        kinds = [each.kind for each in waiting_deliveries(connection, 100)]
    if there:
        page = read_case(office.desk, office.signed_in(), reference)
        assert not page.lacks_a_part
        assert page.gone == frozenset()
        for attachment in office.vault_files():
            assert b"".join(start_download(office.desk, office.signed_in(), reference, attachment).pieces())
        assert len(keys) == 3
        assert Kind.WITHDRAW not in kinds
        assert read_list(office.desk.paths.destroyed) == {}
    else:
        assert keys == []
        assert office.vault_files() == set()
        assert kinds[-1] is Kind.STATUS
        assert set(kinds[:-1]) == {Kind.WITHDRAW}
        assert read_list(office.desk.paths.destroyed).keys() == {reference}
        log = office.desk.paths.database.with_name("desk.sqlite-wal")
        assert not log.exists() or log.stat().st_size == 0
    assert office.desk.vault.published() == office.vault_files()
    return bool(there)


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_leaves_it_whole_or_gone(
    office: Office, asked: tuple[str, str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """After a new start; and where it is whole, the very same request can still be agreed to."""
    reference, request = asked
    module, name, stays = STEPS[step]

    def crash(*_arguments: object, **_more: object) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(module, name, crash)
        with pytest.raises(Crash):
            agree_to_end(office.desk, office.signed_in("sue"), request)
    again = started_again(office)
    assert is_wholly_there(again, reference) is stays
    if stays:
        agree_to_end(again.desk, again.signed_in("sue"), request)
        assert not is_wholly_there(again, reference)
    assert [each.sentence for each in check_desk(again.folder) if not each.sound] == []
    again.desk.database.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from journalist_interface import after_destruction
from journalist_interface.casework import destruction
from journalist_interface.desk_folder import open_desk
from journalist_interface.sessions import SignedIn
from keys.hpke import SecretKey
from keys.session_seal import SessionToken

def die(*_arguments, **_more):
    os.kill(os.getpid(), signal.SIGKILL)

desk = open_desk(Path(sys.argv[1]))
there = destruction if sys.argv[3] == "record_act" else after_destruction
assert hasattr(there, sys.argv[3])
setattr(there, sys.argv[3], die)
sue = SignedIn("sue", SecretKey(sys.stdin.buffer.read()), SessionToken.draw())
destruction.agree_to_end(desk, sue, sys.argv[2])
"""


@pytest.mark.parametrize(("name", "stays"), [("record_act", True), ("finish_erasing", False), ("empty_log", False)])
def test_kill_9_leaves_it_whole_or_gone(office: Office, asked: tuple[str, str], name: str, stays: bool) -> None:
    """A process of its own, killed for real: before the commit, and after it."""
    reference, request = asked
    office.desk.database.close()
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(office.folder), request, name],
        input=office.secrets["sue"].seed,
        check=False,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ},
    )
    assert died.returncode == -signal.SIGKILL
    again = started_again(office)
    assert is_wholly_there(again, reference) is stays
    assert [each.sentence for each in check_desk(again.folder) if not each.sound] == []
    again.desk.database.close()


@pytest.mark.parametrize("name", ["finish_erasing", "bring_up_to_date"])
def test_what_cannot_be_done_after_the_commit_is_done_at_the_next_start(
    office: Office, asked: tuple[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A disk that fails: whoever agreed is told that it is done, for nothing opens what is left."""
    reference, request = asked

    def refuse(*_arguments: object) -> None:
        raise OSError("the disk fails")

    with monkeypatch.context() as broken:
        broken.setattr(after_destruction, name, refuse)
        agree_to_end(office.desk, office.signed_in("sue"), request)
    again = started_again(office)
    assert not is_wholly_there(again, reference)
    again.desk.database.close()
