"""What the courier says of what came: everything to a person at a terminal, and to a journal nothing at all.

A journal stamps each line to the microsecond and keeps it: "Fetched a submission with 2 files, 3.41 MB" would tell when
somebody wrote, and what.
"""

import io
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from journalist_interface.courier_progress import LARGE, Progress
from journalist_interface.courier_report import Report
from store.desk.courier_state import CourierState, Doing, ask_for_collection, read_courier
from tests.courier.ground import DeskGround, DropGround, new_source, post_reply
from tests.source_site import CANDOUR_DROP
from tests.terminal import Terminal, at_terminal

DESK = CANDOUR_DROP.with_name("candour-desk")
SECONDS = 60  # until it is a failure


@contextmanager
def seen(desk: DeskGround, *options: str) -> Iterator[Terminal]:
    """The command, with a person before it."""
    with at_terminal(shlex.join([str(DESK), "collect", "--data", str(desk.folder), *options]), {}) as terminal:
        yield terminal


def state(desk: DeskGround) -> CourierState:
    """What the desk knows of the courier."""
    with desk.database.reading() as connection:
        return read_courier(connection)


def test_collecting_once_tells_a_person_what_it_did(drop: DropGround, desk: DeskGround, url: str) -> None:
    """A line for each submission, a sentence at the end, exit code 0, and the same sentence for the desk."""
    desk.pair_with(url)
    drop.submit(b"letter", b"file")
    with seen(desk) as terminal:
        terminal.wait_for("Fetched a submission with 1 file, 0.00 MB in all.")
        terminal.wait_for("Collected 1 submission.\n")
        assert terminal.end() == 0
    found = state(desk)
    assert (found.doing, found.sentence, found.wanted) == (Doing.DONE, "Collected 1 submission.", False)


def test_in_the_loop_the_button_works_at_once_and_sigterm_ends_it(drop: DropGround, desk: DeskGround, url: str) -> None:
    """Waiting for an hour it still sees the desk's wish, beats, and stops cleanly when it is told to."""
    desk.pair_with(url)
    drop.submit(b"first")
    with seen(desk, "--every", "1h") as terminal:
        terminal.wait_for("Fetched")
        terminal.wait_for("Collected 1 submission.\n")
        drop.submit(b"second")
        with desk.database.writing() as connection:
            ask_for_collection(connection)
        terminal.wait_for("Fetched")
        terminal.wait_for("Collected 1 submission.\n")
        terminal.signal(signal.SIGTERM)
        assert terminal.end() == 0


def reply(drop: DropGround, desk: DeskGround) -> None:
    """An answer waits at the desk, for a source whom the source host knows."""
    source = new_source()
    drop.submit(b"letter", source=source)
    post_reply(desk, source)


# What waits, and the options of the command.
WAITS: dict[str, Callable[[DropGround, DeskGround], object]] = {
    "nothing": lambda _drop, _desk: None,
    "a letter": lambda drop, _desk: drop.submit(b"letter"),
    "a letter with files": lambda drop, _desk: drop.submit(b"letter", b"one", b"two"),
    "a large file": lambda drop, _desk: drop.submit(b"letter", bytes(2 * LARGE)),
    "an answer": reply,
    "an answer to somebody who has gone": lambda _drop, desk: post_reply(desk, new_source()),
}


def said_by_a_service(desk: DeskGround, *options: str) -> str:
    """All that the command writes, run as a service runs it, until it is stopped after its first run."""
    asked = [str(DESK), "collect", "--data", str(desk.folder), *options]
    process = subprocess.Popen(asked, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ends = time.monotonic() + SECONDS
    while process.poll() is None and (state(desk).doing not in (Doing.DONE, Doing.FAILED) or not state(desk).next_at):
        assert time.monotonic() < ends
        time.sleep(0.05)
    process.terminate()
    return process.communicate(timeout=SECONDS)[0].decode("utf-8")


@pytest.mark.parametrize("waits", WAITS)
@pytest.mark.parametrize("options", [(), ("--every", "1h")], ids=["once", "as a service"])
def test_a_journal_learns_nothing_of_what_came(
    drop: DropGround, desk: DeskGround, url: str, waits: str, options: tuple[str, ...]
) -> None:
    """Not that something came, not how much, not that nothing came: not a byte."""
    desk.pair_with(url)
    WAITS[waits](drop, desk)
    assert said_by_a_service(desk, *options) == ""
    assert state(desk).doing is Doing.DONE


def test_a_journal_is_told_what_went_wrong_and_nothing_besides(desk: DeskGround) -> None:
    """Nobody is there: one sentence, which says nothing of what came or did not."""
    desk.pair_with("http://127.0.0.1:1")
    said = said_by_a_service(desk, "--every", "1h")
    assert said.startswith("The source host's door does not answer")
    assert "submission" not in said


def test_a_run_in_which_something_came_and_something_failed_tells_a_journal_of_the_failure_alone() -> None:
    """The same words whether one came before it, or none."""
    trouble = {
        Report(stored=stored, delivered=stored, problems=["It broke.", "It broke."]).trouble() for stored in (0, 3)
    }
    assert trouble == {"It broke."}
    assert Report(stored=3).trouble() == ""
    assert Report(stored=1, problems=["It broke."]).sentence() == "Collected 1 submission. It broke."
    assert Report(stored=1).sentence() == "Collected 1 submission."


@pytest.mark.parametrize("terminal", [True, False])
def test_a_large_file_shows_a_person_how_far_it_has_come(terminal: bool) -> None:
    """On a terminal one line that changes; elsewhere nothing; small files show nothing."""
    stream, now = io.StringIO(), iter(range(1_000))
    progress = Progress(stream, terminal=terminal, clock=lambda: float(next(now)) / 4)
    size = LARGE * 2
    for came in range(size // 100, size + 1, size // 100):
        progress.bytes_came(came, size)
    for _each in range(100):
        progress.bytes_came(1, LARGE - 1)
    progress.submission_stored(1, size)
    shown = stream.getvalue()
    if not terminal:
        assert shown == ""
        return
    assert shown.endswith("Fetched a submission with 1 file, 16.00 MB in all.\n")
    percents = [int(found) for found in re.findall(r"\((\d+) %\)", shown)]
    assert len(percents) > 90
    assert percents == sorted(percents)
    assert shown.count("\n") == 1
