"""What the time of an answer tells: `python -m bench.timing [--each N] [--beside N]`.

Asks a really running site in random order, on one connection, and compares the times of each kind of answer with those
of a usual one: a known codename, or an open inbox, with one reply that was read. Twice: as the site is set up, and with
the slots so short that they do nothing, which shows that the comparison can see a difference. `--beside` has so many
other sources come back with their codenames all the while. Needs a quiet machine.
"""

import argparse
import multiprocessing
import random
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import update

from bench.drop_site import DropSite, give_reply, open_site
from bench.source_client import SourceClient
from bench.source_road import come_back
from bench.timed_line import TimedLine, compose
from bench.two_samples import Comparison
from keys.codename import Codename
from store.drop.tables import replies

MANY = 25
_MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"
_SETTINGS: Mapping[str, Mapping[str, int]] = {
    "as set up": {},
    "slots of 1 ms": {"codename_slot_milliseconds": 1, "inbox_slot_milliseconds": 1},
}


@dataclass
class Kind:
    """One kind of request, composed before, and the times of its answers in nanoseconds."""

    name: str
    request: bytes = field(repr=False)
    status: int
    times: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Stories:
    """Sources whose reports were sent, by what they find when they come back."""

    codenames: Mapping[str, str] = field(repr=False)
    unread: tuple[bytes, ...]

    @classmethod
    def make(cls, site: DropSite) -> "Stories":
        """Send the reports and answer them."""
        codenames = {}
        for story in ("read", "unread", "no reply", "many replies"):
            client = SourceClient(site.url)
            codenames[story] = client.take_codename()
            client.report("hello", codename=codenames[story])
            client.close()
        give_reply(site, codenames["read"])
        come_in(site, codenames["read"])
        unread = (give_reply(site, codenames["unread"]), give_reply(site, codenames["many replies"]))
        for _reply in range(1, MANY):
            give_reply(site, codenames["many replies"])
        return cls(codenames, unread)


def come_in(site: DropSite, codename: str) -> SourceClient:
    """Return a source who is signed in; whatever was there to be read is read."""
    client = SourceClient(site.url)
    client.come_back(codename)
    client.close()
    return client


def returns(site: DropSite, stories: Stories) -> list[Kind]:
    """Return the kinds of coming back, the usual one first: all of one visit, in which nobody is signed in."""
    client = SourceClient(site.url)
    token = client.get("/return").hidden("csrf_token")

    def asking(codename: str) -> bytes:
        return compose(client, "POST", "/return", {"csrf_token": token, "codename": codename})

    return [
        Kind("codename known, one reply, read", asking(stories.codenames["read"]), 200),
        Kind("codename unknown", asking(Codename.draw().reveal()), 404),
        Kind("codename misspelt", asking(_MISSPELT), 422),
        Kind(f"codename known, {MANY} replies, unread", asking(stories.codenames["many replies"]), 200),
    ]


def inboxes(site: DropSite, stories: Stories) -> list[Kind]:
    """Return the kinds of opening the inbox, the usual one first."""
    stranger = SourceClient(site.url)
    stranger.get("/return")

    def asking(story: str) -> bytes:
        return compose(come_in(site, stories.codenames[story]), "GET", "/inbox")

    return [
        Kind("inbox with one reply, read", asking("read"), 200),
        Kind("inbox with a reply unread", asking("unread"), 200),
        Kind("inbox without a reply", asking("no reply"), 200),
        Kind(f"inbox with {MANY} replies, unread", asking("many replies"), 200),
        Kind("inbox without a session", compose(stranger, "GET", "/inbox"), 200),
    ]


def measure(site: DropSite, stories: Stories, kinds: list[Kind], each: int) -> None:
    """Ask for every kind `each` times, in random order. Before every request the same thing is made unread again."""
    line = TimedLine(site.url)
    order = [kind for kind in kinds for _time in range(each)]
    random.Random(each).shuffle(order)
    for kind in [*kinds, *order]:
        with site.database.writing() as connection:
            connection.execute(update(replies).where(replies.c.lookup_id.in_(stories.unread)).values(read=False))
        kind.times.append(line.time(kind.request, kind.status))
    for kind in kinds:
        del kind.times[0]
    line.close()


@contextmanager
def others(site: DropSite, count: int) -> Iterator[None]:
    """Have `count` other sources come back all the while."""
    context = multiprocessing.get_context("fork")
    over = context.Event()

    def loop(codename: str) -> None:
        while not over.is_set():
            come_back(site.url, codename)

    processes = []
    for _source in range(count):
        client = SourceClient(site.url)
        codename = client.take_codename()
        client.report("hello", codename=codename)
        give_reply(site, codename)
        processes.append(context.Process(target=loop, args=(codename,)))
    for process in processes:
        process.start()
    try:
        yield
    finally:
        over.set()
        for process in processes:
            process.join()


def table(kinds: list[Kind]) -> Iterator[str]:
    """Give the lines of a table: each kind against the first."""
    usual = kinds[0]
    yield f"{usual.name:<36} {statistics.median(usual.times) / 1e6:>8.2f}"
    for kind in kinds[1:]:
        found = Comparison.of(usual.times, kind.times)
        yield (
            f"{kind.name:<36} {statistics.median(kind.times) / 1e6:>8.2f} {found.medians_apart_us:>12.0f}"
            f" {found.p_value:>10.4f} {found.right_guesses:>10.2f}"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=150, help="requests of each kind")
    parser.add_argument("--beside", type=int, default=0, help="other sources who come back all the while")
    chosen = parser.parse_args()
    for title, settings in _SETTINGS.items():
        with (
            tempfile.TemporaryDirectory(prefix="candour-bench-") as scratch,
            open_site(Path(scratch), settings) as site,
        ):
            stories = Stories.make(site)
            print(f"{title:<36} {'median ms':>8} {'apart by µs':>12} {'p by chance':>10} {'guessed':>10}")
            with others(site, chosen.beside):
                for kinds in (returns(site, stories), inboxes(site, stories)):
                    measure(site, stories, kinds, chosen.each)
                    print("\n".join(table(kinds)), flush=True)
            print()


if __name__ == "__main__":
    main()
