"""How pytest-xdist deals the tests out: whole files, but all of tests/onion together, and what takes longest first.

Together, for they share one private Tor network, which takes twenty seconds to start. First, for xdist itself begins
with the files that have most tests: a few long ones would be dealt last, and the other workers wait for them.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

WITH_TOR = "tests/onion/"
LONGEST = (
    WITH_TOR,
    "tests/test_source_upload_browsers.py",
    "tests/test_full_disk_steps.py",
    "tests/crashes/test_kills.py",
    "tests/test_circuit_floods.py",
    "tests/test_tor_killed.py",
    "tests/test_desk_clearance_keyboard.py",
    "tests/test_room_pages.py",
    "tests/test_slow_clients.py",
    "tests/test_upgrade_running.py",
    "tests/test_demonstration.py",
    "tests/test_whole_road.py",
    "tests/test_ceremony_rehearsal.py",
    "tests/test_guide_disaster.py",
    "tests/test_pictures.py",
    "tests/test_fuzzing.py",
    "tests/test_memory.py",
    "tests/test_desk_guide_recovery.py",
    "tests/test_source_way_back_browser.py",
    "tests/test_circuit_limits.py",
)


class FilesAndTor(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """One unit of work a file, and one for everything below tests/onion."""

    def _split_scope(self, nodeid: str) -> str:
        return WITH_TOR if nodeid.startswith(WITH_TOR) else nodeid.split("::", 1)[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        if longest := next((name for name in LONGEST if name in self.workqueue), None):
            self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndTor | None:
    """Where whole files are dealt out, deal them out so; tests/conftest.py hands this to pytest."""
    return FilesAndTor(config, log) if config.getvalue("dist") == "loadfile" else None
