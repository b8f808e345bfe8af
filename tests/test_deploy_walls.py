"""What the programs of a host can reach of one another, behind the walls of their units: of Tor, nothing that commands.

All run as one user. A real Tor runs behind its own walls; a program that was turned looks for its control socket and
its cookie behind the walls of each other unit, also after Tor has started again. Then the real programs do their work
behind them, for they need Tor's other files.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.hosts.apparmor import profile
from deploy.hosts.units import DATA, UNITS, Unit
from journalist_interface.desk_onion import switch_on
from journalist_interface.tor_paths import desk_socket
from journalist_interface.tor_plan import set_up_road
from journalist_interface.tor_replies import onion_sentence
from keys.strict_json import write_object
from onion.layout import TorFolder
from source_interface.commands import main as drop_command
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import set_up_onions
from store.folder import write_private_file
from tests.courier.ground import TOKEN
from tests.courier.stand_in_tor import ONION
from tests.desk_office import Office, new_office
from tests.source_site import CANDOUR_DROP
from tests.test_deploy_debian import asked
from tests.test_quiet_servers import quiet, status
from tests.walled import walled

CANDOUR_DESK = CANDOUR_DROP.with_name("candour-desk")
PATIENCE_SECONDS = 30

# A program that was turned: asked on its standard input, it prints what it can reach of Tor.
TURNED = """
import os, socket, sys
def answers(path):
    with socket.socket(socket.AF_UNIX) as tor:
        tor.settimeout(20)
        try:
            tor.connect(path)
            tor.sendall(b"PROTOCOLINFO 1\\r\\n")
            return tor.recv(99).startswith(b"250-PROTOCOLINFO")
        except OSError:
            return False
for _line in sys.stdin:
    found = []
    for folder, _folders, names in os.walk(sys.argv[1]):
        for path in (os.path.join(folder, name) for name in names):
            if os.path.basename(path) == "control_auth_cookie" and os.path.getsize(path):
                found.append("the cookie")
            # Not Candour's own servers, which wait for a whole request.
            if "sockets" not in path and answers(path):
                found.append("the control socket")
    print(sorted(found), flush=True)
"""


def tor_unit(plan: str) -> Unit:
    """The unit of Tor."""
    return next(unit for unit in UNITS[plan] if unit.network)


@contextmanager
def running_tor(plan: str, root: Path, beside: Path) -> Iterator[None]:
    """A Tor of this host, as its unit runs it, until the context ends. It has no network to reach."""
    command = [CANDOUR_DROP if plan == "drop" else CANDOUR_DESK, "onion", "run", "--data", root]
    health = TorFolder(root / "tor").health
    health.unlink(missing_ok=True)
    process = subprocess.Popen([*walled(tor_unit(plan), root, beside), *map(str, command)])
    try:
        ends = time.monotonic() + PATIENCE_SECONDS
        while not health.exists():
            assert process.poll() is None, "Tor ended"
            assert time.monotonic() < ends, "Tor is not looked after"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with its road to the door, and an onion service of its own."""
    with new_office(tmp_path / "data") as made:
        set_up_road(made.folder, tmp_path / "courier.auth")
        switch_on(made.folder)
        yield made


@pytest.fixture
def source_host(drop_folder: DropFolder) -> DropFolder:
    """A source host with its onion services."""
    set_up_onions(drop_folder.root, None, None)
    return drop_folder


def ask(turned: "subprocess.Popen[str]") -> str:
    """What a turned program reaches now."""
    assert turned.stdin is not None
    assert turned.stdout is not None
    turned.stdin.write("\n")
    turned.stdin.flush()
    return turned.stdout.readline().strip()


