"""`candour-desk collect` and `candour-desk pair` as people and programs meet them."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner

from journalist_interface.courier_commands import collect, draw_interval, pair, pause_after
from journalist_interface.courier_duty import Duty
from journalist_interface.courier_errors import AnotherRun, NotPaired
from journalist_interface.courier_plan import Plan
from journalist_interface.door_address import Socks
from journalist_interface.pairing import Pairing, read_pairing
from journalist_interface.tor_plan import set_up_road
from store.desk.courier_state import Doing, read_courier
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.courier.ground import (
    TOKEN,
    Asked,
    DeskGround,
    DropGround,
    RawDoor,
    Watching,
)
from tests.courier.stand_in_tor import ONION
from tests.source_ground import today

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


def pairing_file(folder: Path, **changes: Any) -> Path:
    """Write a pairing file."""
    path = folder / "pairing.json"
    path.write_text(json.dumps({"candour_pairing": 1, "token": TOKEN, "fingerprint": "A" * 40} | changes))
    return path


def pair_it(desk: DeskGround, pairing: Path, url: str = "http://127.0.0.1:8082", *more: str) -> Any:
    """Run `candour-desk pair`."""
    return CliRunner().invoke(pair, ["--data", str(desk.folder), "--pairing", str(pairing), "--door-url", url, *more])


def test_pairing_keeps_the_token_where_only_the_courier_can_read_it(
    desk: DeskGround, intake_secret: IntakeSecret, tmp_path: Path
) -> None:
    """Mode 0600, and nothing of the token on the terminal."""
    (desk.folder / "intake-key.asc").write_bytes(intake_secret.public.read_bytes())
    pairing = pairing_file(tmp_path, fingerprint=intake_secret.fingerprint)
    result = pair_it(desk, pairing)
    assert result.exit_code == 0, result.output
    assert TOKEN not in result.output
    path = desk.folder / "courier.json"
    assert path.stat().st_mode & 0o777 == 0o600
    kept = {"candour_courier": 1, "door_url": "http://127.0.0.1:8082", "token": TOKEN, "since": today()}
    assert json.loads(path.read_bytes()) == kept
    path.chmod(0o640)
    with pytest.raises(FolderExposed):
        Duty(desk.folder, Watching())


BAD_PAIRINGS: dict[str, dict[str, Any]] = {
    "another desk's key": {"fingerprint": "B" * 40},
    "a short fingerprint": {"fingerprint": "B" * 39},
    "a token too short": {"token": "A" * 42},
    "a token with a line end": {"token": "A" * 42 + "\n"},
    "another version": {"candour_pairing": 2},
    "an unknown field": {"more": 1},
}


@pytest.mark.parametrize("how", BAD_PAIRINGS)
def test_a_strange_pairing_file_is_refused(
    desk: DeskGround, intake_secret: IntakeSecret, tmp_path: Path, how: str
) -> None:
    """One sentence, exit code 1, and nothing is changed."""
    (desk.folder / "intake-key.asc").write_bytes(intake_secret.public.read_bytes())
    result = pair_it(desk, pairing_file(tmp_path, **{"fingerprint": intake_secret.fingerprint} | BAD_PAIRINGS[how]))
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert not (desk.folder / "courier.json").exists()


BAD_URLS = (
    *("http://example.org:8082", "http://192.168.0.1:80", "https://127.0.0.1:80", "http://127.0.0.1", "127.0.0.1:80"),
    *("http://u:p@127.0.0.1:80", "http://127.0.0.1:80/v1", "http://127.0.0.1:80?x", "http://127.0.0.1:99999", ""),
    *(f"https://{ONION}", ONION, f"http://{ONION}/v1", f"http://{ONION}:0", f"http://x.{ONION}", f"http://u@{ONION}"),
    *(f"http://{'a' * 56}.onion", f"http://{ONION[1:]}", f"http://{ONION}.example.org", "http://example.onion"),
)


@pytest.mark.parametrize("where", BAD_URLS)
def test_the_token_never_goes_off_this_machine_in_clear(
    desk: DeskGround, intake_secret: IntakeSecret, tmp_path: Path, where: str
) -> None:
    """Only a loopback address with a port is a door, or an onion service, whose name is its key."""
    (desk.folder / "intake-key.asc").write_bytes(intake_secret.public.read_bytes())
    assert pair_it(desk, pairing_file(tmp_path, fingerprint=intake_secret.fingerprint), where).exit_code == 1
    assert not (desk.folder / "courier.json").exists()


ONIONS = {
    "as it is": (f"http://{ONION}", f"http://{ONION}"),
    "in capitals": (f"http://{ONION.upper()}", f"http://{ONION}"),
    "with the usual port": (f"http://{ONION}:80", f"http://{ONION}"),
    "with another port": (f"http://{ONION}:8082/", f"http://{ONION}:8082"),
}


@pytest.mark.parametrize("how", ONIONS)
def test_an_onion_service_is_paired_with_in_one_spelling(
    desk: DeskGround, intake_secret: IntakeSecret, tmp_path: Path, how: str
) -> None:
    """Tor is the desk's own unless it is said where; then that is kept. Its own needs a key to the door first."""
    (desk.folder / "intake-key.asc").write_bytes(intake_secret.public.read_bytes())
    given, kept = ONIONS[how]
    file = pairing_file(tmp_path, fingerprint=intake_secret.fingerprint)
    refused = pair_it(desk, file, given)
    assert (refused.exit_code, "Run candour-desk onion set-up first" in refused.output) == (1, True)
    set_up_road(desk.folder, tmp_path / "reviewer-host.auth")
    assert pair_it(desk, file, given).exit_code == 0
    entrance = (desk.folder / "tor" / "entrances" / "door.auth_private").read_text()
    assert entrance.startswith(f"{ONION.removesuffix('.onion')}:descriptor:x25519:")
    assert read_pairing(desk.folder) == Pairing(kept, TOKEN, Socks(path=f"{desk.folder}/tor/socks.sock"), today())
    assert pair_it(desk, file, given, "--socks", "127.0.0.1:9050").exit_code == 0
    assert read_pairing(desk.folder) == Pairing(kept, TOKEN, Socks(host="127.0.0.1", port=9050), today())


