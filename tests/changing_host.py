"""A source host between two peppers, made by its own use cases, and the command that changes them."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from click.testing import CliRunner, Result

from keys.codename import Codename
from source_interface.commands import main
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.peppers import Peppers
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.two_peppers import (
    come_back,
    rotated,
    started_again,
    stolen_database,
)


def pepper(folder: DropFolder, *words: str, typed: str = "") -> Result:
    """Run `candour-drop pepper`."""
    return CliRunner().invoke(main, ["pepper", *words, "--data", str(folder.root)], input=typed)


@dataclass(frozen=True)
class Host:
    """A host in the middle of it: who came back, who did not, who wrote since, and the two peppers."""

    folder: DropFolder
    returned: Codename
    left: Codename
    since: Codename
    peppers: Peppers
    old_disk: bytes
    new_disk: bytes

    def copied_to(self, root: Path) -> "Host":
        """The same host with a copy of its folder, for a test that changes it."""
        shutil.copytree(self.folder.root, root, ignore=but_sockets_and_locks)
        return replace(self, folder=DropFolder(root))


def made_in_between(root: Path, intake_secret: IntakeSecret) -> Host:
    """Such a host, made below a folder."""
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    folder = DropFolder(root / "drop")
    with started_again(folder, intake_secret) as ground:
        returned, keys = ground.source()
        left, left_keys = ground.source("nobody has collected this")
        ground.reply(keys, "for the one who comes")
        ground.reply(left_keys, "for the one who does not")
        old_disk = stolen_database(ground)
    peppers = rotated(folder)
    with started_again(folder, intake_secret) as ground:
        since, _keys = ground.source()
        come_back(ground, returned)
        new_disk = stolen_database(ground)
    return Host(folder, returned, left, since, peppers, old_disk, new_disk)
