"""`candour-drop check`: whether what the source host keeps is whole, and how the machine under it stands."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path

import click

from posture.looking import look_at
from posture.machine import Machine
from serving.check_command import Asked, check_options, end_check, tell_people
from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.host_check import check_host
from store.findings import Finding, Told, graded, tell_findings
from store.findings_json import findings_json
from store.posture_summary import keep_summary


@click.command("check")
@data_option
@check_options
def check(data: Path, asked: Asked) -> None:
    """Check everything this host keeps, and the machine; say in a sentence what is wrong. Exit code 1 if anything is.

    Warnings alone: exit code 0. Mending needs the site to be stopped.
    """
    root = data.resolve()
    with sentences():
        told = tell_people(all_told(root, repair=asked.repair, machine=asked.machine), asked)
        if asked.keep:
            keep_summary(root, told)
    end_check(told, asked, partial(findings_json, "candour-drop"), whole=_("Everything this host keeps is whole."))


def all_told(data: Path, *, repair: bool = False, machine: bool = False) -> Iterator[Told]:
    """Yield what is found of the host in `data` (not if `machine`), and of the machine. Raises as `check_host`."""
    kept = () if machine else check_host(data, repair=repair)
    yield from tell_findings(chain(kept, _machine(data, alone=machine)), repair=repair)


def _machine(data: Path, *, alone: bool) -> Iterator[Finding]:
    return (graded(**asdict(line)) for line in look_at(Machine(), "drop", str(data), ask_anyway=alone))
