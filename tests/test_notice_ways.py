"""To whom and by which way a notice may go: a key, a relay, a folder or a window that is not good is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.hosts.units import DATA, UNITS
from journalist_interface.notice_errors import NoticeNotSent, NoticeRefused
from journalist_interface.notice_reach import check_reach, is_walled
from journalist_interface.notice_relay import SECONDS as SECONDS_OF_A_RELAY
from journalist_interface.notice_relay import hand_over, read_relay
from journalist_interface.notice_rhythm import LEAST_WINDOW
from posture.machine import Machine
from store.desk.notices import list_recipients
from tests.desk_office import Office, new_office
from tests.keys_fixtures import make_keys
from tests.noticed_desk import ADDRESS, run
from tests.small_relay import DAWDLES, FLOODS, Relay, small_relay


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A mail relay on this machine."""
    with small_relay() as made:
        yield made


@pytest.mark.parametrize("ill", [DAWDLES, FLOODS])
def test_a_relay_that_comes_to_no_end_holds_nobody_up(relay: Relay, ill: str) -> None:
    """One that says one line after the other, whatever each takes: there is one time for all, and one length."""
    relay.ill = ill
    with pytest.raises(NoticeNotSent):
        hand_over(read_relay(relay.where), ADDRESS, ADDRESS, b"a notice\r\n", seconds=0.3 if ill == DAWDLES else 60)
    assert not relay.taken.is_set(), "it said all that it wanted"


def test_the_watch_is_given_the_time_to_end_a_conversation() -> None:
    """Cut off by who stops it for an upgrade, it would leave a notice of which nobody knows."""
    (unit,) = [unit for unit in UNITS["desk"] if unit.name == "candour-notice"]
    assert unit.ends_within > SECONDS_OF_A_RELAY
    assert f"TimeoutStopSec={unit.ends_within}" in unit.text()


KEYS = ("secret", "expired", "no encryption subkey", "RSA of 1,024 bits")


def test_a_key_that_is_not_good_gets_no_notice(office: Office, tmp_path: Path) -> None:
    """By gpg's own word, and nobody is added; nor by half an address, two places, or a name that is none."""
    good, *bad = make_keys(tmp_path, ("Curve25519", *KEYS)).values()
    for path in (*bad, tmp_path / "nothing"):
        assert run(office, "add", "ada", "--key", str(path), "--to", ADDRESS).exit_code == 1
    for options in (
        ("ada", "--to", "ada@localhost"),
        ("ada", "--to", "ada@example.org\nBcc: eve@example.org"),
        ("ada", "--to", ADDRESS, "--folder", str(tmp_path)),
        ("ada",),
        ("ada", "--folder", str(tmp_path / "nowhere")),
        ("Ada of Intake", "--to", ADDRESS),
    ):
        assert run(office, "add", *options, "--key", str(good)).exit_code == 1, options
    with office.desk.database.reading() as connection:
        assert list_recipients(connection) == ()
    assert run(office, "add", "ada", "--key", str(good), "--to", ADDRESS).exit_code == 0
    assert run(office, "add", "ada", "--key", str(good), "--to", ADDRESS).exit_code == 1


@pytest.mark.parametrize(
    "where", ["10.0.0.1:25", "localhost:25", "127.0.0.1:0", "127.0.0.1:70000", "unix:relay", "127.0.0.1", "0.0.0.0:25"]
)
def test_a_relay_elsewhere_is_refused(where: str) -> None:
    """Nothing but Tor leaves this host: a relay is on this machine."""
    with pytest.raises(NoticeRefused):
        read_relay(where)


OUT_OF_REACH = {
    "a port: the service has no network": {"relay": "127.0.0.1:2525"},
    "a socket elsewhere": {"relay": "unix:/run/relay.sock"},
    "a home": {"folder": "/home/officer/post"},
    "a way out of the data folder": {"folder": "/var/lib/candour/../post"},
}


@pytest.mark.parametrize("what", OUT_OF_REACH)
def test_what_the_service_cannot_reach_is_refused_at_once(what: str) -> None:
    """By hand it would work, and then fail every day; the sentence names the way."""
    with pytest.raises(NoticeRefused, match=r"candour-notice.*guide-watching"):
        check_reach(Path(DATA), **OUT_OF_REACH[what])
    check_reach(Path(DATA), relay=f"unix:{DATA}/relay.sock", folder=f"{DATA}/post")


def test_the_walls_are_those_of_an_installed_desk(tmp_path: Path) -> None:
    """Elsewhere nobody knows what the watch may reach, and nothing is refused."""
    assert not is_walled(Path(DATA), Machine(tmp_path))
    unit = tmp_path / "etc/systemd/system/candour-notice.service"
    unit.parent.mkdir(parents=True)
    unit.touch()
    assert is_walled(Path(DATA), Machine(tmp_path))
    assert not is_walled(tmp_path / "tried out", Machine(tmp_path))


def test_a_window_lies_within_a_day_and_is_wide(office: Office) -> None:
    """Or the notice would be of another day, or come at a moment that anybody can name."""
    for options in (
        ("--at", "23:00", "--within", "61"), ("--within", str(LEAST_WINDOW - 1)), ("--at", "7:30"), ("--at", "24:00"),
    ):  # fmt: skip
        assert run(office, "rhythm", *options).exit_code == 1
    assert "22:00 and 24:00 UTC" in run(office, "rhythm", "--at", "22:00").output
