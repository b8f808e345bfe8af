"""The tests do not begin at the end of a day."""

import pytest

from tests.one_day import DAY, pytest_runtest_setup, wait_for_tomorrow

MIDNIGHT = 20_000 * DAY


# How long before midnight, and what is slept, in seconds.
MOMENTS: dict[str, tuple[float, list[float]]] = {
    "a second before": (1, [1]),
    "most of a minute before": (59.5, [59.5]),
    "an hour before": (3_600, []),
    "midnight itself": (0, []),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_test_waits_for_tomorrow_in_the_last_minute_of_a_day(moment: str) -> None:
    """And at no other time."""
    before, slept = MOMENTS[moment]
    waited: list[float] = []
    wait_for_tomorrow(MIDNIGHT - before, waited.append)
    assert waited == slept


def test_every_test_asks(request: pytest.FixtureRequest) -> None:
    """Before anything of it is made: the hook is one that pytest calls."""
    hooks = request.config.hook.pytest_runtest_setup.get_hookimpls()
    assert pytest_runtest_setup in [each.function for each in hooks]