def test_tor_has_nothing_to_do_with_a_door_on_this_machine(
    desk: DeskGround, intake_secret: IntakeSecret, tmp_path: Path
) -> None:
    """Who says where Tor is for such a door has made a mistake, and is told; the old pairing stays."""
    (desk.folder / "intake-key.asc").write_bytes(intake_secret.public.read_bytes())
    file = pairing_file(tmp_path, fingerprint=intake_secret.fingerprint)
    result = pair_it(desk, file, "http://127.0.0.1:8082", "--socks", "unix:/run/tor/socks")
    assert (result.exit_code, "leave it out" in result.output) == (1, True)
    assert not (desk.folder / "courier.json").exists()


ALTERED = {
    "another machine": {"door_url": "http://192.168.0.9:80"},
    "an onion address of no checksum": {"door_url": f"http://{'a' * 56}.onion"},
    "Tor on another machine": {"door_url": f"http://{ONION}", "socks": "192.168.0.9:9050"},
}


@pytest.mark.parametrize("how", ALTERED)
def test_a_pairing_that_was_altered_leads_nowhere(desk: DeskGround, how: str) -> None:
    """It is judged again whenever it is read: the token goes to no other place."""
    fields = {"candour_courier": 1, "door_url": "http://127.0.0.1:1", "token": TOKEN} | ALTERED[how]
    write_private_file(desk.folder / "courier.json", json.dumps(fields).encode())
    with pytest.raises(NotPaired):
        read_pairing(desk.folder)


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
