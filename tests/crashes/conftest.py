"""One world for the whole campaign, and the score at its end."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crashes.fault_points import POINTS
from tests.crashes.world import World, new_world

# A run that failed is run again with the number that it printed: CANDOUR_SEED=… ./test tests/crashes
SEED = int(os.environ.get("CANDOUR_SEED") or random.SystemRandom().randrange(10**9))
_RANDOM_KILLS = 4
_RANDOM_KILLS_IN_THE_LONG_FORM = 250
_AT_A_STEP, _AT_RANDOM = "at a named step", "at a random moment"
_SURVIVED = pytest.StashKey[dict[str, int]]()


class _Worlds:
    """The world in use; another one after a failure, so that what is broken once is not reported twice."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._made = 0
        self._open = ExitStack()
        self._world: World | None = None

    def sound(self) -> World:
        """Return a world in which nothing is wrong."""
        if self._world is None or self._world.spoiled:
            self.close()
            self._made += 1
            folder = self._scratch / str(self._made)
            folder.mkdir()
            self._world = self._open.enter_context(new_world(folder, SEED))
        return self._world

    def close(self) -> None:
        """End everything."""
        self._open.close()


@pytest.fixture(scope="package")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Worlds]:
    """One world for the whole campaign, if all goes well."""
    made = _Worlds(tmp_path_factory.mktemp("crashes"))
    yield made
    made.close()


@pytest.fixture
def world(worlds: _Worlds) -> World:
    """Both hosts, running, over the same folders for every death."""
    return worlds.sound()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[_SURVIVED] = {_AT_A_STEP: 0, _AT_RANDOM: 0}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose where to kill: at a score of steps and moments, or in the long form at all and at hundreds."""
    is_long = bool(metafunc.config.getoption("--long"))
    if "point" in metafunc.fixturenames:
        metafunc.parametrize("point", [point for point in POINTS if is_long or point.row.sharp], ids=str)
    if "round_number" in metafunc.fixturenames:
        metafunc.parametrize("round_number", range(_RANDOM_KILLS_IN_THE_LONG_FORM if is_long else _RANDOM_KILLS))


@pytest.fixture
def survived_at_step(pytestconfig: pytest.Config) -> Callable[[], None]:
    """Call this when a death at a named step was survived."""
    return lambda: _count(pytestconfig, _AT_A_STEP)


@pytest.fixture
def survived_at_random(pytestconfig: pytest.Config) -> Callable[[], None]:
    """Call this when a death at a random moment was survived."""
    return lambda: _count(pytestconfig, _AT_RANDOM)


def _count(config: pytest.Config, what: str) -> None:
    config.stash[_SURVIVED][what] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many deaths were survived: a number that nobody sees proves nothing."""
    survived = config.stash[_SURVIVED]
    if any(survived.values()):
        said = ", ".join(f"{count} {what}" for what, count in survived.items())
        terminalreporter.write_line(
            f"Killed with SIGKILL, and nothing lost, doubled or left over: {said}. Seed {SEED}."
        )
