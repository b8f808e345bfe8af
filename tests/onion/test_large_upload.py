"""A large file through Tor from the source's browser to the desk: seen on its way, and the same at the end.

`bench/onion_road.py` sends 500 MB by the same road; this is its short form.
"""

import random
import threading
from collections.abc import Iterator
from hashlib import sha256

from bench.source_client import SentFile
from bench.watched_upload import FilesForm
from tests.onion.running_tor import RunningTor
from tests.onion.socks import source_through
from tests.onion.two_hosts import TwoHosts

LARGE = random.Random(5).randbytes(20_000_000)
STOPS = (25, 50, 75)  # percent
_PATIENCE_SECONDS = 120


class Stops:
    """A file that does not go on beyond each of STOPS before the frame has shown that it came about so far."""

    def __init__(self) -> None:
        self._shown = {stop: threading.Event() for stop in STOPS}

    def pieces(self) -> Iterator[bytes]:
        """The file, from stop to stop."""
        start = 0
        for stop in STOPS:
            end = len(LARGE) * stop // 100
            yield LARGE[start:end]
            assert self._shown[stop].wait(_PATIENCE_SECONDS), f"the frame does not come to {stop} %"
            start = end
        yield LARGE[start:]

    def shown(self, percent: int) -> None:
        """Note what the frame shows: what is in the buffers on the way has not come yet, it is a little less."""
        for stop, event in self._shown.items():
            if percent >= stop - 5:
                event.set()


def test_twenty_megabytes_are_seen_on_their_way_and_arrive_as_they_were(hosts: TwoHosts, client: RunningTor) -> None:
    """The frame counts upwards over Tor and ends with “Done”; the desk gets the same bytes."""
    hosts.empty_the_drop()
    before = hosts.in_post()
    socks, stops = client.socks, Stops()
    assert socks is not None
    looking, sending = (source_through(socks, hosts.site, "large upload") for _connection in range(2))
    form = FilesForm(looking, sending, "canary-twenty")
    watched = form.send([SentFile("large.bin", "video/mp4", len(LARGE), stops.pieces())], stops.shown)
    for each in (looking, sending):
        each.close()
    assert watched.answer is not None
    assert "We have your report" in watched.answer.text
    assert list(watched.percents) == sorted(watched.percents)
    assert [stop for stop in STOPS if not any(stop - 5 <= shown <= stop for shown in watched.percents)] == []
    assert "Done. We have everything, locked." in watched.said
    collected = hosts.collect("--least", "0", "--at-most", "0")
    assert (collected.returncode, collected.stdout, collected.stderr) == (0, "", "")
    (submission,) = hosts.in_post() - before
    (opened,) = hosts.open_attachments(submission)
    assert sha256(opened[: len(LARGE)]).digest() == sha256(LARGE).digest()
