"""The source's site through real Tor, with curl and with Firefox ESR without scripts; and none of it leaves here."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from onion.address import check_address
from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret
from tests.drop_contents import give_reply, letters
from tests.firefox import Firefox, running_firefox, through_tor
from tests.onion.network import AUTHORITIES, RELAYS, Network
from tests.onion.onion_site import OnionSite

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 30
WORDS = "He sells names.\nAnd “more” <b>."
PAGES = {
    "/": "You can tell us",
    "/codename": "This is your codename",
    "/report": "Make a report",
    "/return": "Come back to your report",
    "/safety": "<h1>",
    "/about": "About",
}
# What a program inside finds of the world: its interfaces, its routes, and what becomes of a packet to somewhere else.
LOOK_AROUND = """
import errno, json, socket
went = {}
for family, there in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as tried:
            tried.settimeout(5)
            went[f"{there} {kind.name}"] = errno.errorcode.get(tried.connect_ex((there, 443)), "it went out")
with open("/proc/net/route", encoding="ascii") as routes:
    print(json.dumps([socket.if_nameindex(), went, routes.read().splitlines()[1:]]))
"""
# Starts a Tor as the network does, says its number, and waits to be killed.
STARTS_TOR = """
import subprocess, sys
from tests.onion.namespace import private_namespace
with private_namespace() as namespace:
    tor = subprocess.Popen(namespace.command(["tor", *sys.argv[1:]]))
    print(tor.pid, flush=True)
    sys.stdin.read()
"""


def circuits_of(site: OnionSite) -> dict[str, str]:
    """The circuits of the site's client that lead to an onion service: the SOCKS name of each, by its number."""
    with site.client.control() as control:
        found = re.findall(
            r"^(\d+) BUILT .*HSCR_JOINED.* SOCKS_USERNAME=\"(\w+)\"", control.info("circuit-status"), re.M
        )
    return dict(found)


def curl(site: OnionSite, path: str, who: str) -> str:
    """A page as curl gets it through the client's socket."""
    command = ["curl", "-sS", "--fail", "--max-time", "60", f"{site.url}{path}"]
    command += ["--proxy", f"socks5h://{who}:x@localhost{site.client.socks}"]
    fetched = subprocess.run(command, check=True, capture_output=True, text=True)
    return fetched.stdout


def test_curl_gets_the_site_over_a_fresh_circuit_each_time(site: OnionSite) -> None:
    """Another SOCKS name is another circuit; so is the same name after NEWNYM, which is "New Identity"."""
    assert check_address(site.address) == site.address
    assert "You can tell us" in curl(site, "/", "first")
    assert "You can tell us" in curl(site, "/", "second")
    assert {"first", "second"} <= set(circuits_of(site).values())
    before = set(circuits_of(site))
    with site.client.control() as control:
        control.ask("SIGNAL NEWNYM")
    assert "You can tell us" in curl(site, "/", "second")
    assert "second" in [who for number, who in circuits_of(site).items() if number not in before]


def test_from_inside_there_is_no_road_out(network: Network) -> None:
    """No interface but `lo`, no route, and every way of sending somewhere else is refused at once."""
    inside = network.namespace.command([sys.executable, "-I", "-c", LOOK_AROUND])
    interfaces, went, routes = json.loads(subprocess.run(inside, check=True, capture_output=True).stdout)
    assert interfaces == [[1, "lo"]]
    assert routes == []
    assert set(went.values()) == {"ENETUNREACH"}


def test_every_tor_is_inside_and_nothing_of_it_listens_outside(network: Network, site: OnionSite) -> None:
    """All of them are in the namespace of which the test above speaks, and this process is not."""
    there = subprocess.run(
        network.namespace.command(["readlink", "/proc/self/ns/net"]), check=True, capture_output=True, text=True
    ).stdout.strip()
    assert there != os.readlink("/proc/self/ns/net")
    running = {tor.name: os.readlink(f"/proc/{tor.process.pid}/ns/net") for tor in network.running}
    assert {*AUTHORITIES, *RELAYS, site.tor.name, site.client.name} <= set(running)
    assert set(running.values()) == {there}
    listening = {each.pid for each in psutil.net_connections("inet") if each.status == psutil.CONN_LISTEN}
    assert not listening & {tor.process.pid for tor in network.running}


