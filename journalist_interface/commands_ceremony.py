"""`candour-desk ceremony`: the whole sitting at the desk, step by step, in one conversation."""

import shlex
from pathlib import Path

import click

from ceremony.plugged_in import REHEARSAL, ask_for_stick
from ceremony.state import only_sitting, read_sitting
from ceremony.steps import may_be_left, walk
from ceremony.steps import where as tell_where
from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.sitting.host import DeskHost
from journalist_interface.sitting.outward import write_anew_if_asked
from journalist_interface.sitting.steps import DESK_STEPS
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps


@click.command()
@data_option
@click.option(
    "--stick",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help=_("Folder of the stick that travels between the hosts."),
)
@click.option("--where", "only_where", is_flag=True, help=_("Say what is done and what comes next; change nothing."))
@click.option("--rehearsal", is_flag=True, hidden=True)
def ceremony(data: Path, stick: Path | None, only_where: bool, rehearsal: bool) -> None:
    """Make a desk in one sitting with its custodians: docs/guide-ceremony.md.

    Every step says who does what and why. Stop whenever you like: the same line goes on where you were.
    """
    keep_out_of_dumps()
    folder = data.resolve()
    if only_where:
        stick = None
    elif stick is None:
        raise click.UsageError(_("Say where the stick is that travels between the hosts: --stick FOLDER."))
    if rehearsal and not (folder.parent / REHEARSAL).is_file():
        raise click.UsageError(_("--rehearsal is for candour-desk rehearse alone."))
    with sentences(), may_be_left(_line(data, stick)):
        if stick is None:
            tell_where(DESK_STEPS, DeskHost(folder, folder, read_sitting(folder)))
            return
        is_there = ask_for_stick(stick.resolve(), folder)
        with only_sitting(folder):
            host = DeskHost(folder, stick.resolve(), read_sitting(folder), rehearsal)
            if is_there:
                write_anew_if_asked(host)
            walk(DESK_STEPS, host)


def _line(data: Path, stick: Path | None) -> str:
    return f"candour-desk ceremony --data {shlex.quote(str(data))} --stick {shlex.quote(str(stick))}"
