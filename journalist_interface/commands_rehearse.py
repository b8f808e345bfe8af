"""`candour-desk rehearse`: the sitting, a disaster and the way back, on scratch data that is destroyed afterwards."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import click

from ceremony.asking import ask, say
from journalist_interface.commands_shared import sentences
from journalist_interface.rehearsing import acts
from journalist_interface.rehearsing.acts import Rehearsal
from journalist_interface.rehearsing.answers import Answers
from journalist_interface.rehearsing.running import DESK, DROP, program
from journalist_interface.rehearsing.scratch import scratch_folder
from serving.language import gettext as _
from serving.private_screen import is_at_terminal, keep_out_of_dumps, stoppable


@dataclass(frozen=True)
class Act:
    """One act: what it is called, what it is for, and what happens in it."""

    title: str
    why: str
    play: Callable[[Rehearsal], None]


ACTS: Sequence[Act] = (
    Act(
        _("The sitting"),
        _("The same two programs as on the day, step by step, on data that is thrown away."),
        acts.sit_down,
    ),
    Act(
        _("A letter comes"),
        _("A source writes to the site, the courier collects, and the backups of the night are made."),
        acts.send_letter,
    ),
    Act(_("The disaster"), _("Both machines burn in one night."), acts.lose_both),
    Act(
        _("The desk comes back"),
        _("The desk first, from its backup. The custodians type their shares: only they can open it."),
        acts.restore_desk,
    ),
    Act(
        _("The source host comes back"),
        _("The desk shows a code for this one backup, again with the shares. At the source host the code is typed."),
        acts.restore_drop,
    ),
    Act(
        _("The letter is read"),
        _("The intake officer signs in as before the disaster, and opens it."),
        acts.read_letter,
    ),
    Act(
        _("The source returns"),
        _("Whoever wrote comes back with the codename, and must find the inbox."),
        acts.return_of_the_source,
    ),
)


@click.command()
@click.option("--fast", is_flag=True, help=_("Nobody sits here: the program types everything itself. For tests."))
def rehearse(*, fast: bool) -> None:
    """Practise the sitting, a disaster and the way back, on scratch data. No real data folder is touched.

    Takes an hour and a half with people who type their own shares, half a minute with --fast. Whatever happens, the
    scratch data is destroyed at the end.
    """
    keep_out_of_dumps()
    if not fast and not is_at_terminal():
        raise click.UsageError(_("People practise at a terminal, and there is none. --fast has it done by itself."))
    with stoppable(_("Stopped. The scratch data is destroyed; nothing real was touched.")), sentences():
        for name in (DESK, DROP):
            program(name)
        with _papers_burnt(), scratch_folder() as scratch:
            rehearsal = Rehearsal(scratch, Answers() if fast else None)
            took = [_play(number, act, rehearsal) for number, act in enumerate(ACTS, 1)]
            _tell(took)


@contextmanager
def _papers_burnt() -> Iterator[None]:
    """Say at every end what is left outside this machine: nothing here can take it away."""
    try:
        yield
    finally:
        # Whoever closed the window has no screen any more; the scratch data is gone by now all the same.
        with suppress(OSError):
            click.echo()
            say(
                _(
                    "The scratch data is destroyed. Burn the practice cards and every other paper of today: they open "
                    "nothing, and look like cards that do. Delete the entry “Candour PRACTICE” from every "
                    "authenticator."
                )
            )


def _play(number: int, act: Act, rehearsal: Rehearsal) -> float:
    click.echo()
    click.echo("#" * 78)
    click.echo(_("REHEARSAL, act {n} of {all}: {title}").format(n=number, all=len(ACTS), title=act.title))
    click.echo("#" * 78)
    say(act.why)
    if rehearsal.answers is None:
        ask(_("read it aloud, then press Enter"))
    began = time.monotonic()
    act.play(rehearsal)
    return time.monotonic() - began


def _tell(took: Sequence[float]) -> None:
    click.echo()
    say(_("What was practised, and how long it took:"))
    for act, seconds in zip(ACTS, took, strict=True):
        click.echo(f"  {int(seconds) // 60:>3} min {int(seconds) % 60:>2} s   {act.title}")
