"""Is there a stick at all? An empty folder where one is usually found looks like one, and is the machine's disk."""

import shlex
from pathlib import Path

import click

from ceremony.asking import ask_word, say
from ceremony.words import FOLDER, HERE
from serving.language import gettext as _

# Beside the scratch data of a rehearsal, which has no stick.
REHEARSAL = "THIS-IS-A-REHEARSAL"


def is_rehearsal(beside: Path) -> bool:
    """Tell whether a folder, of data or for a stick, is one of a rehearsal."""
    return (beside.parent / REHEARSAL).is_file()


def ask_for_stick(stick: Path, data: Path) -> bool:
    """Have a stick plugged in, if what is given for one lies on the disk of the data folder; tell whether one is.

    Raises EOFError.
    """
    question = _(
        "{path} lies on the disk of this machine: there seems to be no stick in it. Plug the stick in, see that it is "
        "found there (docs/guide-ceremony.md), and type “here”. If the stick is at the other host just now, or you do "
        "mean this folder, type “folder”."
    ).format(path=stick)
    while _is_own_disk(stick, data):
        if ask_word(question, HERE, FOLDER) == FOLDER:
            return False
    return stick.is_dir()


def say_take_out(stick: Path) -> None:
    """Say how a stick is taken out: nothing on it is sure before."""
    if is_rehearsal(stick):
        say(_("On the day the stick is taken out now, with umount. Today there is none: type nothing for it."))
        return
    say(_("Now take the stick out. As root, in a second terminal, then pull it:"))
    click.echo(f"    umount {shlex.quote(str(stick))}")


def _is_own_disk(stick: Path, data: Path) -> bool:
    if not stick.is_dir() or is_rehearsal(stick):
        return False
    nearest = next(path for path in (data, *data.parents) if path.exists())
    return nearest.stat().st_dev == stick.stat().st_dev
