"""`candour-drop pairing` and the door's new address: what is typed when a reviewer host was lost."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from tests.harms import snapshot


def run(drop: DropFolder, *words: str | Path) -> Result:
    """Run a command of this source host."""
    command, *options = [str(word) for word in words]
    group = [command] if command == "pairing" else ["onion", command]
    return CliRunner().invoke(main, [*group, "--data", str(drop.root), *options])


def test_a_pairing_file_that_is_there_is_not_written_over(drop_folder: DropFolder, tmp_path: Path) -> None:
    """Nothing is changed, the token least of all; said is what still opens the door, and what to do."""
    there = tmp_path / "pairing.json"
    before = snapshot(tmp_path)
    refused = run(drop_folder, "pairing", "--pairing", there)
    assert refused.exit_code == 1
    assert refused.stderr.strip() == (
        f"Error: {there} exists already; nothing was changed: what opened the door still does. Choose another name."
    )
    assert snapshot(tmp_path) == before
    done = run(drop_folder, "pairing", "--pairing", tmp_path / "pairing-2.json")
    assert (done.exit_code, done.stderr) == (0, "")
    token = json.loads((tmp_path / "pairing-2.json").read_text())["token"]
    assert drop_folder.tokens.pending.read_text().split()[0] == sha256(token.encode()).hexdigest()


@pytest.mark.parametrize("service", ["door", "site"])
def test_a_new_address_of_the_door_makes_old_pairing_files_lead_nowhere(
    drop_folder: DropFolder, tmp_path: Path, service: str
) -> None:
    """Of the door it is said; one made afterwards leads to the new one. The site's address is in no such file."""
    assert run(drop_folder, "set-up").exit_code == 0
    done = run(drop_folder, "new-address", service)
    assert (done.exit_code, done.stderr) == (0, "")
    said = "A pairing file made before this leads to the old door: make another."
    assert (said in done.stdout) is (service == "door")
    assert run(drop_folder, "pairing", "--pairing", tmp_path / "pairing-2.json").exit_code == 0
    door = (drop_folder.tor / "door" / "hostname").read_text().strip()
    assert json.loads((tmp_path / "pairing-2.json").read_text())["door_url"] == f"http://{door}"
    if service == "door":
        assert f"http://{door}" in done.stdout
