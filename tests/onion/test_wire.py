"""What the wire shows of a visit, counted in cells where the onion service meets the Tor network.

Tor sends everything in cells of one size: whoever watches a line sees how many went each way, and when. In 58
visits on a busy machine, ten and more of each kind: from the site to a source, visits of one kind are alike to the cell
(113 for coming back with a codename, 167 with another look at the inbox). From a source to the site they differ by one
(11 or 12; 14 or 15): a form leaves in two writes, which come into one cell or two, as Tor finds them.

So visits are of one class if the site sent equally many cells, and the sources equally many but for one. Each visit is
on a circuit of its own. What is not equal (what a source types or uploads, and when) is in docs/threat-model.md.
"""

import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.source_client import Answered, SourceClient
from source_interface.drop_folder import DropFolder, make_drop
from tests.conftest import IntakeSecret
from tests.drop_contents import give_reply
from tests.onion.cells import Cells, watched
from tests.onion.network import Network
from tests.onion.onion_site import OnionSite, onion_site

VISITS_OF_A_KIND = 4
NOISE_TO_SITE = 1  # cells
LONG_REPLY = "Thank you, and stay safe. " * 200


@dataclass(frozen=True)
class Watched:
    """A site, with two sources who may come back: one was answered and one was not."""

    site: OnionSite
    unanswered: str
    answered: str

    @classmethod
    def begin(cls, site: OnionSite) -> "Watched":
        """Have two sources report, and one of them answered at length."""
        codenames = [_report(site), _report(site)]
        give_reply(site.folder, codenames[1], LONG_REPLY)
        return cls(site, *codenames)

    @property
    def wrong(self) -> str:
        """A codename of nobody: the right one's words in another order, for what is typed has a length, too."""
        return " ".join(reversed(self.unanswered.split()))


Visit = Callable[[Watched, SourceClient], Answered]


def _report(site: OnionSite) -> str:
    source = site.source(f"reports{secrets.token_hex(4)}")
    codename = source.take_codename()
    assert source.report("hello", codename=codename).status == 200
    source.close()
    return codename


def _inbox(source: SourceClient, codename: str) -> Answered:
    assert source.come_back(codename).status == 200
    return source.get("/inbox")


# Of each pair: what an observer must not tell apart, and the status that shows that it was really that.
PAIRS: dict[str, tuple[tuple[int, Visit], tuple[int, Visit]]] = {
    "a codename that is right, and one that is not": (
        (200, lambda ground, source: source.come_back(ground.unanswered)),
        (404, lambda ground, source: source.come_back(ground.wrong)),
    ),
    "an inbox with an answer, and one without": (
        (200, lambda ground, source: _inbox(source, ground.answered)),
        (200, lambda ground, source: _inbox(source, ground.unanswered)),
    ),
}


def cells_of(ground: Watched, pair: str, visits: int) -> tuple[list[Cells], list[Cells]]:
    """The cells of so many visits of each of a pair, taken in turns; each list is in order."""
    found: tuple[list[str], list[str]] = ([], [])
    with watched(ground.site) as watch:
        for _round in range(visits):
            for (status, visit), circuits in zip(PAIRS[pair], found, strict=True):
                source = ground.site.source(f"visits{secrets.token_hex(4)}")
                with watch.visit() as came:
                    assert visit(ground, source).status == status
                    source.close()
                (circuit,) = came
                circuits.append(circuit)
        watch.settle()
        first, second = (sorted(watch.cells(circuit) for circuit in circuits) for circuits in found)
    return first, second


def are_of_one_class(cells: list[Cells]) -> bool:
    """Whether all of these visits look alike: see above."""
    to_site = [each.to_site for each in cells]
    return len({each.to_source for each in cells}) == 1 and max(to_site) - min(to_site) <= NOISE_TO_SITE


@pytest.fixture(scope="module")
def ground(site: OnionSite) -> Watched:
    """The site as it is."""
    return Watched.begin(site)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_two_of_a_pair_send_the_same_cells(ground: Watched, pair: str) -> None:
    """Right or wrong, answered or not: one class of cells, over several visits of each."""
    first, second = cells_of(ground, pair, VISITS_OF_A_KIND)
    assert are_of_one_class(first + second), (first, second)


@pytest.fixture
def unpadded(network: Network, site: OnionSite, tmp_path: Path, intake_secret: IntakeSecret) -> Iterator[Watched]:
    """A site that does not pad, behind an onion service of its own."""
    make_drop(tmp_path / "drop", intake_secret.public, tmp_path / "pairing.json")
    serve = [sys.executable, "-m", "tests.onion.unpadded_site", "serve"]
    with onion_site(network, "unpadded", DropFolder(tmp_path / "drop"), site.client, serve) as running:
        yield Watched.begin(running)


def test_the_comparison_sees_a_page_without_its_padding(unpadded: Watched) -> None:
    """The same visits there: those of one kind are alike among themselves, and the two kinds are told apart."""
    first, second = cells_of(unpadded, "an inbox with an answer, and one without", 2)
    assert are_of_one_class(first)
    assert are_of_one_class(second)
    assert not are_of_one_class(first + second), (first, second)
