"""A source takes the report back while the courier is at it: nothing is stuck, and who must know is told."""

import secrets
from collections.abc import Callable
from contextlib import closing
from typing import IO

import pytest

from journalist_interface.courier_rules import id_before, is_offered, read_page
from journalist_interface.door_client import DoorClient
from store.desk import parcels
from store.drop.intake import NewSource, SentForm, Submission
from store.drop.tables import erasing
from store.drop.withdrawing import Left, withdraw_source
from store.erasing import finish_erasing
from tests.courier.ground import TODAY, TOKEN, DeskGround, DropGround, new_source, run

WITHDRAWAL = b"a letter that takes the report back"


def withdraw(drop: DropGround, source: NewSource) -> tuple[Left, str]:
    """Take a source's report back, as the site does; return what is left, and the id of the letter that says so."""
    mark = secrets.token_bytes(32)
    forms = {left: SentForm(mark, secrets.token_bytes(32)) for left in Left}
    letter = Submission(secrets.token_hex(16), forms[Left.A_LETTER], TODAY, source, drop.publish(WITHDRAWAL), ())
    left = withdraw_source(drop.database, letter, forms, lambda submission: submission.encode("ascii"))
    if left is Left.NOTHING:
        drop.blobs.erase([letter.letter.id])
    finish_erasing(drop.database, erasing, drop.blobs)
    return left, letter.id


class Interrupted(DoorClient):
    """A real client; at a certain moment of its road something happens on the source host."""

    def __init__(self, url: str, when: str, happens: Callable[[], object]) -> None:
        super().__init__(url, TOKEN)
        self._when = when
        self._happens = happens

    def _pass(self, moment: str) -> None:
        if moment == self._when:
            self._when = ""
            self._happens()

    def list_waiting(self, after: str) -> bytes:
        """List; what happens afterwards is not in the list."""
        listed = super().list_waiting(after)
        self._pass("listed")
        return listed

    def fetch_blob(self, blob: str, size: int, sink: IO[bytes], say: Callable[[int], None]) -> None:
        """Fetch."""
        super().fetch_blob(blob, size, sink, say)
        self._pass("first part fetched")

    def confirm(self, document: bytes) -> bytes:
        """Confirm."""
        self._pass("before confirming")
        return super().confirm(document)


MOMENTS: dict[str, tuple[Left, int]] = {
    "listed": (Left.NOTHING, 0),
    "first part fetched": (Left.A_LETTER, 0),
    "before confirming": (Left.A_LETTER, 1),
}


@pytest.mark.parametrize("when", MOMENTS)
def test_a_withdrawal_in_the_middle_of_a_run_is_no_trouble(
    drop: DropGround, desk: DeskGround, url: str, when: str
) -> None:
    """Nothing is stuck, no problem is told of, and whoever holds a part of it is told that it was withdrawn."""
    left, stored = MOMENTS[when]
    source = new_source()
    first = drop.submit(b"letter", b"attachment" * 1000, source=source)
    done: list[tuple[Left, str]] = []
    report = run(desk, Interrupted(url, when, lambda: done.append(withdraw(drop, source))))
    assert (report.stored, report.problems) == (stored, [])
    [(found, letter)] = done
    assert found is left
    run(desk, DoorClient(url, TOKEN))
    with desk.database.reading() as connection:
        in_post = {parcel.submission for parcel in parcels.list_parcels(connection)}
    expected = ({first.id} if stored else set()) | ({letter} if left is Left.A_LETTER else set())
    assert in_post == expected
    assert drop.blobs.published() == set()
    assert drop.count("submissions") == drop.count("parts") == drop.count("erasing") == 0
    assert drop.count("sources") == (left is Left.A_LETTER)


def test_a_blob_that_is_offered_and_not_there_is_still_told(drop: DropGround, desk: DeskGround, url: str) -> None:
    """Only what is not offered any more was taken back; a file that is missing is somebody's fault."""
    lost = drop.submit(b"letter", source=new_source())
    whole = drop.submit(b"another letter")
    drop.blobs.path(lost.letter.id).unlink()
    report = run(desk, DoorClient(url, TOKEN))
    assert report.stored == 1
    assert ["404" in problem for problem in report.problems] == [True]
    with desk.database.reading() as connection:
        assert [parcel.submission for parcel in parcels.list_parcels(connection)] == [whole.id]


def test_the_cursor_before_a_submission_finds_it_again(drop: DropGround, url: str) -> None:
    """Also the very first that there can be."""
    drop.submit(b"one")
    drop.submit(b"two")
    with closing(DoorClient(url, TOKEN)) as door:
        page = read_page(door.list_waiting(""), "")
        for listed in page.submissions:
            before = id_before(listed.submission)
            assert is_offered(listed, read_page(door.list_waiting(before), before))
    assert (id_before("0" * 32), id_before("0" * 31 + "1"), id_before("1" + "0" * 31)) == ("", "0" * 32, "0" + "f" * 31)
