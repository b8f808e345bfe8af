"""What the `check` of both hosts shares: what it may be asked for, and how what it finds is told.

What is looked at, and what a finding is, each host knows: here it is a line and whether that tells of a fault.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Protocol, TypeVar

import click

from serving.language import gettext as _


class Told(Protocol):
    """A finding as it is told: a line for people, and whether something is still wrong."""

    @property
    def line(self) -> str:
        """The line."""

    @property
    def wrong(self) -> bool:
        """Whether it tells of a fault."""


AnyTold = TypeVar("AnyTold", bound=Told)


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a check. `machine`: to look at the machine alone; `keep`: to keep the counts of that."""

    repair: bool
    as_json: bool
    machine: bool
    keep: bool

    def refuse_contradictions(self) -> None:
        """Raise UsageError for what cannot go together."""
        if self.machine and self.repair:
            raise click.UsageError(_("--machine changes nothing: leave --repair away."))
        if self.keep and not self.machine:
            raise click.UsageError(_("--keep keeps what --machine finds: give both."))


_OPTIONS = (
    click.option("--repair", is_flag=True, help=_("Mend what can be mended without loss.")),
    click.option("--json", "as_json", is_flag=True, help=_("One object for machines: docs/check-json.md.")),
    click.option("--machine", is_flag=True, help=_("Look at the machine alone; root sees all of it.")),
    click.option(
        "--keep", is_flag=True, help=_("With --machine: keep the counts for the desk's page and the metrics.")
    ),
)


def check_options(command: Callable[[Path, Asked], None]) -> Callable[..., None]:
    """Have a command of a data folder take the options of a check, as one thing."""

    @wraps(command)
    def asked_for(data: Path, **chosen: bool) -> None:
        asked = Asked(**chosen)
        asked.refuse_contradictions()
        command(data, asked)

    with_options: Callable[..., None] = asked_for
    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


def tell_people(found: Iterable[AnyTold], asked: Asked) -> list[AnyTold]:
    """Say what is found as it comes, if it is people who asked; return all of it."""
    told = []
    for each in found:
        told.append(each)
        if not asked.as_json:
            click.echo(each.line)
    return told


def end_check(
    told: Sequence[AnyTold], asked: Asked, as_json: Callable[[Sequence[AnyTold]], str], *, whole: str = ""
) -> None:
    """Tell machines, if they asked, and end with 1 if anything is wrong; else say `whole` if all was looked at."""
    if asked.as_json:
        click.echo(as_json(told))
    if any(each.wrong for each in told):
        sys.exit(1)
    if whole and not (asked.machine or asked.as_json):
        click.echo(whole)
