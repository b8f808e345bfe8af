"""A really running host is upgraded: a source who wrote before returns after, whatever becomes of the new version."""

import hashlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.source_client import SentFile
from deploy.hosts import compiled
from deploy.hosts.packages import packages
from deploy.hosts.program import PROGRAM
from deploy.hosts.upgrade_look import look
from source_interface.drop_folder import make_drop
from source_interface.tor_plan import set_up_onions
from store.backup.own_keys import signer_of
from store.newer import known_revisions
from tests.conftest import IntakeSecret
from tests.installed_host import CANDOUR_UID, InstalledHost, copy_checkout, deploy_host, give, installed_host
from tests.kept_backup import give_recovery_key
from tests.small_disk import needs_root

pytestmark = needs_root
CHECKOUT = Path(__file__).resolve().parent.parent
SERVES = "        with only_site(folder):"
RUINS = """        for path in (folder / "blobs" / "sealed").iterdir():
            path.unlink()
        __import__("time").sleep(99)
"""
# Each command of the guide, as it stands there; each is run below.
DRY_RUN, UPGRADE, ROLL_BACK = "deploy/upgrade drop --dry-run", "deploy/upgrade drop", "deploy/upgrade drop --roll-back"
NEW_REVISION = '''"""A column that the next version has."""

import sqlalchemy as sa
from alembic import op

revision = "{new}"
down_revision = "{old}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.create_table("of_the_next", sa.Column("id", sa.Integer(), primary_key=True))
    {more}


def downgrade() -> None:
    """Drop it."""
    op.drop_table("of_the_next")
'''


