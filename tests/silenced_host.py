"""A source host to be silenced, with a letter in it, and what must be found there then: no key, all that was sealed."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from serving.server import CLOSE
from source_interface.commands import main
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder, make_drop, open_drop
from source_interface.site_app import create_site
from source_interface.tor_plan import renew, set_up_onions
from store.backup.own_keys import signer_of
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.served import served

SECRETS = ("pepper", "backup-signing-key", "tor/site/hs_ed25519_secret_key", "tor/door/hs_ed25519_secret_key")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Path:
    """A source host with a letter that nobody has collected, two addresses, and one that was laid aside."""
    root = tmp_path_factory.mktemp("s") / "drop"
    make_drop(root, intake_secret.public, root.parent / "pairing.json")
    app = create_site(root)
    with served(app) as url:
        source = SourceClient(url)
        assert source.report("It happened on a Tuesday.", codename=source.take_codename()).status == 200
        source.close()
    app.extensions[CLOSE]()
    set_up_onions(root, None, None)
    renew(root, "site")
    signer_of(root)
    opened = open_drop(root)
    opened.database.restore_ballast()
    opened.database.close()
    return root


@pytest.fixture
def root(lived: Path, tmp_path: Path) -> Path:
    """A copy of it, to be silenced."""
    shutil.copytree(lived, tmp_path / "drop", ignore=but_sockets_and_locks)
    return tmp_path / "drop"


def run(root: Path, *words: str, typed: str = "") -> Result:
    """A command of the source host."""
    return CliRunner().invoke(main, [*words, "--data", str(root)], input=typed)


def contents(root: Path) -> dict[str, bytes]:
    """Every file, by its name."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def keys_of(before: dict[str, bytes]) -> set[bytes]:
    """The secrets of a host; of an onion service's key the part behind its heading."""
    aside = [name for name in before if name.startswith("tor/laid-aside/") and name.endswith("secret_key")]
    assert len(aside) == 1
    return {before[name][-64:] for name in (*SECRETS, *aside)}


def is_silent(before: dict[str, bytes], root: Path) -> bool:
    """Tell whether no secret of before stands in any file, and all that is sealed still lies there."""
    now = contents(root)
    sealed = {name for name in before if name.startswith("blobs/sealed/")}
    assert sealed
    assert all(now[name] == before[name] for name in sealed)
    token = not DropFolder(root).door_token.exists() or read_in_force(DropFolder(root).tokens).is_void
    return token and not any(secret in content for secret in keys_of(before) for content in now.values())
