"""What a reviewer waits for, with few cases and with many: `python -m bench.desk [--cases 100 5000 20000]`.

Each row is one desk: the first list of a session, which opens every card; then the pages of a day, each looked at forty
times: the median (p50), and what nineteen in twenty take no longer than (p95). Memory is what one session's board
takes. Nothing is asserted; aims: p95 of pages under 100 ms, and flat; search of 5,000 cases under a second.
"""

import argparse
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from bench.desk_cases import add_cases, open_scratch_desk
from journalist_interface.case_list import CASES_A_PAGE, read_case_list
from journalist_interface.case_page import read_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import ANY, Filter
from journalist_interface.casework.saved_lists import SavedList, SavedLists, count_each
from journalist_interface.casework.searching import search
from journalist_interface.casework.today import look_at_today
from journalist_interface.casework.walking import way_through
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.sessions import SignedIn
from keys.hpke import SecretKey
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.desk.cases import RECOVERY_HOLDER, change_case

_TIMES = 40
_COLUMNS = (
    "cases",
    "first list",
    "today, ten saved lists",
    "list",
    "list after a change",
    "narrowed and sorted",
    "a case of a list",
    "search, nothing found",
    "search, all found",
    "all made ready to be searched",
    "memory of a board",
)


def measure(desk: Desk, amina: SignedIn) -> list[str]:
    """Return the cells of one row."""
    begun = time.perf_counter()
    board = Board()
    cases = list(board.look(desk, amina).values())
    first = time.perf_counter() - begun
    lock, some = IntakeLock(), iter([case.reference for case in cases[:_TIMES]] * 2)
    others, walk = (
        iter([case.id for case in cases[-_TIMES:]]),
        board.lists.begin("cases", "", tuple(c.id for c in cases)),
    )
    saved = SavedLists(tuple(SavedList(str(number), "", Filter(tag="north", words="a")) for number in range(10)))

    def day() -> None:
        look_at_today(desk, lock, board, amina)
        count_each(saved, board.listing(desk, amina), amina.username)

    def changed() -> None:
        with desk.database.writing() as connection:
            change_case(connection, next(others), changed_at=now())
        read_case_list(desk, board, amina, Filter(), 1)

    def case() -> None:
        page = read_case(desk, amina, next(some))
        way_through(desk, board, amina, page.case.row.id, walk.number, CASES_A_PAGE)

    pages: list[Callable[[], object]] = [
        day,
        lambda: read_case_list(desk, board, amina, Filter(), 1),
        changed,
        lambda: read_case_list(desk, board, amina, Filter(status=ANY, tag="north", sort="due"), 2),
        case,
        lambda: search(desk, board, amina, "computer nowhere", 1),
        lambda: search(desk, board, amina, "computer", 1),
    ]
    ready = _seconds_until_all_is_searched(desk, board, amina)
    return [f"{first:.1f} s", *map(_timed, pages), f"{ready:.1f} s", _weight(desk, amina)]


def _seconds_until_all_is_searched(desk: Desk, board: Board, amina: SignedIn) -> float:
    begun = time.perf_counter()
    while search(desk, board, amina, "computer", 1).left:
        pass
    return time.perf_counter() - begun


def _timed(page: Callable[[], object]) -> str:
    taken = []
    for _look in range(_TIMES):
        begun = time.perf_counter()
        page()
        taken.append(1000 * (time.perf_counter() - begun))
    return f"{statistics.median(taken):.0f} ms, {statistics.quantiles(taken, n=20)[-1]:.0f} ms"


def _weight(desk: Desk, amina: SignedIn) -> str:
    tracemalloc.start()
    board = Board()
    board.look(desk, amina)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return f"{size / 1e6:.0f} MB"


def main() -> None:
    """Make each desk and print its row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[100, 5_000, 20_000])
    counts = parser.parse_args().cases
    print("|", " | ".join(_COLUMNS), "|")
    print("|---" * len(_COLUMNS) + "|")
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="candour-bench-") as scratch:
            desk = open_scratch_desk(Path(scratch) / "desk")
            amina = SignedIn("amina", ReviewerSecret.draw().key(), SessionToken.draw())
            recovery = SecretKey(ReviewerSecret.draw().seed).public
            add_cases(desk, {"amina": amina.key.public, RECOVERY_HOLDER: recovery}, count)
            print(f"| {count:,} | {' | '.join(measure(desk, amina))} |", flush=True)
            desk.database.close()


if __name__ == "__main__":
    main()
