"""A desk at work is upgraded, and the version before brought back: nobody reaches its port while it is looked at."""

import http.client
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.hosts.upgrade_look import look
from tests.desk_office import new_office
from tests.installed_host import NEXT, InstalledHost, deploy_host, give, installed_host
from tests.small_disk import needs_root

pytestmark = [needs_root, pytest.mark.long]


@pytest.fixture
def desk() -> Iterator[InstalledHost]:
    """A reviewer host at work."""
    folder = Path(tempfile.mkdtemp(prefix="up-"))
    folder.chmod(0o755)
    with installed_host(folder / "desk", "desk") as host:
        with new_office(folder / "office") as office:
            made = office.folder
        shutil.copytree(made, host.data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("S.*"))
        for name in ("tor/state", "sockets"):
            (host.data / name).mkdir(mode=0o700, parents=True)
        (host.data / "tor").chmod(0o700)
        give(host)
        host.done("systemctl", "start", "candour-desk")
        look(deploy_host(host), "candour-desk")
        yield host
    shutil.rmtree(folder)


def test_a_desk_is_upgraded_and_brought_back(desk: InstalledHost) -> None:
    """The port answers before and after; while the new version is looked at, systemd listens at another place."""
    assert answers() == 200
    desk.next_version(source_interface__of_the_next='"""Nothing."""\n')
    done = desk.typed("deploy/upgrade desk")
    assert done.returncode == 0, done.stdout + done.stderr
    places = desk.path("/run/listened").read_text().split()
    assert places[-3:] == ["127.0.0.1:8081", "/run/candour-upgrade/candour-desk.sock", "127.0.0.1:8081"]
    assert answers() == 200
    assert desk.path("/opt/candour/source_interface/of_the_next.py").exists()
    back = desk.typed("deploy/upgrade desk --roll-back", NEXT)
    assert back.returncode == 0, back.stdout + back.stderr
    assert not desk.path("/opt/candour/source_interface/of_the_next.py").exists()
    assert answers() == 200
    assert (
        len(list(desk.path("/var/backups/candour").iterdir())) == 1
    )  # the second of a day takes the first one's place


def answers() -> int:
    """What the machine's own port says."""
    with closing(http.client.HTTPConnection("127.0.0.1", 8081, timeout=30)) as connection:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status
