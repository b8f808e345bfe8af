"""`candour-desk pair`: with which door a desk may be paired, and what is kept of it; the token goes nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from journalist_interface.courier_commands import pair
from journalist_interface.courier_duty import Duty
from journalist_interface.courier_errors import NotPaired
from journalist_interface.door_address import Socks
from journalist_interface.pairing import Pairing, read_pairing
from journalist_interface.tor_plan import set_up_road
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.courier.ground import TOKEN, DeskGround, Watching
from tests.courier.stand_in_tor import ONION
from tests.source_ground import today


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
