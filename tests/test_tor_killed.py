"""The commands about Tor, killed at each system call by which they change files, and run again: nothing is lost.

Real processes, really killed (tests/killed_calls.py), with real Tor where keys are made. After the second run no file
is half there, no draft is left, no secret can be read by others, and an address that was made is still had.
"""

import json
import shutil
import stat
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from onion import clients
from onion.client_key import ClientKey, authorised
from onion.layout import TorFolder
from source_interface.door_keys import DOOR
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.site_address import read_site_address
from source_interface.tor_plan import SITE, plan_of, renew, set_up_onions
from store.folder import write_private_file
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.desk_office import new_office
from tests.killed_calls import Blow, Ended, Killer, open_killer

DROP, DESK = "tests.killed_calls:drop", "tests.killed_calls:desk"
# What Tor keeps of an address.
KEYS = ("hs_ed25519_secret_key", "hs_ed25519_public_key", "hostname")


@pytest.fixture
def every(request: pytest.FixtureRequest) -> int:
    """At every how manieth of the steps a command is killed: at each in the long form."""
    return 1 if request.config.getoption("--long") else 2


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    """What kills at a chosen system call."""
    (tmp_path / "scratch").mkdir()
    with open_killer(tmp_path / "scratch") as made:
        yield made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Path:
    """A source host, its pairing file and a reviewer host's key; no onion service yet."""
    beside = tmp_path_factory.mktemp("made")
    make_drop(beside / "drop", intake_secret.public, beside / "pairing.json")
    (beside / "host.auth").write_text(authorised(ClientKey.draw().public))
    return beside


