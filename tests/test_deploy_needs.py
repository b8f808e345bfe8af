"""What the units wait for is there after the guide's steps, and after what comes later: nothing waits for ever."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.hosts.units import UNITS
from journalist_interface.backup import CONTENTS, look_at_restored
from journalist_interface.commands import main as desk_command
from source_interface.commands import main as drop_command
from tests.conftest import IntakeSecret
from tests.courier.ground import TOKEN
from tests.courier.stand_in_tor import ONION
from tests.desk_office import Office, new_office
from tests.kept_backup import give_recovery_key


def run(command: str, *words: str | Path) -> None:
    """A command of a host, which must succeed."""
    done = CliRunner().invoke(drop_command if command == "drop" else desk_command, [*map(str, words)])
    assert done.exit_code == 0, done.output


def missing(plan: str, root: Path) -> set[str]:
    """What a unit of this host waits for and is not there."""
    needed = {name for unit in UNITS[plan] for name in unit.needs.split()}
    assert len(needed) > 2
    return {name for name in needed if not (root / name).exists()}


def test_nothing_waits_on_a_source_host(intake_secret: IntakeSecret, tmp_path: Path) -> None:
    """Made, given its addresses and for whom to seal its backups, and the pairing file carried away."""
    root, pairing = tmp_path / "data", tmp_path / "pairing.json"
    run("drop", "init", "--data", root, "--intake-key", intake_secret.public, "--pairing", pairing)
    run("drop", "onion", "set-up", "--data", root, "--pairing", pairing)
    pairing.unlink()
    give_recovery_key(root, tmp_path)
    assert missing("drop", root) == set()


@pytest.fixture
def paired(tmp_path: Path) -> Iterator[Office]:
    """A desk after the guide's third step: the pairing file is erased everywhere."""
    with new_office(tmp_path / "data") as office:
        run("desk", "onion", "set-up", "--data", office.folder, "--courier-key", tmp_path / "reviewer-host.auth")
        fields = {"candour_pairing": 1, "token": TOKEN, "door_url": f"http://{ONION}"}
        pairing = office.folder / "pairing.json"
        pairing.write_text(json.dumps(fields | {"fingerprint": office.desk.intake_fingerprint}))
        pairing.chmod(0o600)
        run("desk", "pair", "--data", office.folder, "--pairing", pairing)
        pairing.unlink()
        yield office


def test_nothing_waits_on_a_reviewer_host(paired: Office) -> None:
    """The courier too, who was paired with a file that is no more."""
    assert missing("desk", paired.folder) == set()


def test_nothing_waits_on_a_reviewer_host_that_was_restored(paired: Office, tmp_path: Path) -> None:
    """Of what a backup holds, and no more."""
    draft = tmp_path / "draft"
    kept = (*CONTENTS.files, *CONTENTS.folders, *CONTENTS.blob_folders, CONTENTS.database)
    shutil.copytree(paired.folder, draft, ignore=_all_but(paired.folder, kept))
    look_at_restored(draft)
    assert missing("desk", draft) == set()


def _all_but(root: Path, kept: tuple[str, ...]) -> Callable[[str, list[str]], set[str]]:
    def is_kept(path: str) -> bool:
        return any(f"{path}/".startswith(f"{each}/") or each.startswith(f"{path}/") for each in kept)

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if not is_kept(str((Path(folder) / name).relative_to(root)))}

    return ignored
