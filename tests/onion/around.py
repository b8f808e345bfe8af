"""Both hosts and a source's Tor in the private network: visits, how all of them are broken, and what is left of them.

`around` is a fixture of a whole file: who imports it names it in `__all__`.
"""

import time
from collections.abc import Iterator

import pytest

from bench.source_client import SourceClient
from keys.letter import Letter
from onion.control import Control
from tests.drop_contents import letters, rows, sealed_files
from tests.onion.cutting import cut, cut_circuits, joined_circuits
from tests.onion.running_tor import RunningTor
from tests.onion.socks import source_through
from tests.onion.two_hosts import TwoHosts

_WORD_SECONDS = 10  # that a circuit is broken, from one end of it to the other


class Around:
    """Both hosts and a source's Tor, and what these tests do with them."""

    def __init__(self, hosts: TwoHosts, client: RunningTor) -> None:
        self.hosts = hosts
        self._client = client
        self._secret = hosts.intake_secret

    def visit(self, who: str) -> SourceClient:
        """A source's browser, on a circuit of its own."""
        assert self._client.socks is not None
        return source_through(self._client.socks, self.hosts.site, who)

    def cut_visits(self) -> None:
        """Break every visit to the site and the door, and wait until the source's Tor knows.

        Until then Tor would send a new request over a circuit that is not there any more, and refuse it.
        """
        with self._client.control() as control:
            before = joined_circuits(control)
            self.hosts.cut(self.hosts.drop_tor)
            # The word of it is lost between relays now and then: what stays is broken where it would have come.
            at_both = time.monotonic() + _WORD_SECONDS
            self.hosts.network.wait_until(
                lambda: not self._cut_again(control, before if time.monotonic() > at_both else set()) & before,
                "the visits have broken",
            )

    def _cut_again(self, source: Control, there: set[str]) -> set[str]:
        """Break what was joined since, and those `there`, at the source's Tor; return what is joined at that."""
        with self.hosts.control(self.hosts.drop_tor) as host:
            cut_circuits(host)
        cut(source, joined_circuits(source) & there)
        return joined_circuits(source)

    def written(self, message: str) -> list[Letter]:
        """The letters at the source host that say this."""
        return [letter for letter in letters(self.hosts.drop, self._secret) if letter.message == message]

    def files_of(self, letter: Letter) -> dict[str, bytes]:
        """The files of a letter at the source host, opened."""
        folder = self.hosts.drop.blobs / "sealed"
        return {each.name: self._secret.open(folder / each.blob)[: each.size] for each in letter.attachments}

    def wait_until_nothing_is_left(self) -> None:
        """Wait until every file at the source host is one that a submission has."""
        drop = self.hosts.drop
        self.hosts.network.wait_until(
            lambda: sealed_files(drop) == {str(row[0]) for row in rows(drop, "parts")}, "no file is left over"
        )


@pytest.fixture(scope="module")
def around(hosts: TwoHosts, client: RunningTor) -> Iterator[Around]:
    """Both hosts, with nothing at the source host before and after."""
    hosts.empty_the_drop()
    yield Around(hosts, client)
    hosts.empty_the_drop()
