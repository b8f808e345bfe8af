"""The whole road through real onion services: both hosts set up by the guide's commands, each with its own Tor."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from bench.source_client import SentFile, SourceClient
from journalist_interface.desk_app import create_desk
from journalist_interface.opening import open_parcel
from onion.client_key import ClientKey
from serving.server import CLOSE
from store.desk.courier_state import SourceTor, read_courier
from tests.desk_person import Person
from tests.desk_routes import form_to
from tests.onion.network import Network
from tests.onion.running_tor import RunningTor
from tests.onion.socks import Refused, connect_through, is_over, source_through
from tests.onion.two_hosts import DESK, DROP, TwoHosts, pairing_of, run

PHOTO = bytes(range(256)) * 1_200


@pytest.fixture(scope="module")
def app(hosts: TwoHosts) -> Iterator[Flask]:
    """The desk's pages."""
    made = create_desk(hosts.office.folder)
    yield made
    made.extensions[CLOSE]()


def source(hosts: TwoHosts, client: RunningTor, who: str) -> SourceClient:
    """A source on a circuit of their own."""
    assert client.socks is not None
    return source_through(client.socks, hosts.site, who)


def test_the_guides_steps_leave_both_hosts_in_order(hosts: TwoHosts) -> None:
    """`check` finds Tor connected, both services published, no port, all hops, and nobody who floods."""
    said = run([DROP, "check", "--data", hosts.drop.root])
    for sentence in (
        "Tor is connected.",
        "The onion service “site” is published.",
        "The onion service “door” is published.",
        "Nobody floods the site",
        "This host's clock agrees with Tor's.",
        "Tor listens on no port of this machine.",
        "its onion services have all their hops",
        "Let in at “door”: reviewer-host.",
        f"The site answers under {hosts.site} alone.",
    ):
        assert sentence in said
    assert "FAULT" not in said
    assert pairing_of(hosts.folder)["door_url"] == f"http://{hosts.door}"


def test_curl_finds_the_site_and_nobody_finds_the_door(hosts: TwoHosts, client: RunningTor) -> None:
    """The site is open to all; the door is not there for who has no key, though it has its address."""
    proxy = f"socks5h://localhost{client.socks}"
    asked = ["curl", "-sS", "--max-time", "60", "--proxy", proxy, f"http://{hosts.site}/"]
    assert "Make a report" in subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert client.socks is not None
    with pytest.raises(Refused):
        connect_through(client.socks, hosts.door, 80, "a stranger")


def test_a_report_goes_all_the_way_and_the_answer_comes_back(hosts: TwoHosts, app: Flask, client: RunningTor) -> None:
    """A letter and a file over one onion service, collected over another, answered, and read by who has the words."""
    hosts.empty_the_drop()
    before = hosts.in_post()
    writing = source(hosts, client, "writing")
    codename = writing.take_codename()
    sent = writing.report("canary-onion", codename=codename, files=[SentFile.of("photo.jpg", PHOTO)])
    assert sent.status in (200, 303)
    writing.close()
    collected = hosts.collect()
    assert (collected.returncode, collected.stdout, collected.stderr) == (0, "", "")
    office = hosts.office
    (submission,) = hosts.in_post() - before
    reference = open_parcel(office.desk, office.signed_in(), office.passphrase(), submission, ("amina",))
    amina = Person(app, office, "amina")
    page = amina.get(f"/case/{reference}")
    assert "canary-onion" in page
    form = form_to(page, f"/case/{reference}/reply")
    amina.client.post(f"/case/{reference}/reply", data=form.data(text="canary-answer"))
    assert hosts.waits_for_the_courier()
    delivered = hosts.collect("--least", "0", "--at-most", "0")
    assert delivered.returncode == 0, delivered.stderr
    assert not hosts.waits_for_the_courier()
    reading = source(hosts, client, "reading")
    assert reading.come_back(codename).status in (200, 303)
    assert "canary-answer" in reading.get("/inbox").text
    reading.close()


def test_the_desk_knows_how_the_source_hosts_tor_is(hosts: TwoHosts) -> None:
    """The courier asked, through Tor, what the watch there saw."""
    with hosts.office.desk.database.reading() as connection:
        assert read_courier(connection).source_tor is SourceTor.WELL


