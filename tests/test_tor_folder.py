"""What lies in the folder of a host's Tor: who is let in, how Tor is, and what `check` says of both."""

import base64
import json
import shutil
import stat
import time
from pathlib import Path

import pytest

from onion import clients
from onion.checking import check_tor
from onion.client_key import ClientKey, authorised
from onion.errors import AlreadyRunning, ClientRefused, ConfigurationRefused
from onion.health import Health, HealthUnknown, read_health, tell, write_health
from onion.layout import TorFolder
from onion.own_files import alone, forget_counts
from onion.renewing import _one_at_a_time, bring_address_back, renew_address
from onion.running import Plan, make_addresses
from onion.torrc import Service, write_torrc

NOW = 1_800_000_000


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The folder of an onion service that is shut."""
    clients.shut(tmp_path / "door")
    return tmp_path / "door"


def test_a_shut_service_has_a_key_that_nobody_holds(service: Path) -> None:
    """Without any client Tor would let everybody in who knows the address; shutting it again changes nothing."""
    (nobody,) = (service / "authorized_clients").iterdir()
    first = nobody.read_text()
    clients.shut(service)
    assert clients.is_shut(service)
    assert clients.names(service) == ()
    assert nobody.read_text() == first


def test_who_is_let_in_is_there_until_revoked(service: Path) -> None:
    """Under a name; no file can be read by others; the last one who goes leaves the service shut."""
    before = clients.stamp(service)
    clients.allow(service, "reviewer-host", authorised(ClientKey.draw().public))
    assert clients.names(service) == ("reviewer-host",)
    assert clients.stamp(service) != before
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (service / "authorized_clients").iterdir()}
    assert modes == {0o600}
    clients.revoke(service, "reviewer-host")
    assert clients.names(service) == ()
    assert clients.is_shut(service)
    # The list is what it was; a Tor that started in between may have read another.
    assert clients.stamp(service) != before


def test_a_name_is_never_given_to_another_key_unseen(service: Path) -> None:
    """Letting the same one in again is nothing new; another under that name is refused, and the first stays."""
    line = authorised(ClientKey.draw().public)
    clients.allow(service, "reviewer-host", line)
    clients.allow(service, "reviewer-host", line)
    before = clients.stamp(service)
    with pytest.raises(ClientRefused):
        clients.allow(service, "reviewer-host", authorised(ClientKey.draw().public))
    with pytest.raises(ClientRefused):
        clients.revoke(service, "nobody-here")
    assert clients.stamp(service) == before


@pytest.mark.parametrize("name", ["jo.smith", "a.auth", "jo.", "0.nobody"])
def test_a_user_name_may_hold_dots(service: Path, name: str) -> None:
    """It is that client's and nobody else's, also if it ends as the files do."""
    before = {path.name for path in (service / "authorized_clients").iterdir()}
    clients.allow(service, name, authorised(ClientKey.draw().public))
    assert clients.names(service) == (name,)
    clients.revoke(service, name)
    assert {path.name for path in (service / "authorized_clients").iterdir()} == before


def test_a_key_is_exchanged_in_one_step(service: Path) -> None:
    """The name stays, the old key does not."""
    first, second = (authorised(ClientKey.draw().public) for _key in range(2))
    clients.exchange(service, "jo.smith", first)
    clients.exchange(service, "jo.smith", second)
    keys = {line for name, line in clients.stamp(service) if name == "jo.smith.auth"}
    assert keys == {second}
    with pytest.raises(ClientRefused):
        clients.exchange(service, "jo.smith", "no key")


def written(tmp_path: Path) -> Plan:
    """A plan as the source host has it, its files written."""
    services = (
        Service("site", tmp_path / "site.sock", open_to_all=True),
        Service("door", tmp_path / "door.sock", open_to_all=False),
    )
    plan = Plan(TorFolder(tmp_path / "tor"), services, for_the_courier=False)
    plan.write()
    return plan


def test_the_configuration_listens_on_sockets_alone(tmp_path: Path) -> None:
    """Every listener and every target is a path; what would give the host away is not there."""
    text = write_torrc(TorFolder(tmp_path), written(tmp_path).services, for_the_courier=True)
    lines = dict.fromkeys(line for line in text.splitlines() if line and not line.startswith("#"))
    listeners = [line for line in lines if line.split()[0].endswith(("Port", "Socket"))]
    assert len(listeners) == 4
    assert all(f"unix:{tmp_path}" in line or line.startswith(f"ControlSocket {tmp_path}") for line in listeners)
    # Else who was revoked goes on for half a minute over a circuit that is open, while Tor waits to end.
    assert "ShutdownWaitLength 0" in lines
    assert "SingleHop" not in text
    assert "NonAnonymous" not in text


def test_only_the_open_service_has_proof_of_work_and_circuit_numbers(tmp_path: Path) -> None:
    """With Tor's own queue rates: lower ones shut honest people out."""
    text = write_torrc(TorFolder(tmp_path), written(tmp_path).services, for_the_courier=False)
    site, door = text.split("HiddenServiceDir")[1:]
    for line in ("HiddenServicePoWDefensesEnabled 1", "HiddenServiceExportCircuitID haproxy"):
        assert line in site
        assert line not in door
    assert "QueueRate" not in text
    assert all("HiddenServiceEnableIntroDoSDefense 1" in each for each in (site, door))
    assert all("HiddenServiceMaxStreams " in each for each in (site, door))
    assert "SocksPort 0" in text


