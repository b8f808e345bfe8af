"""What many cases weigh and cost: `python -m bench.many_cases [--cases 5000]`.

How far the database grows with each case, padded as everything in it is, and how long it takes to show a page of the
list, and to open every card, as the first list of a session does. Nothing is asserted.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from journalist_interface.acknowledgement import acknowledgement
from journalist_interface.case_card import Card
from journalist_interface.case_documents import LetterDocument, NoteDocument, ReplyDocument, StatusDocument
from journalist_interface.case_list import read_case_list
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter
from journalist_interface.desk_folder import Desk, DeskPaths
from journalist_interface.sending import Recipient, keep_item
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.case_names import draw_case_name, draw_case_reference
from keys.hpke import SecretKey
from keys.letter import Answer
from keys.reply import reply_address
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.blobs import BlobFolder, new_blob_id
from store.database import open_database
from store.desk.cases import RECOVERY_HOLDER, NewCase, add_case
from store.desk.items import ItemKind
from store.folder import make_private_folder

_AT_ONCE = 250  # cases to a transaction
_MESSAGE = "He looks people up on the computer and sells what he finds. " * 20
_LETTER = LetterDocument("2026-11-20", ("money",), (Answer("q-danger", "yes"),), _MESSAGE, "Sergeant Blunt", ())
_TIMELINE = (
    (ItemKind.LETTER, _LETTER),
    (ItemKind.REPLY, ReplyDocument("", acknowledgement())),
    (ItemKind.NOTE, NoteDocument("amina", "I know the station. " * 5)),
    (ItemKind.STATUS, StatusDocument("amina", "closed", "Nothing more can be done.")),
)


def open_scratch_desk(folder: Path) -> Desk:
    """Return a desk without an intake key: nothing is collected here."""
    paths = DeskPaths(make_private_folder(folder))
    database = open_database(paths.database, "store.desk.migrations")
    return Desk(paths, database, BlobFolder(paths.post), BlobFolder(paths.vault), "")


def add_cases(desk: Desk, readers: dict[str, bytes], count: int) -> None:
    """Make so many cases of four items each, sealed to the readers as an opening does."""
    for first in range(0, count, _AT_ONCE):
        with desk.database.writing() as connection:
            for number in range(first, min(count, first + _AT_ONCE)):
                key, case_id = CaseKey.draw(), new_blob_id()
                reply_key = number.to_bytes(len(readers[RECOVERY_HOLDER]))
                address = reply_address(reply_key)
                card = Card(draw_case_name(), ("money",), 1, danger=False, source=address)
                case = NewCase(
                    id=case_id,
                    reference=draw_case_reference(),
                    address=address,
                    reply_key=reply_key,
                    status="being-read",
                    changed_at=1_790_000_000 + number,
                    sealed_card=card.seal(key, case_id),
                    sealed_keys={name: key.seal_to(public, case_id) for name, public in readers.items()},
                )
                add_case(connection, case)
                to = Recipient(case_id, key, case.address, case.reply_key)
                for kind, document in _TIMELINE:
                    keep_item(connection, to, new_blob_id(), kind, document)


def milliseconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes, the best of three."""
    best = float("inf")
    for _time in range(3):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return 1000 * best


def main() -> None:
    """Make the cases, and print a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5_000)
    count = parser.parse_args().cases
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as scratch:
        desk = open_scratch_desk(Path(scratch) / "desk")
        amina = SignedIn("amina", ReviewerSecret.draw().key(), SessionToken.draw())
        desk.database.leave_no_trace()
        before = desk.paths.database.stat().st_size
        publics = {name: SecretKey(ReviewerSecret.draw().seed).public for name in ("bartek", RECOVERY_HOLDER)}
        add_cases(desk, {"amina": amina.key.public, **publics}, count)
        desk.database.leave_no_trace()
        grown = desk.paths.database.stat().st_size - before
        board = Board()
        board.look(desk, amina)
        page = milliseconds(lambda: read_case_list(desk, board, amina, Filter(), 1))
        last = milliseconds(lambda: read_case_list(desk, board, amina, Filter(), 1 << 30))
        cards = milliseconds(lambda: Board().look(desk, amina))
        desk.database.close()
    print("| cases | a case in the database | a page of 50, the first and the last | every card opened | a card |")
    print("|---|---|---|---|---|")
    weight = f"{grown / count / 1024:.0f} KiB"
    print(f"| {count:,} | {weight} | {page:.0f} ms, {last:.0f} ms | {cards / 1000:.1f} s | {cards / count:.2f} ms |")


if __name__ == "__main__":
    main()
