"""`candour-drop check`: whether what the source host keeps is whole."""

import sys
from pathlib import Path

import click

from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.host_check import check_host
from store.findings import tell_findings


@click.command("check")
@data_option
@click.option("--repair", is_flag=True, help="Mend what can be mended without loss.")
def check(data: Path, repair: bool) -> None:
    """Check everything this host keeps; say in a sentence what is wrong. Exit code 1 if anything still is.

    Mending needs the site to be stopped.
    """
    faults = 0
    with sentences():
        for told in tell_findings(check_host(data.resolve(), repair=repair), repair=repair):
            faults += told.wrong
            click.echo(told.line)
    if faults:
        sys.exit(1)
    click.echo(_("Everything this host keeps is whole."))
