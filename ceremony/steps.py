"""One step after another: what it is, why, and whether it is done. The walk is the same on both hosts."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import click

from ceremony.asking import say
from ceremony.errors import CeremonyRefused, ClosedForNow
from ceremony.state import Sitting
from serving.language import gettext as _


class Host(Protocol):
    """One of the two hosts, in its sitting."""

    @property
    def sitting(self) -> Sitting:
        """Where it stands."""


Of = TypeVar("Of", bound=Host)


@dataclass(frozen=True)
class Step(Generic[Of]):
    """One step. `why` says in a sentence or two who does what, and what it is for.

    `found` tells from the host itself that it is done, however that came about; None if no host can tell. `do` raises
    what the single command raises, CeremonyRefused, EOFError, or ClosedForNow. `settle` is called in the place of `do`
    where it is found done. `undone` tells that a step which was done is to be done once more.
    """

    name: str
    title: str
    why: str
    do: Callable[[Of], None]
    found: Callable[[Of], bool] | None = None
    settle: Callable[[Of], None] | None = None
    undone: Callable[[Of], bool] | None = None

    def is_done(self, host: Of) -> bool:
        """Tell whether nothing is left to do."""
        return self.is_noted(host) or self.is_found(host)

    def is_noted(self, host: Of) -> bool:
        """Tell whether the sitting noted that it is done, and that still holds."""
        return self.name in host.sitting.done and not (self.undone is not None and self.undone(host))

    def is_found(self, host: Of) -> bool:
        """Tell whether the host itself shows that it is done."""
        return self.found is not None and self.found(host)


def walk(steps: Sequence[Step[Of]], host: Of) -> None:
    """Do what is left, in order. Raises what a step raises; what was done before stays done."""
    before = [step for step in steps if step.is_noted(host)]
    if before:
        say(
            _("This sitting had begun. What was done is done: {n} of {all} steps.").format(
                n=len(before), all=len(steps)
            )
        )
    for number, step in enumerate(steps, 1):
        if step.is_noted(host):
            continue
        _head(number, len(steps), step.title)
        if step.is_found(host):
            say(_("This is done already: it is found on this machine, and stays as it is."))
            if step.settle is not None:
                step.settle(host)
        else:
            say(step.why)
            click.echo()
            step.do(host)
        host.sitting.finish(step.name)


def where(steps: Sequence[Step[Of]], host: Of) -> None:
    """Write a line for each step: done, next, or still to come. Nothing is changed."""
    following = next((step.name for step in steps if not step.is_done(host)), None)
    for number, step in enumerate(steps, 1):
        mark = _("done") if step.is_done(host) else _("next") if step.name == following else "-"
        click.echo(f"{number:>3}  {mark:<5} {step.name:<10} {step.title}")
    if following is None:
        click.echo(_("Every step is done."))


@contextmanager
def may_be_left(again: str) -> Iterator[None]:
    """Say how to go on, if somebody leaves a sitting before its end. `again`: the line to type."""
    try:
        yield
    except ClosedForNow:
        say(_("Closed for now. Nothing is lost. To go on at this very place, type the same line again:"))
        click.echo(f"    {again}")
    except CeremonyRefused as reason:
        raise click.ClickException(str(reason)) from reason
    except OSError as reason:
        # Mostly the stick: pulled out while it was read, or not given to the program when it was mounted.
        raise click.ClickException(
            _(
                "Stopped: {path}: {why}. What was done is done. Look that the stick is in and was mounted as the guide "
                "says, and that the disk has room; then type the same line again:\n    {line}"
            ).format(path=reason.filename or _("the stick or the disk"), why=os.strerror(reason.errno or 0), line=again)
        ) from reason
    except (KeyboardInterrupt, EOFError, click.Abort) as reason:
        raise click.ClickException(
            _(
                "Stopped. What was done is done. To go on at this very place, type the same line again:\n    {line}"
            ).format(line=again)
        ) from reason


def _head(number: int, of: int, title: str) -> None:
    click.echo()
    click.echo("=" * 78)
    click.echo(_("Step {number} of {of}: {title}").format(number=number, of=of, title=title))
    click.echo("=" * 78)
