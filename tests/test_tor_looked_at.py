"""How the watch puts together what Tor answers: with a Tor that is played at a real socket, line by line."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from onion.control import Control
from onion.health import Health
from onion.watching import Watch
from tests.test_tor_descriptor import ADDRESS as SITE
from tests.test_tor_descriptor import TEXT

BROKEN = TEXT.replace("superencrypted", "something-else")
UPLOADED = f"HS_DESC UPLOADED {SITE.removesuffix('.onion')} UNKNOWN $A"
AHEAD = "STATUS_GENERAL WARN CLOCK_SKEW SKEW=7200 SOURCE=OR:127.0.0.1:1"


@contextmanager
def played(descriptor: str | None, progress: int) -> Iterator[Control]:
    """A control connection at whose other end somebody answers as Tor would."""
    answers = {
        "GETINFO status/bootstrap-phase": f"250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS={progress}\r\n250 OK",
        "GETINFO network-liveness": "250-network-liveness=up\r\n250 OK",
        f"GETINFO hs/service/desc/id/{SITE.removesuffix('.onion')}": "552 Not there"
        if descriptor is None
        else "250+desc=\r\n{}\r\n.\r\n250 OK".format(descriptor.strip().replace("\n", "\r\n")),
    }
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs, theirs.makefile("r", newline="\r\n") as lines:
            for line in lines:
                theirs.sendall(f"{answers.get(line.strip(), '250 OK')}\r\n".encode())

    playing = threading.Thread(target=answer)
    playing.start()
    with ours:
        yield Control(ours, 10)
    playing.join()


# The descriptor, how far Tor is, what it says; and what is seen of it.
SEEN: dict[str, tuple[str | None, int, tuple[str, ...], dict[str, object]]] = {
    "all is well": (TEXT, 100, (UPLOADED,), {"published": {"site": True}, "effort": 0, "skew": 0}),
    "nothing was uploaded": (TEXT, 100, (), {"published": {"site": False}, "effort": 0}),
    "there is no descriptor": (None, 100, (UPLOADED,), {"published": {"site": False}, "effort": None}),
    "strangers cannot open it": (BROKEN, 100, (UPLOADED,), {"published": {"site": False}, "effort": None}),
    "the clock is wrong": (TEXT, 100, (UPLOADED, AHEAD), {"skew": 7200}),
    "it is on its way": (TEXT, 45, (), {"progress": 45, "skew": None}),
}


@pytest.mark.parametrize("what", SEEN)
def test_what_tor_answers_is_seen_as_what_it_is(what: str) -> None:
    """And whose the open service is stands with it, so that one without proof of work can be told."""
    descriptor, progress, events, expected = SEEN[what]
    with played(descriptor, progress) as control:
        watch = Watch(control, {"site": SITE}, "site")
        for event in events:
            watch.hear(event)
        found: Health = watch.look()
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.open_to_all == "site"