@pytest.fixture(scope="module")
def short() -> Iterator[Path]:
    """A folder with a short name: a socket's path must not be longer than 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="up-"))
    folder.chmod(0o755)
    # A machine's own folders are for everybody to pass, whatever umask a command before this left to the process.
    before = os.umask(0o022)
    yield folder
    os.umask(before)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def source_host(short: Path, intake_secret: IntakeSecret) -> Iterator[InstalledHost]:
    """A source host at work."""
    with installed_host(short / "drop", "drop") as host:
        make_drop(host.data, intake_secret.public, short / "pairing.json")
        set_up_onions(host.data, None, short / "pairing.json")
        give_recovery_key(host.data, short)
        signer_of(host.data)  # made with the first backup, which comes before what can be undone
        give(host)
        host.done("systemctl", "start", "candour-site", "candour-door")
        yield host


@pytest.fixture(scope="module")
def codename(source_host: InstalledHost) -> str:
    """The codename of a source who wrote, with a file, before anything was upgraded."""
    wait_for(source_host, "candour-site", "candour-door")
    with source_host.on(7) as source:
        made = source.take_codename()
        files = [SentFile.of("a.bin", bytes(300_000))]
        assert source.report("hello", codename=made, files=files).status == 200
    return made


def wait_for(host: InstalledHost, *services: str) -> None:
    """Until they answer."""
    for service in services:
        look(deploy_host(host), service)


def kept(host: InstalledHost) -> dict[str, tuple[int, int, str]]:
    """What the host is: every file of its data and of its program, and root's files, with owner, mode and SHA-256."""
    places = [host.data, host.path("/opt/candour"), host.path("/etc")]
    return {
        str(path.relative_to(host.root)): (
            path.stat().st_uid,
            path.stat().st_mode,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for place in places
        for path in place.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith((".lock", "-shm", "-wal"))
        if path.name != "drop.sqlite"
    } | {"rows": (0, 0, rows(host))}


def rows(host: InstalledHost) -> str:
    """Everything in the database, its schema too, but for what pages that were open left."""
    with closing(sqlite3.connect(host.data / "drop.sqlite")) as connection:
        lines = [line for line in connection.iterdump() if 'INTO "sessions"' not in line]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def revision(new: str, old: str, more: str = "") -> dict[str, str]:
    """A script of the next version's."""
    text = NEW_REVISION.format(new=new, old=old, more=more)
    return {f"store__drop__migrations__versions__rev_{new}": text}


def newest() -> tuple[str, str]:
    """The revision of this version, and the one that the next will have."""
    last = known_revisions("store.drop.migrations")[-1]
    return last, f"{int(last) + 1:04}"


def test_the_power_goes_after_a_bad_version_erased_the_letters(source_host: InstalledHost, codename: str) -> None:
    """It is killed while the new site is looked at. The machine comes up with the version before, letters and all."""
    last, new = newest()
    services, before = source_host.services(), kept(source_host)
    text = (CHECKOUT / "source_interface" / "commands_serving.py").read_text()
    assert SERVES in text
    source_host.next_version(
        source_interface__commands_serving=text.replace(SERVES, RUINS + SERVES), **revision(new, last)
    )
    sealed = source_host.data / "blobs" / "sealed"
    source_host.upgrade_killed_once(lambda: not list(sealed.iterdir()))
    assert revision_of(source_host) == new
    source_host.lose_power()
    source_host.start_machine()
    assert kept(source_host) == before
    assert source_host.services().keys() == services.keys()
    with source_host.on(8) as source:
        assert source.come_back(codename).status == 200


def test_the_next_version_takes_over(source_host: InstalledHost, codename: str) -> None:
    """Backup, migration, looks; the source comes back; no copy is left, and no trace of the upgrade."""
    last, new = newest()
    source_host.next_version(**revision(new, last))
    before = set(kept(source_host))
    foreseen = source_host.typed(DRY_RUN)
    assert (foreseen.returncode, set(kept(source_host))) == (0, before), foreseen.stderr
    done = source_host.typed(UPGRADE)
    assert done.returncode == 0, done.stdout + done.stderr
    with source_host.on(9) as source:
        assert source.come_back(codename).status == 200
    assert not list(source_host.data.glob("before-upgrade*"))
    assert [path.name for path in source_host.path("/opt").iterdir() if path.name.startswith("candour")] in (
        ["candour", "candour.old"], ["candour.old", "candour"],
    )  # fmt: skip
    assert not list(source_host.path("/etc/systemd/system").rglob("*upgrade*"))
    assert compiled.is_listed(deploy_host(source_host), PROGRAM)
    (backup,) = source_host.path("/var/backups/candour").iterdir()
    assert (backup.stat().st_uid, backup.stat().st_mode & 0o777) == (CANDOUR_UID, 0o600)
    assert revision_of(source_host) == new


def test_the_version_before_is_refused_and_the_way_back_named(source_host: InstalledHost, codename: str) -> None:
    """Both ways to it: its own folder, and --roll-back. Nothing is stopped, nothing is changed."""
    del codename
    before, running = kept(source_host), source_host.services()
    copy_checkout(source_host.path("/root/older"))
    shutil.copy2(CHECKOUT / "deploy" / "upgrade", source_host.path("/root/older/deploy/upgrade"))
    for done in (source_host.typed(ROLL_BACK), source_host.typed(UPGRADE, "/root/older")):
        assert (done.returncode, "Back to an older version" in done.stderr) == (1, True), done.stderr
        assert "Traceback" not in done.stderr
    refused = source_host.run("/root/older/deploy/install", "drop")
    assert (refused.returncode, "deploy/upgrade drop brings it" in refused.stderr) == (1, True)
    assert (kept(source_host), source_host.services()) == (before, running)


@pytest.mark.parametrize("harmed", ["flask/app.py", "zz.py"])
def test_packages_that_somebody_changed_are_fetched_again_by_the_next_install(
    source_host: InstalledHost, harmed: str
) -> None:
    """A file that is other, and one that none brought: to pip, which looks at versions, nothing is missing."""
    machine, environment = deploy_host(source_host), source_host.path(f"{PROGRAM}/.venv")
    as_they_came, pinned = packages()
    path = next(environment.glob("lib/python3*")) / "site-packages" / harmed
    kept = {each: each.read_bytes() if each.exists() else None for each in (path, environment / "stamp-run")}
    (environment / "stamp-home").touch()
    assert as_they_came.is_done(machine)
    with path.open("a") as file:
        file.write("\nspy = True\n")
    assert (as_they_came.is_done(machine), pinned.is_done(machine)) == (False, True)
    as_they_came.do(machine)
    assert (as_they_came.is_done(machine), pinned.is_done(machine)) == (True, False)
    for each, content in kept.items():
        each.unlink(missing_ok=True)
        if content is not None:
            each.write_bytes(content)


def test_every_command_of_the_guide_is_tried() -> None:
    """Here, word for word."""
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (CHECKOUT / "docs" / "guide-upgrade.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert {line for block in blocks for line in block.splitlines()} == {DRY_RUN, UPGRADE, ROLL_BACK}


def revision_of(host: InstalledHost) -> str:
    """What its database says."""
    with closing(sqlite3.connect(host.data / "drop.sqlite")) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
