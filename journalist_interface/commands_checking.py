"""`candour-desk check`: whether what the reviewer host keeps is whole."""

import sys
from pathlib import Path

import click

from journalist_interface.checking import check_desk
from journalist_interface.commands_shared import data_option, sentences
from serving.language import gettext as _
from store.findings import tell_findings


@click.command()
@data_option
@click.option("--repair", is_flag=True, help=_("Mend what can be mended without loss."))
def check(data: Path, repair: bool) -> None:
    """Look whether folders, database, sealed files and keys are as they should be; say what is not.

    Exit code 1 if anything still is wrong. Mending needs the desk and the courier to be stopped.
    """
    faults = 0
    with sentences():
        for told in tell_findings(check_desk(data.resolve(), repair=repair), repair=repair):
            faults += told.wrong
            click.echo(told.line)
    if faults:
        sys.exit(1)