def test_no_tor_outlives_whoever_started_it(tmp_path: Path) -> None:
    """Not even if that is killed in the middle, as a run of tests may be."""
    alone = ["--ignore-missing-torrc", "-f", str(tmp_path / "none"), "--defaults-torrc", str(tmp_path / "none")]
    alone += ["--DisableNetwork", "1", "--SocksPort", "0", "--DataDirectory", str(tmp_path / "data"), "--quiet"]
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTS_TOR, *alone], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT
    )
    with starter:
        assert starter.stdout is not None
        tor = psutil.Process(int(starter.stdout.readline()))
        started = tmp_path / "data" / "state"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not started.exists():
            assert time.monotonic() < deadline, "Tor did not start"
        assert tor.name() == "tor"
        starter.send_signal(signal.SIGKILL)
    gone, _alive = psutil.wait_procs([tor], PATIENCE_SECONDS)
    assert gone == [tor]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_whole_through_tor(site: OnionSite, path: str) -> None:
    """Every page that a source may begin with, byte for byte as long as it leaves the site."""
    source = site.source("reads")
    answer = source.get(path)
    source.close()
    assert answer.status == 200
    assert PAGES[path] in answer.text
    assert len(answer.text.encode("utf-8")) == int(answer.headers["Content-Length"])


def _write_report(firefox: Firefox, url: str, file: Path) -> str:
    """From the first page to "Thank you"; return the codename."""
    firefox.goto(url)
    firefox.wait_for_all("You can tell us")
    firefox.click("a[href='/codename']")
    firefox.wait_for_all("This is your codename")
    codename = firefox.text_of("#codename")
    firefox.click("a[href='/report'].button")
    firefox.wait_for_all("What is it about?")
    firefox.fill("[name=codename_check]", codename)
    firefox.fill("[name=message]", WORDS)
    firefox.click("button[value=add-files]")
    firefox.wait_for_all("Choose your files")
    firefox.wait_for("Not sending yet", "progress")
    firefox.choose_files("[name=attachments]", [file])
    firefox.click("#files-form button")
    firefox.wait_for("We have your report", "answer")
    return codename


def test_a_source_walks_the_whole_road_in_firefox(site: OnionSite, tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """Scripts off, through the onion service: a report with a file, a codename, and the answer when they come back."""
    assert site.client.socks is not None
    file = tmp_path / "list.csv"
    file.write_bytes(b"a small file;" * 1000)
    with running_firefox(tmp_path, through_tor(site.client.socks)) as firefox:
        codename = _write_report(firefox, site.url, file)
        give_reply(site.folder, codename, "Thank you. Are you safe?")
        firefox.goto(site.url)
        firefox.click("form[action='/leave'] button")
        firefox.wait_for_all("You have left")
        firefox.goto(f"{site.url}/return")
        firefox.fill("[name=codename]", codename)
        firefox.click("main form button[type=submit]")
        assert "Are you safe?" in firefox.wait_for("Our answers")
        # What Tor Browser says of an onion address, too: http, and yet a secure context.
        assert firefox.is_secure()
    _same_report(site.folder, intake_secret, file)


def _same_report(folder: DropFolder, secret: IntakeSecret, file: Path) -> None:
    (letter,) = [each for each in letters(folder, secret) if each.message == WORDS]
    (attachment,) = letter.attachments
    assert attachment.name == file.name
    opened = secret.open(folder.blobs / "sealed" / attachment.blob)
    assert opened[: attachment.size] == file.read_bytes()
