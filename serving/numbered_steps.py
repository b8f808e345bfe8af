"""A list of steps as an administrator reads it in a terminal: each with its number, so that one can be named aloud."""

from collections.abc import Iterable, Iterator
from pathlib import Path


def numbered_steps(heading: str, steps: Iterable[str], data: Path) -> Iterator[str]:
    """Yield the heading and the steps, a line each, numbered from 1. `{data}` in a step becomes the data folder.

    What is yielded is whole lines of text, without line ends; a step is as long as its sentences.
    """
    yield heading
    for number, step in enumerate(steps, 1):
        yield f"{number}. {step.format(data=data)}"
