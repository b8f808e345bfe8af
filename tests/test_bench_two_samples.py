"""The comparison of times sees what is there and nothing that is not."""

import random

import pytest

from bench.two_samples import Comparison

EACH = 200


def times(chance: random.Random, middle: float, width: float) -> list[int]:
    """Nanoseconds around a middle."""
    return [round(chance.gauss(middle, width)) for _ in range(EACH)]


@pytest.mark.parametrize("seed", range(3))
def test_two_samples_of_one_kind_are_not_told_apart(seed: int) -> None:
    """A coin would guess as well."""
    chance = random.Random(seed)
    found = Comparison.of(times(chance, 1e6, 1e5), times(chance, 1e6, 1e5))
    assert found.p_value > 0.01
    assert found.right_guesses == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(("apart", "guessed"), [(3e5, 0.9), (-3e5, 0.9)])
def test_two_samples_far_apart_are_told_apart(apart: float, guessed: float) -> None:
    """Slower or faster: both are seen, and guessed from times that were not learnt from."""
    chance = random.Random(1)
    found = Comparison.of(times(chance, 1e6, 1e5), times(chance, 1e6 + apart, 1e5))
    assert found.p_value < 0.001
    assert found.right_guesses > guessed
    assert found.medians_apart_us == pytest.approx(apart / 1000, rel=0.1)


def test_samples_of_one_middle_and_two_widths_are_told_apart() -> None:
    """Medians alone would not show it."""
    chance = random.Random(1)
    found = Comparison.of(times(chance, 1e6, 1e4), times(chance, 1e6, 1e5))
    assert found.p_value < 0.001
