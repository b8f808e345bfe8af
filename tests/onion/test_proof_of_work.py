"""Proof of work under a real flood: the price rises, our watch of Tor says so, and an honest visitor still comes in.

Tor looks at its queue every 300 seconds, a fixed number of its own: this takes six minutes and more, and belongs to the
long form. The service here has a queue that one knock a second fills: no machine of ours could fill the real one.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from onion.health import Health, TorState, judge, tell, write_health
from onion.watching import Watch
from tests.onion.network import Network, check_socket
from tests.onion.running_tor import RunningTor
from tests.onion.socks import Refused

pytestmark = pytest.mark.long
# Tor's own period, twice: the flood may begin in the middle of one.
_PATIENCE_SECONDS = 700
_KNOCKING_AT_ONCE = 8


@contextmanager
def takes_connections(path: Path) -> Iterator[None]:
    """Something behind the service that lets everybody in, and says good-bye at once."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(64)

        def serve() -> None:
            while True:
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)


@contextmanager
def flood(client: RunningTor, address: str) -> Iterator[None]:
    """Knock without end, each time on a circuit of its own."""
    over, numbers = threading.Event(), count()

    def knock() -> None:
        while not over.is_set():
            try:
                client.connect(address, 80, who=f"flood{next(numbers)}").close()
            except (Refused, OSError):
                over.wait(0.1)  # turned away: that is what the queue is for

    threads = [threading.Thread(target=knock, daemon=True) for _knocker in range(_KNOCKING_AT_ONCE)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(120)


def test_a_flood_raises_the_price_and_whoever_pays_it_comes_in(network: Network, tmp_path: Path) -> None:
    """From 0 to something, told as a flood and as no fault; a new client's Tor then works, and is let in."""
    target = check_socket(network.place("priced") / "site")
    lines = ["HiddenServicePoWDefensesEnabled 1", "HiddenServicePoWQueueRate 1", "HiddenServicePoWQueueBurst 1"]
    with takes_connections(target):
        tor, address = network.onion("priced", target, lines)
        client = network.client("flooder")
        network.wait_until_reachable(client, address)
        with tor.control() as control:
            watch = Watch(control, {"site": address}, "site")
            quiet = watch.look()
            assert quiet.effort == 0
            with flood(client, address):
                flooded = _until_dearer(watch)
                # The watch began after Tor had told that it had published.
                write_health(tmp_path / "health.json", replace(flooded, published={"site": True}))
                assert judge(tmp_path / "health.json", flooded.seen_at) is TorState.FLOODED
                said = [sentence for sentence, sound in tell(flooded, flooded.seen_at) if sound]
                assert any(f"effort {flooded.effort}" in sentence for sentence in said)
        # Another visitor, who knows nothing of the service yet, and reads the price in its descriptor.
        network.wait_until_reachable(network.client("honest"), address)


def _until_dearer(watch: Watch) -> Health:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (health := watch.look()).effort:
        assert time.monotonic() < deadline, "the price never rose"
        watch.listen(1)
    return health