@contextmanager
def turned(under: Sequence[str], root: Path) -> Iterator["subprocess.Popen[str]"]:
    """A program that was turned, behind walls or without any."""
    command = [*under, sys.executable, "-c", TURNED, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.mark.parametrize("plan", UNITS)
def test_a_turned_program_commands_no_tor(plan: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Neither the socket nor the cookie, of the Tor that runs and of the next one; without walls it finds both."""
    root = request.getfixturevalue("source_host").root if plan == "drop" else request.getfixturevalue("office").folder
    with ExitStack() as stack:
        free = stack.enter_context(turned((), root))
        shut_in = {
            unit.name: stack.enter_context(turned(walled(unit, root, tmp_path / unit.name), root))
            for unit in UNITS[plan]
            if not unit.network
        }
        for _again in range(2):
            with running_tor(plan, root, tmp_path / "tor"):
                assert ask(free) == "['the control socket', 'the cookie']"
                assert {name: ask(each) for name, each in shut_in.items()} == dict.fromkeys(shut_in, "[]")


def test_a_turned_tor_sees_nothing_of_what_is_kept(source_host: DropFolder, tmp_path: Path) -> None:
    """Its own folder and the sockets: no database, no log of it, no key, whatever comes to be there."""
    source_host.root.joinpath("drop.sqlite-wal").touch()
    under = walled(tor_unit("drop"), source_host.root, tmp_path / "beside")
    done = subprocess.run([*under, "ls", "-A", source_host.root], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["sockets", "tor"]


def test_nothing_that_was_put_into_the_data_folder_is_run(source_host: DropFolder, tmp_path: Path) -> None:
    """Neither in it nor in a folder of it that is shown, by whichever program."""
    for unit in UNITS["drop"]:
        under = walled(unit, source_host.root, tmp_path / unit.name)
        for folder in (source_host.root, source_host.tor, source_host.sockets):
            put = f"cp /bin/true {folder}/true && {folder}/true"
            done = subprocess.run([*under, "sh", "-c", put], capture_output=True, text=True, check=False)
            assert (done.returncode, "Permission denied" in done.stderr) == (126, True), (unit.name, done.stderr)


def test_the_source_host_works_behind_its_walls(source_host: DropFolder, tmp_path: Path) -> None:
    """Tor, the site and the door together: a page, a stranger at the door, and all of it found well by `check`."""
    site, door = (unit for unit in UNITS["drop"] if not unit.network and not unit.nightly)
    root, address = source_host.root, source_host.site_address.read_text("ascii").strip()

    def behind(unit: Unit) -> list[str]:
        # Where it listens, `quiet` says again.
        command = unit.command.replace(DATA, str(root)).split()
        return [*walled(unit, root, tmp_path / unit.name), str(CANDOUR_DROP.with_name(command[0])), *command[1:]]

    with running_tor("drop", root, tmp_path / "tor"), ExitStack() as stack:
        for unit, path in ((site, source_host.site_socket), (door, source_host.door_socket)):
            stack.enter_context(quiet(behind(unit), path))
        assert b"HTTP/1.1 200 " in asked(source_host.site_socket, address)
        assert status(source_host.door_socket, "GET", "/v1/waiting") == 401
        said = CliRunner().invoke(drop_command, ["check", "--data", str(root)]).output
        assert len(re.findall(r"^ok .*answers for", said, re.MULTILINE)) == 2, said
        assert re.search(r"^ok .*Tor runs with the keys", said, re.MULTILINE), said


def test_the_desk_works_behind_its_walls(office: Office, tmp_path: Path) -> None:
    """It is reached where Tor brings people, and sees whether Tor has taken up who may come."""
    unit = next(unit for unit in UNITS["desk"] if unit.name == "candour-desk")
    under = walled(unit, office.folder, tmp_path / "desk")
    with running_tor("desk", office.folder, tmp_path / "tor"):
        serve = [*under, str(CANDOUR_DESK), "serve", "--data", str(office.folder)]
        with quiet(serve, desk_socket(office.folder)):
            assert status(desk_socket(office.folder), "GET", "/sign-in") == 200
        look = (
            "import sys; from pathlib import Path; from journalist_interface.tor_warnings import keys_in_force as k; "
        )
        look += "print(k(Path(sys.argv[1]))[0])"
        said = subprocess.run(
            [*under, sys.executable, "-c", look, office.folder], capture_output=True, text=True, check=True
        )
        assert said.stdout.startswith("Tor runs with the keys as they are now")


def test_the_courier_reaches_tor_behind_its_walls(office: Office, tmp_path: Path) -> None:
    """Tor's SOCKS socket, which is another file after each start: Tor itself says that nobody has this name."""
    unit = next(unit for unit in UNITS["desk"] if unit.name == "candour-courier")
    pairing = write_object({"candour_courier": 1, "door_url": f"http://{ONION}", "token": TOKEN})
    write_private_file(office.folder / "courier.json", pairing)
    command = [*walled(unit, office.folder, tmp_path / "courier"), CANDOUR_DESK, "collect", "--data", office.folder]
    for _again in range(2):
        with running_tor("desk", office.folder, tmp_path / "tor"):
            done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=120)
            assert onion_sentence(0xF6) in done.stderr


def denied(unit: Unit, name: str) -> bool:
    """Tell whether AppArmor keeps a unit from reading and writing a file of the data folder (apparmor.d(5))."""
    rules = re.findall(r"^  deny (\S+) (\w+),$", profile(unit), re.MULTILINE)
    return any({"r", "w"} <= set(rights) and _pattern(path).fullmatch(f"{DATA}/{name}") for path, rights in rules)


def _pattern(glob: str) -> re.Pattern[str]:
    spelt = {"**": ".*", "*": "[^/]*", "{": "(", "}": ")", ",": "|"}
    return re.compile(re.sub(r"\*\*|.", lambda found: spelt.get(found[0], re.escape(found[0])), glob))


@pytest.mark.parametrize("unit", [unit for units in UNITS.values() for unit in units], ids=lambda unit: unit.name)
def test_apparmor_keeps_all_but_tor_from_commanding_tor(unit: Unit) -> None:
    """By paths: also what is made after a program has started. What is told to everybody stays."""
    folder = TorFolder(Path(DATA) / "tor")
    commanding = [str(path.relative_to(DATA)) for path in (folder.cookie, folder.control_socket)]
    assert {denied(unit, name) for name in commanding} == {not unit.network}
    keys = (
        "tor/desk/hs_ed25519_secret_key",
        "tor/desk-off/hs_ed25519_secret_key",
        "tor/laid-aside/a.onion/x_secret_key",
    )
    # The keys belong into the backup.
    assert {denied(unit, name) for name in keys} == {not unit.network and not unit.nightly}
    assert not any(denied(unit, name) for name in ("tor/health.json", "tor/socks.sock", "drop.sqlite"))
