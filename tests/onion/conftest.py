"""What every test with Tor may use: one network for all of them, and the source's site as an onion service in it."""

from collections.abc import Iterator

import pytest

from source_interface.drop_folder import DropFolder, make_drop
from tests.conftest import IntakeSecret
from tests.desk_office import new_office
from tests.onion.network import Network, running_network
from tests.onion.onion_site import OnionSite, onion_site
from tests.onion.running_tor import RunningTor
from tests.onion.two_hosts import TwoHosts, two_hosts


@pytest.fixture(scope="package")
def network() -> Iterator[Network]:
    """The private Tor network: some twenty seconds, once (tests/dealing.py keeps all of tests/onion together).

    It ends with the last of them: fifteen Tors that vote and publish cost a sixth of a processor all the while.
    """
    with running_network() as running:
        yield running


@pytest.fixture(scope="package")
def site(
    network: Network, tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret
) -> Iterator[OnionSite]:
    """The really running site behind an onion service; its source host is made for this run."""
    root = tmp_path_factory.mktemp("onion-site")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    with onion_site(network, "site", DropFolder(root / "drop")) as running:
        yield running


@pytest.fixture(scope="package")
def hosts(network: Network) -> Iterator[TwoHosts]:
    """Both hosts as the guide sets them up. Whoever uses them finds in them what others have left there."""
    folder = network.place("hosts")
    with new_office(folder / "desk") as office, two_hosts(network, office, folder) as made:
        yield made


@pytest.fixture(scope="package")
def client(network: Network, hosts: TwoHosts) -> RunningTor:
    """A source's Tor, which has no key to anything."""
    made = network.client("source")
    network.wait_until_reachable(made, hosts.site)
    return made
