"""What the programs of a host ask of the kernel, against what their units permit: nothing that is refused.

Every system call is counted while a program does its work (strace), its children's too: GnuPG's and Tor's. There is
no systemd under the tests; what a line of its filter means, it says itself (systemd-analyze).
"""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pytest

from bench.source_client import SentFile
from deploy.hosts.units import UNITS, Unit
from journalist_interface.clock import day_of
from journalist_interface.notice_rhythm import Rhythm, keep_rhythm
from keys.recipient_key import RecipientKey
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import set_up_onions
from store.desk.notices import Recipient, add_recipient, keep_draw
from tests.conftest import IntakeSecret
from tests.courier.ground import make_desk_ground, make_real_drop
from tests.desk_office import new_office
from tests.kept_backup import give_recovery_key
from tests.small_relay import small_relay
from tests.source_site import CANDOUR_DROP, running_door
from tests.test_durable_order import collect
from tests.test_quiet_servers import quiet, status
from tests.tor_site import running_tor_site

CANDOUR_DESK = CANDOUR_DROP.with_name("candour-desk")
_PATIENCE_SECONDS = 30
_ROW = re.compile(r"^ *[0-9.]+ .* (\w+)$", re.MULTILINE)


def unit_of(plan: str, name: str) -> Unit:
    """A unit by its name."""
    return next(unit for unit in UNITS[plan] if unit.name == name)


@cache
def group(name: str) -> frozenset[str]:
    """The system calls of one of systemd's groups."""
    said = subprocess.run(
        ["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True
    ).stdout
    words = [line.strip() for line in said.splitlines() if not line.lstrip().startswith("#")]
    found = {word for word in words if re.fullmatch(r"\w+", word)}
    return frozenset(found.union(*(group(word) for word in words if word.startswith("@") and word != name)))


def permitted(unit: Unit) -> frozenset[str]:
    """What a unit's filter lets through."""
    found: frozenset[str] = frozenset()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit.text(), re.MULTILINE):
        words = line.lstrip("~").split()
        named = frozenset[str]().union(*(group(word) if word[0] == "@" else {word} for word in words))
        found = found - named if line.startswith("~") else found | named
    return found


@contextmanager
def only_permitted(unit: Unit, trace: Path) -> Iterator[tuple[str, ...]]:
    """Give what stands before the unit's command; once it has ended, it must have called nothing that is refused."""
    yield ("strace", "-D", "-f", "-c", "-qq", "-o", str(trace))
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not trace.exists() or " total" not in trace.read_text():
        assert time.monotonic() < deadline, "the tracer has not ended"
        time.sleep(0.05)
    called = set(_ROW.findall(trace.read_text())) - {"total"}
    assert {"execve", "mmap", "read"} <= called
    assert called - permitted(unit) == set()


def test_the_site(drop_folder: DropFolder, tmp_path: Path) -> None:
    """A report with a file, and its source come back."""
    with (
        only_permitted(unit_of("drop", "candour-site"), tmp_path / "trace") as under,
        running_tor_site(drop_folder.root, command=(*under, str(CANDOUR_DROP))) as site,
        site.on(7) as source,
    ):
        codename = source.take_codename()
        assert source.report("hello", codename=codename, files=[SentFile.of("a.bin", bytes(300_000))]).status == 200
        assert source.come_back(codename).status == 200


def test_the_door(drop_folder: DropFolder, tmp_path: Path) -> None:
    """Somebody without the token."""
    path = tmp_path / "door.sock"
    with (
        only_permitted(unit_of("drop", "candour-door"), tmp_path / "trace") as under,
        quiet([*under, str(CANDOUR_DROP), "door", "--data", str(drop_folder.root)], path),
    ):
        assert status(path, "GET", "/v1/waiting") == 401


def test_the_courier(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """A collection."""
    with (
        closing(make_real_drop(tmp_path / "source host", intake_secret)) as drop,
        closing(make_desk_ground(tmp_path / "desk")) as desk,
        only_permitted(unit_of("desk", "candour-courier"), tmp_path / "trace") as under,
        running_door(drop.folder) as url,
    ):
        drop.submit(b"letter", b"file")
        collect(desk, url, under)
        assert len(desk.post.published()) == 2


def test_the_watch_and_its_notice(tmp_path: Path) -> None:
    """A notice sealed by gpg, and handed to a relay on a socket."""
    with (
        new_office(tmp_path / "desk") as office,
        small_relay(tmp_path / "relay.sock") as relay,
        only_permitted(unit_of("desk", "candour-notice"), tmp_path / "trace") as under,
    ):
        with office.desk.database.writing() as connection:
            key = RecipientKey.read(office.desk.paths.intake_key.read_text())
            add_recipient(connection, Recipient("ada", "ada@example.org", "", key.packets))
            keep_rhythm(connection, Rhythm(relay=relay.where))
            keep_draw(connection, day_of(int(time.time())), 1)
        asked = [*under, str(CANDOUR_DESK), "notice", "run", "--data", str(office.folder)]
        process = subprocess.Popen(asked)
        assert relay.taken.wait(_PATIENCE_SECONDS)
        process.terminate()
        assert process.wait(_PATIENCE_SECONDS) == 0


def test_the_desk(tmp_path: Path) -> None:
    """A page, and a password that is wrong."""
    path = tmp_path / "desk.sock"
    with (
        new_office(tmp_path / "desk") as office,
        only_permitted(unit_of("desk", "candour-desk"), tmp_path / "trace") as under,
        quiet([*under, str(CANDOUR_DESK), "serve", "--data", str(office.folder)], path),
    ):
        assert status(path, "GET", "/sign-in") == 200
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert status(path, "POST", "/sign-in", b"username=amina&password=wrong&code=000000", **form) >= 400


@pytest.mark.parametrize("plan", ["drop", "desk"])
def test_the_backup(plan: str, drop_folder: DropFolder, tmp_path: Path) -> None:
    """A whole one, written, read back, pruned."""
    give_recovery_key(drop_folder.root, tmp_path)
    stick = tmp_path / "stick"
    stick.mkdir()
    with (
        new_office(tmp_path / "desk") as office,
        only_permitted(unit_of(plan, "candour-backup"), tmp_path / "trace") as under,
    ):
        program, root = (CANDOUR_DROP, drop_folder.root) if plan == "drop" else (CANDOUR_DESK, office.folder)
        command = [*under, str(program), "backup", "--data", str(root), "--out", str(stick)]
        subprocess.run(command, check=True, capture_output=True)
        assert len(list(stick.iterdir())) == 1


def test_tor(drop_folder: DropFolder, tmp_path: Path) -> None:
    """In its own sandbox, which is a filter of the same kind: it must be let put that on."""
    set_up_onions(drop_folder.root, None, None)
    tor = drop_folder.root / "tor"
    with only_permitted(unit_of("drop", "candour-tor"), tmp_path / "trace") as under:
        process = subprocess.Popen([*under, str(CANDOUR_DROP), "onion", "run", "--data", str(drop_folder.root)])
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (tor / "health.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.terminate()
        assert process.wait(_PATIENCE_SECONDS) == 0
