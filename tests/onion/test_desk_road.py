"""A reviewer comes to the desk through Tor with a key of their own, and is out the moment the account is suspended."""

from collections.abc import Iterator
from functools import partial

import pytest

from journalist_interface.account_changes import suspend_account
from journalist_interface.tor_paths import desk_socket
from journalist_interface.tor_plan import plan_of
from onion.client_key import ClientKey
from onion.in_force import Force, wait
from store.desk.roles import Role
from tests.desk_entrance import give_key
from tests.desk_office import Office, new_office
from tests.onion.network import Network
from tests.onion.onion_site import answers
from tests.onion.running_tor import RunningTor
from tests.onion.socks import Refused, connect_through, is_over
from tests.onion.two_hosts import DESK, run, running

ASKED = "GET /sign-in HTTP/1.1\r\nHost: {}\r\n\r\n"
ROLES = {"ada": (Role.ADMINISTRATOR,), "ben": (Role.REVIEWER,), "cy": (Role.REVIEWER,)}


@pytest.fixture(scope="module")
def office(network: Network) -> Iterator[Office]:
    """A desk with its onion service on, its pages and its Tor."""
    with new_office(network.place("desk-road") / "desk", ROLES) as made:
        data = ["--data", str(made.folder)]
        run([DESK, "onion", "desk-on", *data])
        socket = desk_socket(made.folder)
        inside = network.namespace.command([str(DESK), "onion", "run", *data, "--beside", str(network.beside)])
        both = ["--bind", f"unix:{socket}", "--bind", f"unix:{made.folder}/local.sock"]
        with running([DESK, "serve", *data, *both]) as server, running(inside):
            # Whoever works at the host itself comes in beside Tor.
            network.wait_until(partial(answers, made.folder / "local.sock", server), "the desk answers here too")
            network.wait_until(partial(answers, socket, server), "the desk answers")
            yield made


@pytest.fixture(scope="module")
def address(office: Office) -> str:
    """The desk's address."""
    return (office.folder / "tor" / "desk" / "hostname").read_text("ascii").strip()


def reviewer(network: Network, name: str, secret: str, address: str) -> RunningTor:
    """Somebody's Tor, which knows their key."""
    folder = network.place(f"{name}-keys")
    (folder / "desk.auth_private").write_text(ClientKey("", secret).entrance(address))
    return network.client(name, [f"ClientOnionAuthDir {folder}"])


def opens(tor: RunningTor, address: str, who: str) -> bytes:
    """Ask for the sign-in page over a circuit of its own."""
    assert tor.socks is not None
    with connect_through(tor.socks, address, 80, who) as road:
        road.sendall(ASKED.format(address).encode())
        return road.recv(65_536)


def test_who_has_a_key_comes_to_the_desk_and_nobody_else(office: Office, network: Network, address: str) -> None:
    """Suspended, ben is out: at Tor, and on the connection that he had open; cy goes on working."""
    ben_key, cy_key = give_key(office, "ben", "cy")
    ben, cy = reviewer(network, "ben", ben_key, address), reviewer(network, "cy", cy_key, address)
    stranger = reviewer(network, "stranger", ClientKey.draw().secret, address)
    for known in (ben, cy):
        network.wait_until_reachable(known, address)
        assert b"200 OK" in opens(known, address, "page")
    with pytest.raises(Refused):
        opens(stranger, address, "page")
    assert ben.socks is not None
    with connect_through(ben.socks, address, 80, "open all the while") as road:
        road.sendall(ASKED.format(address).encode())
        assert road.recv(65_536)
        suspend_account(office.desk, office.signed_in("ada"), "ben")
        plan = plan_of(office.folder)
        assert wait(plan.folder, plan.mark, Force.TAKEN) in (Force.TAKEN, Force.PUBLISHED)
        assert is_over(road, ASKED.format(address).encode())
    network.wait_until_reachable(cy, address)
    assert b"200 OK" in opens(cy, address, "again")
    for way in ("with the descriptor that he kept", "with a fresh one"):
        with pytest.raises((Refused, OSError)):
            opens(ben, address, way)
        with ben.control() as control:
            control.ask("SIGNAL NEWNYM")
    for tor in (ben, cy, stranger):
        tor.stop()
