"""docs/guide-disaster.md, followed literally: for each disaster its commands, in its order, on two scratch hosts."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyotp
import pytest

from bench.source_client import SourceClient
from journalist_interface.case_page import read_case
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import opened_desk
from keys.backup_head import About, HostKind, make_head
from serving.server import CLOSE
from source_interface.drop_folder import DropFolder
from source_interface.peppers import read_peppers
from source_interface.site_address import read_site_address
from store.backup.own_keys import read_recovery_key, signer_of
from store.desk.account_tables import reviewers
from store.desk.reviewers import find_reviewer
from tests.copied_hosts import but_sockets_and_locks
from tests.custodians import shows
from tests.desk_office import PASSWORD
from tests.disaster_ends import (
    is_closed,
    is_shut_out,
    is_told_to_web_servers,
    landing_page,
    letters_are_read,
    opens_at,
    trail_verifies,
)
from tests.disaster_hosts import REPLY, Hosts, address_of, done, inbox, make_hosts, report, run, site
from tests.disaster_night import NEW_PASSWORD, Night, signed_by
from tests.small_disk import fill, needs_root, small_disk

NO_SUCH = "We know no report with this codename."


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Hosts:
    """Both hosts as they were on the evening before."""
    place = tmp_path_factory.mktemp("d")
    (place / "stick").mkdir()
    (place / "h").mkdir()
    return make_hosts(place / "h", place / "stick")


@pytest.fixture
def night(lived: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Copies of them, with a stick that is another disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as stick:
        yield Night(lived.copy(tmp_path_factory.mktemp("n"), Path(stick)))


def test_the_site_is_silent_and_comes_back_elsewhere(night: Night) -> None:
    """No key is left on the machine; on another one the source finds the answer, at the same address."""
    hosts, before = night.hosts, address_of(night.hosts.drop)
    key = (hosts.drop / "tor" / "site" / "hs_ed25519_secret_key").read_bytes()
    pepper = (hosts.drop / "pepper").read_bytes()
    night.follow("The site must go silent at once")
    taken = hosts.place / "taken-drop"
    held = b"".join(path.read_bytes() for path in taken.rglob("*") if path.is_file())
    assert key[-64:] not in held
    assert pepper not in held
    assert f"With the backup of {hosts.backed_up} the site comes back" in night.said["silence"]
    assert address_of(hosts.drop) == before == read_site_address(DropFolder(hosts.drop))
    assert REPLY in inbox(hosts.drop, hosts.codename)
    assert letters_are_read(hosts)


def test_a_source_host_is_taken(night: Night) -> None:
    """Sources come back at another address; nothing that the thief has opens anything of the new host."""
    hosts, thief = night.hosts, night.hosts.token()
    night.follow("The source host was taken", until="candour-desk pair")
    assert is_shut_out(hosts, thief)
    night.follow("The source host was taken")
    taken = hosts.place / "taken-drop"
    assert address_of(hosts.drop) != address_of(taken)
    assert read_site_address(DropFolder(hosts.drop)) == address_of(hosts.drop)
    keys = {path.read_bytes()[-64:] for path in hosts.drop.rglob("hs_ed25519_secret_key")}
    assert len(keys) == 2
    assert not keys & {path.read_bytes()[-64:] for path in taken.rglob("hs_ed25519_secret_key")}
    assert read_peppers(hosts.drop / "pepper").newest != read_peppers(taken / "pepper").newest
    assert signer_of(hosts.drop).spoken != signer_of(taken).spoken
    told = inbox(hosts.drop, hosts.codename)
    assert REPLY in told
    assert "Did you type your codename at our old address" in told
    assert hosts.read_post("amina") == [hosts.reference]
    assert trail_verifies(hosts)
    assert address_of(hosts.drop) in landing_page(hosts)
    assert is_told_to_web_servers(hosts)


def test_a_desk_is_taken(night: Night) -> None:
    """The thief's token and key open nothing; the site is shut, then open; answers come back; a new letter is read
    at the new desk and not at the old one.
    """
    hosts, thief = night.hosts, night.hosts.token()
    night.follow("The desk was taken", until="candour-desk restore")
    assert is_shut_out(hosts, thief)
    assert is_closed(hosts.drop, "We have to change our locks first.")
    told = inbox(hosts.drop, hosts.codename)
    assert "Please read this first" in told
    assert REPLY not in told
    night.follow("The desk was taken", until="candour-drop after-revoking")
    assert hosts.read_post("amina") == [hosts.reference]
    status, codename = report(hosts.drop, "canary-after-the-theft")
    assert status == 200
    night.follow("The desk was taken", until='candour-drop after-revoking answers --data "$DROP" --remove')
    assert REPLY in inbox(hosts.drop, hosts.codename)
    night.follow("The desk was taken")
    assert "Please read this first" not in inbox(hosts.drop, codename)
    assert hosts.collect().problems == []
    [sealed] = list((hosts.desk / "post" / "sealed").iterdir())
    assert opens_at(hosts, hosts.desk, sealed)
    assert not opens_at(hosts, hosts.place / "taken-desk", sealed)
    assert len(hosts.read_post("amina")) == 1
    # What the thief signs is no backup by the paper of now.
    assert signer_of(hosts.desk).spoken != signer_of(hosts.place / "taken-desk").spoken
    assert trail_verifies(hosts)


def test_an_administrator_is_gone(night: Night) -> None:
    """Another one is made, who shuts the old account; what they had opens nothing; the letter is read."""
    hosts, thief = night.hosts, night.hosts.token()
    night.name = "nadia"
    night.follow("The administrator is gone", until="passwd")
    secret = re.search(r"Secret for typing: ([A-Z2-7 ]+)", night.said["reviewer add"])
    assert secret
    app = create_desk(hosts.desk)
    browser = app.test_client()
    code = pyotp.TOTP(secret[1].replace(" ", "")).now()
    form = {"username": "nadia", "password": NEW_PASSWORD, "code": code}
    assert browser.post("/sign-in", data=form).status_code == 303
    page = browser.get("/people/dora").text
    token = re.findall(r'name="csrf_token" value="([^"]*)"', page)[-1]
    assert browser.post("/people/dora/suspend", data={"csrf_token": token}).status_code == 303
    app.extensions[CLOSE]()
    with opened_desk(hosts.desk) as desk, desk.database.reading() as connection:
        assert find_reviewer(connection, "dora").suspended
    night.follow("The administrator is gone", until="candour-desk pair")
    assert is_shut_out(hosts, thief)
    night.follow("The administrator is gone")
    assert not night.stopped
    assert REPLY in inbox(hosts.drop, hosts.codename)
    assert hosts.read_post("amina") == [hosts.reference]
    assert trail_verifies(hosts)


def test_a_codename_is_known(night: Night) -> None:
    """Whoever found it is thrown out and can open nothing; who wrote anew is answered; the case is whole."""
    hosts = night.hosts
    status, anew = report(hosts.drop, "I lost my paper.")
    assert status == 200
    with site(hosts.drop) as url, closing(SourceClient(url)) as thief:
        assert REPLY in thief.come_back(hosts.codename).text
        night_inside(night)
        assert REPLY not in thief.get("/inbox").text
        again = thief.come_back(hosts.codename)
        assert (again.status, NO_SUCH in again.text) == (404, True)
        assert thief.come_back(anew).status == 200
    with opened_desk(hosts.desk) as desk:
        page = read_case(desk, hosts.signed_in("amina"), hosts.reference)
    assert "The paper was found." in " ".join(str(getattr(each.document, "text", "")) for each in page.timeline)
    assert trail_verifies(hosts)


def night_inside(night: Night) -> None:
    """Follow the guide while the site is served."""
    night.follow("A codename is known to somebody else")


def test_keys_are_lost(night: Night) -> None:
    """Nobody could unlock the post: somebody can. New cards open the cases, the old ones do not; pairing holds."""
    hosts = night.hosts
    night.name = "olga"
    add = f"ben\n{PASSWORD}\n{hosts.code('ben')}\n"
    # An account of the right kind, without the key: as after everybody's loss.
    done("candour-desk", "reviewer", "add", "olga", "--role", "intake-officer", "--role", "reviewer",
         "--data", hosts.desk, typed=f"{add}{NEW_PASSWORD}\n{NEW_PASSWORD}\n")  # fmt: skip
    with opened_desk(hosts.desk) as desk, desk.database.writing() as connection:
        connection.execute(reviewers.update().values(sealed_passphrase=None))
    night.follow("A key is lost")
    with opened_desk(hosts.desk) as desk, desk.database.reading() as connection:
        assert find_reviewer(connection, "olga").sealed_passphrase
    cards = night.cards
    # The stick has the backups: whoever finds it must not have what opens them.
    held = "".join(path.read_text("utf-8", "replace") for path in hosts.stick.rglob("*") if path.is_file())
    assert not any(shows(held, card) for card in cards)
    recover = ["candour-desk", "recover", "--data", str(hosts.desk), "--reviewer", "ben", "--all"]
    assert run(recover, "Lost.\n" + "".join(f"{share}\n" for share in hosts.shares[:2])).exit_code == 1
    assert "ben can read 1 case now" in done(*recover, typed="Lost.\n" + "\n".join(cards[:2]) + "\n")
    backup = hosts.stick / f"candour-drop-{hosts.backed_up}.backup"
    done("candour-desk", "backup-code", "--backup", backup, typed="\n".join([signed_by(backup), *cards[1:], ""]))
    assert hosts.collect().problems == []
    assert trail_verifies(hosts)


def test_an_address_is_burnt(night: Night) -> None:
    """Another one, of which nobody had the keys; the codename and the desk know no difference."""
    hosts, before = night.hosts, address_of(night.hosts.drop)
    night.follow("The address is burnt")
    now = address_of(hosts.drop)
    assert now != before
    assert read_site_address(DropFolder(hosts.drop)) == now
    assert not list(hosts.drop.rglob(f"*{before}*"))
    assert now in landing_page(hosts)
    assert is_told_to_web_servers(hosts)
    assert REPLY in inbox(hosts.drop, hosts.codename)
    assert letters_are_read(hosts)


@needs_root
def test_a_disk_is_full(night: Night, tmp_path: Path) -> None:
    """Nothing that was thanked for is lost; what the guide takes away makes room, and a source can write."""
    hosts = night.hosts
    with small_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(hosts.place, disk, dirs_exist_ok=True, ignore=but_sockets_and_locks)
        (disk / "drop" / "settings.json").write_text('{"free_bytes_for_text": 4000000}')
        (disk / "candour.old").mkdir()
        (disk / "candour.old" / "program").write_bytes(bytes(16_000_000))
        there = Night(Hosts(disk, hosts.stick, hosts.codename, hosts.reference, hosts.secrets, hosts.shares, ()))
        fill(disk)
        assert is_closed(disk / "drop", "There is no room here at the moment.")
        # The desk is another machine: its disk is not full.
        there.hosts.place.joinpath("desk").rename(disk / "desk-here")
        (disk / "desk").symlink_to(hosts.desk)
        there.follow("The disk is full")
        assert report(disk / "drop", "There is room.")[0] == 200
        assert REPLY in inbox(disk / "drop", hosts.codename)
    assert hosts.read_post("amina") == [hosts.reference]


def test_a_clock_was_wrong(night: Night) -> None:
    """The time is one that `date` takes; a backup of a day to come is out of the way; a recovery code lets in who has
    used a code of later.
    """
    hosts = night.hosts
    signer, sealed_for = signer_of(hosts.drop), read_recovery_key(hosts.drop / "recovery-key.pub")
    head, _key = make_head(About(HostKind.DROP, "0.1.0", "2031-01-01", "", signer.public), sealed_for, signer)
    (hosts.stick / "candour-drop-2031-01-01.backup").write_bytes(head)
    with opened_desk(hosts.desk) as desk, desk.database.writing() as connection:
        connection.execute(reviewers.update().values(last_totp_step=10**9))
    assert "still to come" in done("candour-drop", "backup", "--data", hosts.drop, "--out", hosts.stick)
    night.follow("The clock is wrong")
    assert "still to come" not in night.said["backup"]
    app = create_desk(hosts.desk)
    form = {"username": "amina", "password": PASSWORD}
    refused = app.test_client().post("/sign-in", data={**form, "code": hosts.code("amina", 1)})
    let_in = app.test_client().post("/sign-in", data={**form, "code": hosts.recovery_codes[0]})
    app.extensions[CLOSE]()
    assert (refused.status_code, let_in.status_code) == (401, 303)
    assert trail_verifies(hosts)
