"""`candour-desk check`: whether what the reviewer host keeps is whole, and how the machine under it stands."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path

import click

from journalist_interface.checking import check_desk
from journalist_interface.commands_shared import data_option, sentences
from posture.looking import look_at
from posture.machine import Machine
from serving.check_command import Asked, check_options, end_check, tell_people
from store.findings import Finding, Told, graded, tell_findings
from store.findings_json import findings_json
from store.posture_summary import keep_summary


@click.command("check")
@data_option
@check_options
def check(data: Path, asked: Asked) -> None:
    """Look whether folders, database, sealed files, keys and the machine are as they should be; say what is not.

    Exit code 1 if anything still is wrong; warnings alone: 0. Mending needs the desk and the courier to be stopped.
    """
    root = data.resolve()
    with sentences():
        told = tell_people(all_told(root, repair=asked.repair, machine=asked.machine), asked)
        if asked.keep:
            keep_summary(root, told)
    end_check(told, asked, partial(findings_json, "candour-desk"))


def all_told(data: Path, *, repair: bool = False, machine: bool = False) -> Iterator[Told]:
    """Yield what is found of the desk in `data` (not if `machine`), and of the machine. Raises as `check_desk`."""
    kept = () if machine else check_desk(data, repair=repair)
    yield from tell_findings(chain(kept, _machine(data, alone=machine)), repair=repair)


def _machine(data: Path, *, alone: bool) -> Iterator[Finding]:
    return (graded(**asdict(line)) for line in look_at(Machine(), "desk", str(data), ask_anyway=alone))