@pytest.mark.parametrize("odd", ['a"b', "a b", "a\nb", "a#b", "a\\b"])
def test_a_path_that_tor_would_misread_is_refused(odd: str) -> None:
    """It could become a line of its own."""
    with pytest.raises(ConfigurationRefused):
        write_torrc(TorFolder(Path("/") / odd), (), for_the_courier=False)


def test_tor_makes_the_addresses_without_a_network_and_keeps_them(tmp_path: Path) -> None:
    """Real Tor; the second time nothing is made anew."""
    plan = written(tmp_path)
    made = make_addresses(plan)
    assert made.keys() == {"site", "door"}
    assert make_addresses(plan) == made == plan.addresses()
    assert clients.is_shut(plan.folder.service("door"))


def said(plan: Plan, now: int = NOW) -> dict[str, bool]:
    """What `check` says of a host's Tor."""
    return dict(check_tor(plan, now))


def test_check_tells_of_a_changed_configuration_and_an_open_door(tmp_path: Path) -> None:
    """Each fault has its sentence; without them the same things are well."""
    plan = written(tmp_path)
    right = said(plan)
    assert right["Tor's configuration is as Candour wrote it."]
    assert right["Nobody is let in at “door” yet."]
    plan.folder.torrc.write_text(plan.folder.torrc.read_text() + "SocksPort 9050\n")
    for path in (plan.folder.service("door") / "authorized_clients").iterdir():
        path.unlink()
    wrong = [sentence for sentence, sound in said(plan).items() if not sound]
    assert any("Somebody changed" in sentence for sentence in wrong)
    assert any("open to whoever knows its address" in sentence for sentence in wrong)


def test_check_says_that_tor_does_not_run(tmp_path: Path) -> None:
    """And that nobody watches it."""
    wrong = [sentence for sentence, sound in said(written(tmp_path)).items() if not sound]
    assert any(sentence.startswith("Tor does not run") for sentence in wrong)
    assert any("onion run" in sentence for sentence in wrong)


WELL = Health(seen_at=NOW, progress=100, published={"site": True, "door": True}, effort=0, skew=5)


