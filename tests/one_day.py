"""No test begins in the last minute of a day: what it makes bears a day, and must not be looked for under the next one.

Candour keeps nothing finer than a day (UTC), and many tests say "today" more than once. A run takes a quarter of an
hour: once in some eighty runs there is a midnight in it.
"""

import time
from collections.abc import Callable

import pytest

DAY = 24 * 60 * 60
# Seconds. Few tests take longer than this.
TOO_LATE = 60


def wait_for_tomorrow(at: float, sleep: Callable[[float], None]) -> None:
    """Sleep past midnight, UTC, if the moment `at` (seconds since 1970) is in the last minute of its day."""
    left = DAY - at % DAY
    if left < TOO_LATE:
        sleep(left)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Wait, at most once a run."""
    wait_for_tomorrow(time.time(), time.sleep)
