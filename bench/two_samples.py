"""Can two sets of times be told apart? A permutation test, and what somebody with one threshold would get right.

- `p_value`: the two-sample Kolmogorov-Smirnov statistic against that of random relabellings. It asks for no shape of
  the times, and sees any difference, not of means alone.
- `right_guesses`: the best threshold of one half of the times, tried on the other half, both ways. 0.50 is a coin.
"""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_RELABELLINGS = 2_000
_SEED = 1


@dataclass(frozen=True)
class Comparison:
    """How far two sets of times, in nanoseconds, can be told apart."""

    medians_apart_us: float
    p_value: float
    right_guesses: float

    @classmethod
    def of(cls, first: Sequence[int], second: Sequence[int]) -> "Comparison":
        """Compare two sets of times that were measured in random order."""
        return cls(
            (statistics.median(second) - statistics.median(first)) / 1000,
            p_value(first, second),
            right_guesses(first, second),
        )


def p_value(first: Sequence[int], second: Sequence[int]) -> float:
    """Return how often chance alone would set two such samples as far apart as these."""
    ordered = sorted([(time, 1) for time in first] + [(time, -1) for time in second])
    times, labels = [time for time, _label in ordered], [label for _time, label in ordered]
    found = _distance(times, labels, len(first), len(second))
    chance = random.Random(_SEED)
    as_far = 0
    for _again in range(_RELABELLINGS):
        chance.shuffle(labels)
        as_far += _distance(times, labels, len(first), len(second)) >= found
    return (as_far + 1) / (_RELABELLINGS + 1)


def _distance(times: Sequence[int], labels: Sequence[int], first: int, second: int) -> float:
    """Return the Kolmogorov-Smirnov distance of times that are sorted and labelled 1 (first) or -1 (second)."""
    below_first = below_second = 0
    farthest = 0.0
    for index, label in enumerate(labels):
        if label > 0:
            below_first += 1
        else:
            below_second += 1
        if index + 1 == len(times) or times[index + 1] != times[index]:
            farthest = max(farthest, abs(below_first / first - below_second / second))
    return farthest


def right_guesses(first: Sequence[int], second: Sequence[int]) -> float:
    """Return the share of right guesses of the best threshold, learnt on half of the times and tried on the rest."""
    halves = ((first[0::2], second[0::2]), (first[1::2], second[1::2]))
    return statistics.mean(_tried(*halves[learnt], *halves[1 - learnt]) for learnt in (0, 1))


def _tried(first: Sequence[int], second: Sequence[int], new_first: Sequence[int], new_second: Sequence[int]) -> float:
    threshold, slower = _best_threshold(first, second)
    below_first = sum(time <= threshold for time in new_first) / len(new_first)
    below_second = sum(time <= threshold for time in new_second) / len(new_second)
    return (1 + slower * (below_first - below_second)) / 2


def _best_threshold(first: Sequence[int], second: Sequence[int]) -> tuple[int, int]:
    """Return the threshold that parts the two best, and 1 if the second are the slower ones, else -1."""
    ordered = sorted([(time, 1) for time in first] + [(time, -1) for time in second])
    best, found, sign = -1.0, 0, 1
    share = 0.0
    for time, label in ordered:
        share += label / (len(first) if label > 0 else len(second))
        if abs(share) > best:
            best, found, sign = abs(share), time, 1 if share > 0 else -1
    return found, sign