def test_what_the_watch_writes_is_read_back(tmp_path: Path) -> None:
    """By its owner alone, and whole."""
    write_health(tmp_path / "health.json", WELL)
    assert read_health(tmp_path / "health.json") == WELL
    assert stat.S_IMODE((tmp_path / "health.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["health.json"]


NO_HEALTH = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "of another version": json.dumps({"candour_tor_health": 2, "seen_at": 1, "progress": 1}),
    "a field too few": json.dumps({"candour_tor_health": 1, "seen_at": 1}),
    "a field too many": json.dumps({"candour_tor_health": 1, "seen_at": 1, "progress": 1, "visitors": 7}),
    "a text for a number": json.dumps({"candour_tor_health": 1, "seen_at": "1", "progress": 1}),
    "a number for the open service": json.dumps(
        {"candour_tor_health": 1, "seen_at": 1, "progress": 1, "open_to_all": 1}
    ),
    "a list for the services": json.dumps({"candour_tor_health": 1, "seen_at": 1, "progress": 1, "published": []}),
}


@pytest.mark.parametrize("what", NO_HEALTH)
def test_what_is_no_health_is_unknown(tmp_path: Path, what: str) -> None:
    """A sentence, never a traceback."""
    (tmp_path / "health.json").write_text(NO_HEALTH[what])
    with pytest.raises(HealthUnknown):
        read_health(tmp_path / "health.json")


def test_all_is_well_only_if_it_is() -> None:
    """Seen a moment ago, connected, published, the clock right."""
    assert all(sound for _sentence, sound in tell(WELL, NOW + 10))


ILL = {
    "nobody looked for minutes": (WELL, NOW + 301, "Nobody has looked"),
    "looked at in the future": (WELL, NOW - 301, "Nobody has looked"),
    "not connected": (Health(NOW, 45, {}, 0, None), NOW, "45 per cent"),
    "one service unpublished": (Health(NOW, 100, {"site": True, "door": False}), NOW, "“door” is not published"),
    "a site without proof of work": (
        Health(NOW, 100, {"site": True}, None, 0, open_to_all="site"),
        NOW,
        "“site” is published without proof of work",
    ),
    "the clock ahead": (Health(NOW, 100, {}, None, 7200), NOW, "120 minutes ahead"),
    "the clock behind": (Health(NOW, 100, {}, None, -7200), NOW, "120 minutes behind"),
}


@pytest.mark.parametrize("what", ILL)
def test_what_is_wrong_is_said(what: str) -> None:
    """One sentence for one fault."""
    health, now, words = ILL[what]
    assert [words in sentence for sentence, sound in tell(health, now) if not sound] == [True]


CLOCKS: dict[str, tuple[int | None, bool]] = {
    "nothing is known of it": (None, False),
    "Tor has found nothing wrong": (0, True),
}


@pytest.mark.parametrize("what", CLOCKS)
def test_a_clock_of_which_nothing_is_known_is_not_called_right(what: str) -> None:
    """Only what Tor could have contradicted is said."""
    skew, is_said = CLOCKS[what]
    said = [sentence for sentence, _sound in tell(Health(NOW, 100, skew=skew), NOW)]
    assert any("clock agrees" in sentence for sentence in said) == is_said
    assert any("clock" in sentence for sentence in said) == is_said


def test_work_asked_of_visitors_is_told_and_is_no_fault() -> None:
    """It is the defence at work."""
    flooded = Health(int(time.time()), 100, {}, effort=12)
    assert any("effort 12" in sentence and sound for sentence, sound in tell(flooded, flooded.seen_at))


def test_a_service_gets_a_new_address_and_keeps_its_clients(tmp_path: Path) -> None:
    """The old keys are laid aside under their address; the other service stays where it is; the watch sees it."""
    plan = written(tmp_path)
    before, stamp = make_addresses(plan), plan.stamp()
    clients.allow(plan.folder.service("door"), "reviewer-host", authorised(ClientKey.draw().public))
    address, aside = renew_address(plan, "door")
    assert plan.addresses() == {"site": before["site"], "door": address}
    assert address != before["door"]
    assert clients.names(plan.folder.service("door")) == ("reviewer-host",)
    assert aside.name == (aside / "hostname").read_text().strip() == before["door"]
    assert (aside / "hs_ed25519_secret_key").is_file()
    assert plan.stamp() != stamp


def test_two_do_not_change_an_address_at_once(tmp_path: Path) -> None:
    """Else the halves of two pairs of keys could be mixed, and the old ones lost: the second is told so, and waits."""
    plan = written(tmp_path)
    first = make_addresses(plan)["site"]
    second, _aside = renew_address(plan, "site")
    with _one_at_a_time(plan.folder):
        with pytest.raises(AlreadyRunning, match="Nothing was changed"):
            renew_address(plan, "site")
        with pytest.raises(AlreadyRunning, match="Nothing was changed"):
            bring_address_back(plan, "site", first)
    assert plan.addresses()["site"] == second
    assert bring_address_back(plan, "site", first)[0] == first


def test_an_address_that_was_laid_aside_can_be_put_back(tmp_path: Path) -> None:
    """As the guide says: its folder goes back to where it was."""
    plan = written(tmp_path)
    before = make_addresses(plan)
    _address, aside = renew_address(plan, "site")
    renew_address(plan, "site")
    shutil.rmtree(plan.folder.service("site"))
    aside.rename(plan.folder.service("site"))
    assert make_addresses(plan) == before


def test_a_key_that_tor_would_pass_over_shuts_nothing(tmp_path: Path) -> None:
    """A full disk leaves empty files; Tor skips what it cannot read, and with none left lets everybody in."""
    clients.shut(tmp_path / "door")
    (nobody,) = (tmp_path / "door" / "authorized_clients").iterdir()
    nobody.write_text("")
    assert not clients.is_shut(tmp_path / "door")
    clients.shut(tmp_path / "door")
    assert clients.is_shut(tmp_path / "door")
    assert nobody.read_text().startswith("descriptor:x25519:")


def test_what_counts_visitors_is_taken_out_of_tors_state(tmp_path: Path) -> None:
    """As an earlier version let Tor keep it; everything else of the state stays."""
    plan = written(tmp_path)
    kept = "Guard in=default rsa_id=00 nickname=x\nLastWritten 2026-11-29 10:00:00\n"
    (plan.folder.state / "state").write_text(f"TotalBuildTimes 105\nCircuitBuildTimeBin 425 7\n{kept}")
    forget_counts(plan.folder)
    assert (plan.folder.state / "state").read_text() == kept


def test_one_at_a_time_runs_a_hosts_tor(tmp_path: Path) -> None:
    """A second one would take the first one's sockets away from it."""
    plan = written(tmp_path)
    with alone(plan.folder), pytest.raises(AlreadyRunning):
        make_addresses(plan)
    assert make_addresses(plan).keys() == {"site", "door"}


def test_a_configuration_that_is_right_is_not_written_again(tmp_path: Path) -> None:
    """On a full disk Tor must start all the same: the courier, who makes room, comes through it."""
    plan = written(tmp_path)
    before = plan.folder.torrc.stat()
    plan.write()
    after = plan.folder.torrc.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    plan.folder.torrc.write_text("SocksPort 9050\n")
    plan.write()
    assert "9050" not in plan.folder.torrc.read_text()


LOW_ORDER = {
    "nothing but zeros": bytes(32),
    "one": b"\x01" + bytes(31),
    "a point of order eight": bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
}


@pytest.mark.parametrize("what", LOW_ORDER)
def test_a_key_over_which_tor_crashes_is_refused(service: Path, what: str) -> None:
    """It would take the site down with the door (RFC 7748, section 6.1)."""
    spelt = base64.b32encode(LOW_ORDER[what]).rstrip(b"=").decode()
    with pytest.raises(ClientRefused):
        clients.allow(service, "reviewer-host", authorised(spelt))
