"""What lies in the folder of a host's Tor: its configuration, the addresses of its services, and what `check` says."""

import shutil
from pathlib import Path

import pytest

from onion import clients
from onion.checking import check_tor
from onion.client_key import ClientKey, authorised
from onion.errors import AlreadyRunning, ConfigurationRefused
from onion.layout import TorFolder
from onion.own_files import alone, forget_counts
from onion.renewing import _one_at_a_time, bring_address_back, renew_address
from onion.running import Plan, make_addresses
from onion.torrc import Service, write_torrc

NOW = 1_800_000_000


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
