"""One harm stays one: an altered number, a file that goes, a thread that does not start take nothing else with them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_page import read_case
from journalist_interface.downloading import start_download
from journalist_interface.errors import AttachmentGone
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening_round import OpeningRounds
from journalist_interface.page_words import moment
from store.desk.items import attachments_of
from tests.desk_office import Office, new_office, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.mark.parametrize("number", [10**17, -(10**17), 2**63 - 1])
def test_a_number_that_is_no_time_stays_a_number(number: int) -> None:
    """A page with one such row is shown."""
    assert moment(number) == str(number)
    assert moment(0) == "1970-01-01 00:00"


def test_a_file_that_goes_before_its_first_byte_is_gone(office: Office) -> None:
    """The page says so, as it does for one that was not there when it was looked for."""
    reference = office.open(office.deliver(write_letter(None), {"a.pdf": b"x"}))
    case = read_case(office.desk, office.signed_in(), reference).case
    with office.desk.database.reading() as connection:
        [name] = attachments_of(connection, case.row.id)
    download = start_download(office.desk, office.signed_in(), reference, name)
    office.desk.vault.path(name).unlink()
    with pytest.raises(AttachmentGone):
        download.pieces()


def test_a_round_that_cannot_start_bars_no_later_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no thread to be had nothing counts as running."""
    monkeypatch.setattr(IntakeLock, "passphrase", lambda *_: office.passphrase())
    rounds = OpeningRounds(office.desk, IntakeLock())

    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as few:
        few.setattr(threading.Thread, "start", none_left)
        with pytest.raises(RuntimeError):
            rounds.start(office.signed_in())
    assert rounds.progress("amina") is None
    rounds.start(office.signed_in())
    progress = rounds.progress("amina")
    assert progress is not None
    assert not progress.running
