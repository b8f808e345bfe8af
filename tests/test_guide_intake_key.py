"""docs/guide-intake-key.md: each command can be typed as it stands, and they lead from the old key to the new one."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deploy.hosts.units import UNITS
from journalist_interface.commands import main as desk
from journalist_interface.desk_folder import only_desk
from keys.intake_key import load_intake_key
from source_interface.commands import main as drop
from source_interface.drop_folder import make_drop
from store.desk.courier_state import Doing, say_finished
from store.desk.settings import Setting, keep_setting
from tests.desk_office import PASSWORD, new_office
from tests.onion_names import onion_name
from tests.test_guide_onion import parse

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "guide-intake-key.md").read_text("utf-8")
TYPED = re.findall(r"^ *(candour-(?:drop|desk) .*)$", GUIDE, re.M)
LONG_AGO = 1_000_000_000  # seconds since 1970


@pytest.mark.parametrize("line", TYPED)
def test_a_command_can_be_typed_as_it_stands(line: str) -> None:
    """With all that it requires."""
    parse(line)


def test_the_desk_stays_stopped_while_its_key_is_changed(tmp_path: Path) -> None:
    """Its socket starts it again as soon as any open page asks for the next one, and then the key is not changed."""
    sockets = [f"{unit.name}.socket" for unit in UNITS["desk"] if unit.socket]
    stops = re.findall(r"systemctl stop ([a-z. -]+)", GUIDE)
    assert stops
    assert [line for line in stops if not set(sockets) <= set(line.split())] == []
    with new_office(tmp_path / "desk") as office, only_desk(office.folder):
        told = run(f"candour-desk intake-key renew --data {office.folder} --out {tmp_path}/s", f"amina\n{PASSWORD}\n")
    assert f"systemctl stop {sockets[0]} candour-desk" in told.output
    assert GUIDE.index("systemctl stop candour-desk.socket") < GUIDE.index("candour-desk intake-key renew")


def test_no_page_is_made_that_logs_its_readers() -> None:
    """Without the address that the page has there is nothing for the web server."""
    assert [line for line in TYPED if " landing " in line and "--clearnet-url https://" not in line] == []


def test_the_guide_leads_from_one_key_to_the_next_and_back_from_a_loss(tmp_path: Path) -> None:
    """Every command of it, in its order, on two hosts; what it prints is what the guide says."""
    stick = tmp_path / "stick"
    stick.mkdir()
    with new_office(tmp_path / "desk") as office:
        old = office.desk.intake_fingerprint
        make_drop(tmp_path / "drop", office.desk.paths.intake_key, stick / "pairing.json")
        (tmp_path / "drop" / "site-address").write_text(onion_name())
        (tmp_path / "drop" / "site-address").chmod(0o600)
        (tmp_path / "drop" / "settings.json").write_text('{"charity_name": "The Lantern Trust"}')
        assert run(f"candour-desk recovery-key --data {tmp_path}/desk --out {stick}/recovery.pub").exit_code == 0
        first = f"candour-drop backup --data {tmp_path}/drop --out {stick} --recovery-key {stick}/recovery.pub"
        assert run(first).exit_code == 0
        paper, new = "", ""
        for number, line in enumerate(TYPED):
            words = line.replace("$DROP", f"{tmp_path}/drop").replace("$DESK", f"{tmp_path}/desk")
            words = words.replace("$STICK", str(stick)).replace("FINGERPRINT", paper)
            typed = ""
            if "renew" in words:
                typed = f"amina\n{PASSWORD}\n{office.code()}\n"
            if "put-away" in words:
                typed = f"amina\n{PASSWORD}\n{office.code('amina', 1)}\n"
                new = load_intake_key(office.desk.paths.intake_key).fingerprint
                with office.desk.database.writing() as connection:
                    told = json.dumps({"fingerprint": new, "since": LONG_AGO}).encode()
                    keep_setting(connection, Setting.DROP_INTAKE_KEY, told)
                    say_finished(connection, LONG_AGO + 3 * 24 * 3600, Doing.DONE, "")
            if "replace" in words:
                typed = "y\n"
            done = run(words, typed)
            assert done.exit_code == 0, (number, line, done.output)
            if "statement-again" in words:
                assert load_intake_key(tmp_path / "drop" / "intake-key.asc").fingerprint == new != old
                with new_office(tmp_path / "another desk") as other:
                    # Every desk of the tests has one key: a new one makes it another.
                    out = f"candour-desk intake-key renew --data '{other.folder}' --out {tmp_path}/other.json"
                    assert run(out, f"amina\n{PASSWORD}\n{other.code()}\n").exit_code == 0
                    (stick / "intake-key.asc").write_bytes(other.desk.paths.intake_key.read_bytes())
                    paper = load_intake_key(stick / "intake-key.asc").fingerprint
        assert load_intake_key(tmp_path / "drop" / "intake-key.asc").fingerprint == paper


def run(line: str, typed: str = "") -> Result:
    """Type a command."""
    program, *words = shlex.split(line)
    return CliRunner().invoke({"candour-drop": drop, "candour-desk": desk}[program], words, input=typed)
