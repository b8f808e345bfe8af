"""`candour-desk check`: whether what the reviewer host keeps is whole, and how the machine under it stands."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import click

from journalist_interface.checking import check_desk
from journalist_interface.commands_shared import data_option, sentences
from posture.looking import look_at
from posture.machine import Machine
from serving.language import gettext as _
from store.findings import Finding, Told, graded, tell_findings
from store.findings_json import findings_json
from store.posture_summary import summarise, summary_path, write_summary


@click.command("check")
@data_option
@click.option("--repair", is_flag=True, help=_("Mend what can be mended without loss."))
@click.option("--json", "as_json", is_flag=True, help=_("One object for machines: docs/check-json.md."))
@click.option("--machine", is_flag=True, help=_("Look at the machine alone; root sees all of it."))
@click.option("--keep", is_flag=True, help=_("With --machine: keep the counts for the desk's page and the metrics."))
def check(data: Path, repair: bool, as_json: bool, machine: bool, keep: bool) -> None:
    """Look whether folders, database, sealed files, keys and the machine are as they should be; say what is not.

    Exit code 1 if anything still is wrong; warnings alone: 0. Mending needs the desk and the courier to be stopped.
    """
    if machine and repair:
        raise click.UsageError(_("--machine changes nothing: leave --repair away."))
    if keep and not machine:
        raise click.UsageError(_("--keep keeps what --machine finds: give both."))
    told = []
    with sentences():
        for each in all_told(data.resolve(), repair=repair, machine=machine):
            told.append(each)
            if not as_json:
                click.echo(each.line)
        if keep:
            day = datetime.now(UTC).date().isoformat()
            write_summary(summary_path(data.resolve()), summarise(told, day))
    if as_json:
        click.echo(findings_json("candour-desk", told))
    if any(each.wrong for each in told):
        sys.exit(1)


def all_told(data: Path, *, repair: bool = False, machine: bool = False) -> Iterator[Told]:
    """Yield what is found of the desk in `data` (not if `machine`), and of the machine. Raises as `check_desk`."""
    kept = () if machine else check_desk(data, repair=repair)
    yield from tell_findings(chain(kept, _machine(data, alone=machine)), repair=repair)


def _machine(data: Path, *, alone: bool) -> Iterator[Finding]:
    for line in look_at(Machine(), "desk", str(data), ask_anyway=alone):
        yield graded(
            name=line.name, group=line.group, grade=line.grade, sentence=line.sentence, why=line.why, how=line.how
        )
