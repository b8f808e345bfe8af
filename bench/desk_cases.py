"""Cases for the benchmarks of the desk: sealed as an opening does it, four in five of them closed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from journalist_interface.acknowledgement import acknowledgement
from journalist_interface.case_card import Card
from journalist_interface.case_documents import LetterDocument, NoteDocument, ReplyDocument, StatusDocument
from journalist_interface.casework.case_links import CaseLink, LinkKind, Stand
from journalist_interface.casework.clocks import note_clocks
from journalist_interface.casework.work import NO_WORK, Priority, Work
from journalist_interface.desk_folder import Desk, DeskPaths
from journalist_interface.sending import Recipient, keep_item
from keys.case_key import CaseKey
from keys.case_names import draw_case_name, draw_case_reference
from keys.letter import Answer
from keys.reply import reply_address
from store.blobs import BlobFolder, new_blob_id
from store.database import open_database
from store.desk.cases import RECOVERY_HOLDER, NewCase, add_case
from store.desk.items import ItemKind
from store.folder import make_private_folder

_CLOSED_IN = 5  # four of five
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
    return Desk(paths, database, BlobFolder(paths.post), BlobFolder(paths.vault), BlobFolder(paths.outgoing), "")


def add_cases(desk: Desk, readers: dict[str, bytes], count: int) -> None:
    """Make so many cases of four items each, sealed to the readers as an opening does."""
    for first in range(0, count, _AT_ONCE):
        with desk.database.writing() as connection:
            for number in range(first, min(count, first + _AT_ONCE)):
                key, case_id = CaseKey.draw(), new_blob_id()
                reply_key = number.to_bytes(len(readers[RECOVERY_HOLDER]))
                address = reply_address(reply_key)
                is_closed = number % _CLOSED_IN > 0
                card = Card(
                    draw_case_name(),
                    ("money",),
                    0,
                    danger=number % 97 == 0,
                    source=address,
                    work=_work(number, is_closed),
                )
                case = NewCase(
                    id=case_id,
                    reference=draw_case_reference(),
                    address=address,
                    reply_key=reply_key,
                    status="closed" if is_closed else "being-read",
                    changed_at=1_790_000_000 + number,
                    sealed_card=card.seal(key, case_id),
                    sealed_keys={name: key.seal_to(public, case_id) for name, public in readers.items()},
                )
                add_case(connection, case)
                note_clocks(connection, case_id, card.work or NO_WORK, is_one_way=False)
                to = Recipient(case_id, key, case.address, case.reply_key)
                for kind, document in _TIMELINE:
                    keep_item(connection, to, new_blob_id(), kind, document)


def _work(number: int, is_closed: bool) -> Work:
    """Work such as a busy team has: a letter a day for each of ten, some of them late, a fifth in nobody's hands."""
    stand = Stand.WITHIN if number % 2 else Stand.HOLDS
    day = (datetime.now(UTC) - timedelta(days=number // 10 % 120)).strftime("%Y-%m-%d")
    return Work(
        priority=Priority.HIGH if number % 11 == 0 else Priority.NORMAL,
        assignee=("amina", "bartek", "cora", "dana", "")[number // _CLOSED_IN % 5],
        tags=("north",) if number % 7 == 0 else (),
        received=day,
        acknowledged=day,
        unanswered=day if number % 3 == 0 and not is_closed else "",
        closed=day if is_closed else "",
        # Of a hundred cases two are one.
        links=(CaseLink(f"{number // 2:032x}", LinkKind.SAME_SOURCE, stand),) if number % 100 < 2 else (),
    )
