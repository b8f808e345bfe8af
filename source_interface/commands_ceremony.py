"""`candour-drop ceremony`: the whole sitting at the source host, step by step, in one conversation."""

import shlex
from pathlib import Path

import click

from ceremony.plugged_in import ask_for_stick
from ceremony.state import only_sitting, read_sitting
from ceremony.steps import may_be_left, walk
from ceremony.steps import where as tell_where
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps
from source_interface.commands_shared import data_option, sentences
from source_interface.sitting.arriving import look_whether_begun_anew
from source_interface.sitting.host import DropHost
from source_interface.sitting.steps import DROP_STEPS


@click.command()
@data_option
@click.option("--stick", type=click.Path(path_type=Path, file_okay=False), help="Folder of the stick that travels.")
@click.option("--where", "only_where", is_flag=True, help="Say what is done and what comes next; change nothing.")
def ceremony(data: Path, stick: Path | None, only_where: bool) -> None:
    """Make the source host in one sitting, with the stick that the desk wrote: docs/guide-ceremony.md.

    Every step says who does what and why. Stop whenever you like: the same line goes on where you were.
    """
    keep_out_of_dumps()
    root = data.resolve()
    if only_where:
        stick = None
    elif stick is None:
        raise click.UsageError(_("Say where the stick is that travels between the hosts: --stick FOLDER."))
    with sentences(), may_be_left(_line(data, stick)):
        if stick is None:
            tell_where(DROP_STEPS, DropHost(root, root, read_sitting(root)))
            return
        ask_for_stick(stick.resolve(), root)
        with only_sitting(root):
            host = DropHost(root, stick.resolve(), read_sitting(root))
            look_whether_begun_anew(host)
            walk(DROP_STEPS, host)


def _line(data: Path, stick: Path | None) -> str:
    return f"candour-drop ceremony --data {shlex.quote(str(data))} --stick {shlex.quote(str(stick))}"