@pytest.fixture(scope="module")
def with_onions(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with onion services."""
    beside = tmp_path_factory.mktemp("onions")
    shutil.copytree(made, beside, dirs_exist_ok=True, ignore=but_sockets_and_locks)
    set_up_onions(beside / "drop", None, None)
    return beside


def anew(made: Path, place: Path) -> Path:
    """Have a copy of a host at a place, whatever was there before."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(made, place, ignore=but_sockets_and_locks)
    return place


def check_whole(root: Path) -> None:
    """No draft is left anywhere, and nothing of it can be read by others."""
    names = [path for path in root.rglob("*") if path.name.endswith((".new", ".tmp")) or path == root / "tor" / "new"]
    assert names == []
    modes = {str(path.relative_to(root)): stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*")}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def blows_of(killer: Killer, what: str, arguments: Sequence[object]) -> Iterator[Blow]:
    """Yield where such a command can be killed, short of what it says at its end. It runs once, whole."""
    whole = killer.run(what, arguments)
    assert whole.status == 0, whole.said
    yield from Ended(0, "", whole.calls).blows()


def again(killer: Killer, what: str, arguments: Sequence[object], blow: Blow) -> str:
    """Run a command to its end, after it was killed at `blow`; return what it says."""
    done = killer.run(what, arguments)
    assert done.status == 0, f"{blow}: {done.said}"
    return done.said


def test_setting_up_on_the_source_host(killer: Killer, every: int, with_onions: Path, tmp_path: Path) -> None:
    """With keys that are there, as after a restart: the addresses stay, and the pairing file is whole."""
    place = tmp_path / "x"

    def command() -> list[object]:
        given = ["--courier-key", place / "host.auth", "--pairing", place / "pairing.json"]
        return ["onion", "set-up", "--data", place / "drop", *given]

    anew(with_onions, place)
    addresses = plan_of(place / "drop").addresses()
    for blow in [*blows_of(killer, DROP, command())][::every]:
        anew(with_onions, place)
        token = json.loads((place / "pairing.json").read_text())["token"]
        (place / "drop" / "site-address").unlink()
        killer.run(DROP, command(), blow)
        assert addresses[SITE] in again(killer, DROP, command(), blow)
        pairing = json.loads((place / "pairing.json").read_text())
        assert (pairing["token"], pairing["door_url"]) == (token, f"http://{addresses[DOOR]}"), blow
        assert read_site_address(DropFolder(place / "drop")) == addresses[SITE], blow
        assert clients.names(plan_of(place / "drop").folder.service(DOOR)) == ("host",), blow
        check_whole(place / "drop")


def test_setting_up_killed_while_tor_makes_the_keys(killer: Killer, made: Path, tmp_path: Path) -> None:
    """From nothing: at some steps before, while and behind Tor at work; it ends with the command, and comes again."""
    place = anew(made, tmp_path / "x")
    command = ["onion", "set-up", "--data", place / "drop"]
    blows = [*blows_of(killer, DROP, command)]
    for blow in blows[5 :: max(1, len(blows) // 6)]:
        anew(made, place)
        killer.run(DROP, command, blow)
        addresses = plan_of(place / "drop").addresses()
        said = again(killer, DROP, command, blow)
        assert all(address in said for address in addresses.values()), blow
        assert plan_of(place / "drop").addresses().keys() == {SITE, DOOR}
        assert clients.is_shut(plan_of(place / "drop").folder.service(DOOR)), blow
        check_whole(place / "drop")


def test_pairing_anew(killer: Killer, every: int, with_onions: Path, tmp_path: Path) -> None:
    """The file that is there after the second run opens the door, and says where it is."""
    place = anew(with_onions, tmp_path / "x")
    door = plan_of(place / "drop").addresses()[DOOR]
    file = place / "again.json"
    command = ["pairing", "--data", place / "drop", "--pairing", file]
    for blow in [*blows_of(killer, DROP, command)][::every]:
        file.unlink(missing_ok=True)
        killer.run(DROP, command, blow)
        done = killer.run(DROP, command)
        # The first had done it already, but for saying so; or the second does it, whatever the first left there.
        assert done.status == 0 or "exists already" in done.said, blow
        pairing = json.loads(file.read_text())
        [kept, *_day] = (place / "drop" / "door-token-next.sha256").read_text().split()
        assert sha256(pairing["token"].encode()).hexdigest() == kept, blow
        assert pairing["door_url"] == f"http://{door}", blow
        check_whole(place / "drop")


def test_a_new_address(killer: Killer, with_onions: Path, tmp_path: Path) -> None:
    """At some steps, for each run makes keys: no address that was there before is lost, and the keys are one pair."""
    place = anew(with_onions, tmp_path / "x")
    plan = plan_of(place / "drop")
    command = ["onion", "new-address", SITE, "--data", place / "drop"]
    blows = [*blows_of(killer, DROP, command)]
    for blow in blows[5 :: max(1, len(blows) // 6)]:
        anew(with_onions, place)
        before = keys_of(plan.folder)
        killer.run(DROP, command, blow)
        again(killer, DROP, command, blow)
        assert before.items() <= keys_of(plan.folder).items(), blow
        assert plan.addresses()[SITE] == read_site_address(DropFolder(place / "drop")), blow
        assert plan.addresses()[SITE] not in before, blow
        check_whole(place / "drop")


def test_the_old_address_again(killer: Killer, every: int, with_onions: Path, tmp_path: Path) -> None:
    """At every step: both addresses are had, each with its own pair of keys."""
    moved = anew(with_onions, tmp_path / "moved")
    (first,) = keys_of(plan_of(moved / "drop").folder)
    renew(moved / "drop", SITE)
    place = anew(moved, tmp_path / "x")
    plan = plan_of(place / "drop")
    before = keys_of(plan.folder)
    assert len(before) == 2
    command = ["onion", "old-address", SITE, first, "--data", place / "drop"]
    for blow in [*blows_of(killer, DROP, command)][::every]:
        anew(moved, place)
        killer.run(DROP, command, blow)
        again(killer, DROP, command, blow)
        assert keys_of(plan.folder) == before, blow
        assert plan.addresses()[SITE] == read_site_address(DropFolder(place / "drop")) == first, blow
        check_whole(place / "drop")


def keys_of(folder: TorFolder) -> dict[str, tuple[str, ...]]:
    """The keys of every address of the site that is there, in use or laid aside."""
    places = [folder.service(SITE), *(folder.laid_aside.iterdir() if folder.laid_aside.is_dir() else ())]
    found = {}
    for place in places:
        whole = tuple(sha256((place / name).read_bytes()).hexdigest() for name in KEYS)
        found[(place / "hostname").read_text().strip()] = whole
    return found


def test_the_landing_page(killer: Killer, every: int, with_onions: Path, tmp_path: Path) -> None:
    """The second run writes all of it, byte for byte, over what the first left."""
    out, data = tmp_path / "landing", with_onions / "drop"
    write_private_file(data / "settings.json", b'{"charity_name": "Example Trust"}')
    command = ["landing", "--data", data, "--out", out, "--clearnet-url", "https://example.org/"]
    blows = [*blows_of(killer, DROP, command)]
    wanted = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    # Its first steps are those at which the folder is nobody's yet.
    for blow in [*blows[:12], *blows[12 :: 2 * every]]:
        shutil.rmtree(out)
        killer.run(DROP, command, blow)
        again(killer, DROP, command, blow)
        assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == wanted, blow


def test_setting_up_on_the_reviewer_host(killer: Killer, every: int, tmp_path: Path) -> None:
    """The courier's key is drawn once; what is carried to the source host is its public half, whole."""
    with new_office(tmp_path / "made" / "desk"):
        pass
    place = anew(tmp_path / "made", tmp_path / "x")
    carried = place / "host.auth"
    command = ["onion", "set-up", "--data", place / "desk", "--courier-key", carried]
    secret = TorFolder(place / "desk" / "tor").root / "courier-key"
    for blow in [*blows_of(killer, DESK, command)][::every]:
        anew(tmp_path / "made", place)
        killer.run(DESK, command, blow)
        drawn = secret.read_text() if secret.exists() else None
        if carried.exists():
            assert carried.read_text() == authorised((drawn or "").partition(":")[0]), blow
        again(killer, DESK, command, blow)
        assert drawn in (None, secret.read_text()), blow
        assert carried.read_text() == authorised(secret.read_text().partition(":")[0]), blow
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        check_whole(place / "desk" / "tor")
