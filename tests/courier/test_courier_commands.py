"""`candour-desk collect` as people and programs meet it: its options and exit codes, and what the desk is told."""

import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner

from journalist_interface.courier_commands import collect, draw_interval, pause_after
from journalist_interface.courier_duty import Duty
from journalist_interface.courier_errors import AnotherRun, NotPaired
from journalist_interface.courier_plan import Plan
from store.desk.courier_state import Doing, read_courier
from store.folder import write_private_file
from tests.courier.ground import TOKEN, Asked, DeskGround, DropGround, RawDoor, Watching

CHECKOUT = Path(__file__).resolve().parents[2]


@contextmanager
def started(desk: DeskGround, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Start `candour-desk collect` as its own process; at the end it is gone, whatever the test found."""
    code = "from journalist_interface.courier_commands import collect; collect()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "--data", str(desk.folder), *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_run_that_could_not_is_one_sentence_and_exit_code_1(desk: DeskGround) -> None:
    """Nobody is there: the person and the desk are told so."""
    desk.pair_with("http://127.0.0.1:1")
    result = CliRunner().invoke(collect, ["--data", str(desk.folder)])
    assert result.exit_code == 1
    assert "The source host's door does not answer" in result.stderr
    with desk.database.reading() as connection:
        assert read_courier(connection).doing is Doing.FAILED


def test_another_token_is_told_as_such(drop: DropGround, desk: DeskGround, url: str) -> None:
    """Whoever paired with an old file learns what to do."""
    drop.submit(b"letter")
    desk.pair_with(url)
    path = desk.folder / "courier.json"
    write_private_file(path, path.read_bytes().replace(TOKEN.encode(), b"A" * 43))
    result = CliRunner().invoke(collect, ["--data", str(desk.folder)])
    assert (result.exit_code, "and pair again (candour-desk pair)" in result.stderr) == (1, True)


def test_two_runs_never_meet(desk: DeskGround, url: str) -> None:
    """While one run holds the lock of a data folder, another says so and does nothing."""
    desk.pair_with(url)
    first, second = Duty(desk.folder, Watching()), Duty(desk.folder, Watching())
    with first._alone(), pytest.raises(AnotherRun):
        second.run()
    assert second.run().problems == []
    first.close()
    second.close()


def test_sigterm_in_the_middle_of_a_run_ends_it_too(desk: DeskGround) -> None:
    """A door that has gone silent must not keep the courier from stopping; the desk is told."""
    reached, over = Event(), Event()

    def fall_silent(_asked: Asked) -> Iterable[bytes]:
        reached.set()
        over.wait()
        return []

    with RawDoor(fall_silent).serving() as url:
        desk.pair_with(url)
        try:
            with started(desk, "--every", "1h") as process:
                reached.wait()
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=20) == 0
        finally:
            over.set()
    with desk.database.reading() as connection:
        state = read_courier(connection)
    assert state.doing is Doing.FAILED
    assert "stopped in the middle" in state.sentence


@pytest.mark.parametrize("every", ["0s", "10", "10 m", "-1m", "1d", "25h", "1.5h", "99999999s", "٣m"])
def test_a_time_has_one_spelling(desk: DeskGround, every: str) -> None:
    """Anything else is a mistake of usage, exit code 2."""
    assert CliRunner().invoke(collect, ["--data", str(desk.folder), f"--every={every}"]).exit_code == 2


BAD_OPTIONS = {
    "a size without a unit": "--least=2",
    "a size in another unit": "--least=2MiB",
    "a size that is a rate": "--least=2MB/s",
    "a size too large": "--least=1001MB",
    "a size below nothing": "--least=-1MB",
    "a rate that is a size": "--at-most=2MB",
    "a rate too small": "--at-most=49kB/s",
    "a rate in bits": "--at-most=2Mbit/s",
    "no road": "--roads=0",
    "too many roads": "--roads=5",
}


@pytest.mark.parametrize("how", BAD_OPTIONS)
def test_an_option_has_one_spelling_with_its_unit(desk: DeskGround, how: str) -> None:
    """Anything else is a mistake of usage, exit code 2."""
    assert CliRunner().invoke(collect, ["--data", str(desk.folder), BAD_OPTIONS[how]]).exit_code == 2


def test_what_suits_a_road_is_chosen_unless_somebody_chooses() -> None:
    """Through Tor there is cover and a pace; on this machine neither; what was given is kept on both."""
    for through_tor in (True, False):
        manner = Plan().manner(through_tor=through_tor)
        assert (manner.cover.is_on, manner.pace.is_set) == (through_tor, through_tor)
        chosen = Plan(4, 500_000, 0).manner(through_tor=through_tor)
        assert (chosen.cover.least, chosen.pace.is_set) == (500_000, False)
        assert not Plan(4, 0, 0).manner(through_tor=through_tor).is_kept


def test_sizes_and_rates_are_given_with_the_units_people_know(desk: DeskGround, url: str) -> None:
    """And nought is nought."""
    desk.pair_with(url)
    for options in (["--least=2MB", "--at-most=50MB/s"], ["--least=500kB"], ["--least=0", "--at-most=0"]):
        result = CliRunner().invoke(collect, ["--data", str(desk.folder), *options])
        assert (result.exit_code, result.output) == (0, ""), result.output


@pytest.mark.parametrize(("took", "left"), [(0, 600), (100, 500), (599, 1), (600, 1), (9_000, 1)])
def test_how_long_a_run_took_does_not_show_in_when_the_next_begins(took: float, left: float) -> None:
    """Counted from beginning to beginning, unless the run took longer than all of it."""
    assert pause_after(600, began=1_000, now=1_000 + took) == left


def test_the_time_between_two_runs_follows_no_clock() -> None:
    """A quarter more or less, drawn each time."""
    drawn = {draw_interval(600) for _each in range(200)}
    assert len(drawn) > 150
    assert all(450 <= each <= 750 for each in drawn)


def test_an_unpaired_desk_says_so(desk: DeskGround) -> None:
    """It does not guess where its source host might be."""
    with pytest.raises(NotPaired):
        Duty(desk.folder, Watching())


def test_the_desk_is_warned_when_no_post_can_arrive(desk: DeskGround, url: str) -> None:
    """Never run, gone for a day, killed in the middle: each has its sentence; a courier at work has none."""
    desk.pair_with(url)
    with desk.database.reading() as connection:
        never = read_courier(connection)
    assert "never run" in str(never.warning(0))
    duty = Duty(desk.folder, Watching())
    duty.run()
    duty.close()
    with desk.database.reading() as connection:
        state = read_courier(connection)
    now = state.heartbeat
    assert (state.warning(now + 3600), state.is_alive(now + 10), state.is_alive(now + 3600)) == (None, True, False)
    assert "has not run since" in str(state.warning(now + 86_400))
    killed = replace(state, doing=Doing.RUNNING)
    assert (killed.warning(now), killed.is_running(now)) == (None, True)
    assert "stopped in the middle" in str(killed.warning(now + 3600))