def test_a_key_that_was_taken_away_opens_nothing_and_its_open_circuit_is_closed(
    hosts: TwoHosts, network: Network
) -> None:
    """A second reviewer host is let in, and out again: at Tor, and on the connection that it had all the while."""
    stolen = network.client("stolen", [f"ClientOnionAuthDir {_key_of_a_second_host(hosts, network)}"])
    network.wait_until_reachable(stolen, hosts.door)
    assert stolen.socks is not None
    with connect_through(stolen.socks, hosts.door, 80, "open all the while") as road:
        road.sendall(asked := b"GET /v1/waiting HTTP/1.1\r\nHost: x\r\n\r\n")
        assert road.recv(65_536).startswith(b"HTTP/1.1 401")
        said = run([DROP, "onion", "revoke", "--data", hosts.drop.root, "second"])
        assert "In force now: Tor has started again without the key" in said
        # It is said when it is so.
        assert is_over(road, asked)
    hosts.wait_until_published(hosts.drop_tor, ("site", "door"))
    # With the descriptor that it kept, and with a fresh one: neither leads anywhere.
    with pytest.raises((Refused, OSError)):
        connect_through(stolen.socks, hosts.door, 80, "kept")
    with stolen.control() as control:
        control.ask("SIGNAL NEWNYM")
    with pytest.raises((Refused, OSError)):
        connect_through(stolen.socks, hosts.door, 80, "fresh")
    stolen.stop()
    # Whoever was not revoked comes back by themselves.
    assert hosts.collect("--least", "0", "--at-most", "0").returncode == 0


def _key_of_a_second_host(hosts: TwoHosts, network: Network) -> Path:
    """Let a second reviewer host in as its administrator would, and return the folder of its Tor's keys."""
    key, folder = ClientKey.draw(), network.place("second-keys")
    (folder / "second.auth").write_text(f"descriptor:x25519:{key.public}\n")
    said = run([DROP, "onion", "allow", "--data", hosts.drop.root, "second", folder / "second.auth"])
    assert "In force now: Tor has started again with this, and its onion services are published." in said
    (folder / "door.auth_private").write_text(key.entrance(hosts.door))
    return folder


def test_the_door_moves_and_the_courier_follows_while_everything_runs(hosts: TwoHosts) -> None:
    """A new address, the old one again, and a new token: each by the guide's one command on each host."""
    quick, desk = ("--least", "0", "--at-most", "0"), ["--data", hosts.office.folder]
    said = run([DROP, "onion", "new-address", "--data", hosts.drop.root, "door"])
    (moved,) = re.findall(r"onion door (http://\S+\.onion)", said)
    assert hosts.door not in moved
    run([DESK, "onion", "door", *desk, moved])
    hosts.wait_until_collected(*quick)
    run([DROP, "onion", "old-address", "--data", hosts.drop.root, "door", hosts.door])
    run([DESK, "onion", "door", *desk, f"http://{hosts.door}"])
    hosts.wait_until_collected(*quick)
    again = hosts.folder / "again.json"
    run([DROP, "pairing", "--data", hosts.drop.root, "--pairing", again, "--at-once"])
    assert "does not take this desk's token any more" in hosts.collect(*quick).stderr
    run([DESK, "pair", *desk, "--pairing", again])
    hosts.wait_until_collected(*quick)
    assert "FAULT" not in run([DROP, "check", "--data", hosts.drop.root])


def test_nothing_of_tors_says_who_came(hosts: TwoHosts) -> None:
    """No file of the source host's Tor, and nothing that the watch keeps, holds a visit, a circuit or a count."""
    names = {path.name for path in hosts.drop_tor.root.rglob("*") if path.is_file()}
    assert not [name for name in names if "log" in name]
    state = (hosts.drop_tor.state / "state").read_text("utf-8")
    assert not re.search(r"^(BWHistory|HidServ|AccountingBytes|TotalBuildTimes|CircuitBuild)", state, re.MULTILINE)
    assert json.loads(hosts.drop_tor.health.read_text()).keys() == {
        "candour_tor_health",
        "seen_at",
        "progress",
        "published",
        "effort",
        "skew",
        "open_to_all",
        "taken",
    }
