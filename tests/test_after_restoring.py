"""What to do after a restore, as either host lists it: numbered lines, to be named aloud and typed as they are."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journalist_interface import after_restoring as at_the_desk
from serving.numbered_steps import numbered_steps
from source_interface import after_restoring as on_the_source_host

LISTS: dict[str, Callable[[Path], Iterator[str]]] = {
    "the source host": on_the_source_host.what_to_do_restored,
    "the desk": at_the_desk.what_to_do_restored,
}
DATA = Path("/var/lib/candour")


@pytest.mark.parametrize("host", LISTS)
def test_each_step_has_its_number_and_the_folder_is_named(host: str) -> None:
    """From 1 on, none left out, below a heading; a command in it names the folder that was restored."""
    heading, *steps = LISTS[host](DATA)
    assert heading.startswith("What to do next, before you start ")
    assert [step.partition(". ")[0] for step in steps] == [str(number) for number in range(1, len(steps) + 1)]
    assert len(steps) > 4
    told = "\n".join(steps)
    assert f"--data {DATA}" in told
    assert not re.search(r"[{}]", told)


def test_a_step_may_tell_of_no_folder() -> None:
    """It stands as it is."""
    assert list(numbered_steps("Next:", ["Look.", "Open {data}."], DATA)) == ["Next:", "1. Look.", f"2. Open {DATA}."]
