"""How pytest-xdist deals the tests out: whole files, but all of tests/onion together, and those first.

Together, for they share one private Tor network, which takes twenty seconds to start; first, for nothing takes longer.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

WITH_TOR = "tests/onion/"


class FilesAndTor(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """One unit of work a file, and one for everything below tests/onion."""

    def _split_scope(self, nodeid: str) -> str:
        return WITH_TOR if nodeid.startswith(WITH_TOR) else nodeid.split("::", 1)[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        if WITH_TOR in self.workqueue:
            self.workqueue.move_to_end(WITH_TOR, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndTor | None:
    """Where whole files are dealt out, deal them out so; tests/conftest.py hands this to pytest."""
    return FilesAndTor(config, log) if config.getvalue("dist") == "loadfile" else None
