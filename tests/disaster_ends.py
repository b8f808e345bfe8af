"""What the guide for the night promises of two hosts, looked at: who is shut out, what is read, told and whole."""

from contextlib import closing
from pathlib import Path

from bench.source_client import SourceClient
from journalist_interface.accounts import open_passphrase
from journalist_interface.courier_errors import DoorClosed
from journalist_interface.desk_folder import opened_desk
from journalist_interface.door_client import DoorClient
from keys.errors import KeysError
from keys.intake_secret import agent_running, open_bytes
from store.desk.reviewers import find_reviewer
from tests.disaster_hosts import Hosts, address_of, run, site


def trail_verifies(hosts: Hosts) -> bool:
    """Whether the trail of the desk is whole."""
    return run(["candour-desk", "audit", "verify", "--data", str(hosts.desk)]).exit_code == 0


def is_shut_out(hosts: Hosts, token: str) -> bool:
    """Whether a token opens nothing at the real door."""
    with hosts.door() as url, closing(DoorClient(url, token)) as client:
        try:
            client.list_waiting("")
        except DoorClosed:
            return True
    return False


def letters_are_read(hosts: Hosts) -> bool:
    """Collect, and open what is in the post: whether that is the letter that waited."""
    assert hosts.collect().problems == []
    return hosts.read_post("amina") == [hosts.reference]


def is_closed(root: Path, why: str) -> bool:
    """Whether the site takes nothing, and says why before anybody has written."""
    with site(root) as url, closing(SourceClient(url)) as source:
        page = source.get("/codename")
    return page.status == 507 and why in page.text


def landing_page(hosts: Hosts) -> str:
    """What the charity puts on its own website now."""
    return "".join(path.read_text("utf-8") for path in (hosts.stick / "landing-anew").rglob("*.html"))


def is_told_to_web_servers(hosts: Hosts) -> bool:
    """Whether what the web server must know of the new address lies beside the page: without it, it logs readers."""
    kit = hosts.stick / "landing-anew"
    told = [path.read_text("utf-8") for path in (kit / "servers").iterdir()]
    there = any(address_of(hosts.drop) in text for text in told)
    return there and "Do not put index.html anywhere" not in (kit / "README.txt").read_text("utf-8")


def opens_at(hosts: Hosts, folder: Path, sealed: Path) -> bool:
    """Whether a sealed letter opens with all that an officer can unlock in the folder of a desk."""
    with opened_desk(folder) as desk, agent_running(desk.paths.gnupg), sealed.open("rb") as letter:
        with desk.database.reading() as connection:
            officer = find_reviewer(connection, "amina")
        passphrase = open_passphrase(officer, hosts.signed_in("amina").key)
        try:
            return bool(open_bytes(desk.paths.gnupg, passphrase, letter, 1_000_000))
        except KeysError:
            return False
