"""The targets, by name: what each is given, what it must hold, and how often it is tried."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fuzz import (
    target_door,
    target_door_documents,
    target_file_names,
    target_form_stream,
    target_letters,
    target_site,
)


@dataclass(frozen=True)
class Target:
    """One thing that is fuzzed. `one_input` raises if what must hold does not; `prepare` comes before the first, once.

    Inputs have at most `longest` bytes. `short` and `long` are executions: the quick targets get most of them.
    """

    name: str
    about: str
    prepare: Callable[[Path], None]
    seeds: Callable[[], list[bytes]]
    one_input: Callable[[bytes], None]
    longest: int
    short: int
    long: int


def _target(module: Any, about: str, longest: int, short: int, long: int) -> Target:
    name = module.__name__.rpartition("target_")[2]
    return Target(name, about, module.prepare, module.seeds, module.one_input, longest, short, long)


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        _target(target_form_stream, "the reader of multipart forms", 2_048, 2_000, 700_000),
        _target(target_letters, "letters, replies, strict JSON, sealed messages' shapes", 8_192, 2_000, 3_900_000),
        _target(target_door_documents, "the door's documents on both hosts", 4_096, 2_000, 3_900_000),
        _target(target_file_names, "file names from the form to the reviewer's disk", 1_024, 1_500, 1_200_000),
        _target(target_site, "every page and form of the site", 4_096, 300, 100_000),
        _target(target_door, "every verb of the door", 4_096, 800, 200_000),
    )
}
