"""What many cases weigh and cost: `python -m bench.many_cases [--cases 5000]`.

How far the database grows with each case, padded as everything in it is, and how long it takes to show a page of the
list, and to open every card, as the first list of a session does. Nothing is asserted.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.desk_cases import add_cases, open_scratch_desk
from journalist_interface.case_list import read_case_list
from journalist_interface.casework.board import Board
from journalist_interface.casework.filtering import Filter
from journalist_interface.sessions import SignedIn
from keys.hpke import SecretKey
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.desk.cases import RECOVERY_HOLDER


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
