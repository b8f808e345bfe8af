"""`candour-drop metrics`: how this host is, for its administrator's monitoring; nothing of anybody who wrote."""

from pathlib import Path

import click

from posture.machine import Machine
from serving.metrics_command import Moment, give_out, out_option
from source_interface.commands_shared import data_option, sentences
from source_interface.metrics import metrics_of
from store.folder import check_private_folder
from store.metrics import write_metrics


@click.command()
@data_option
@out_option
def metrics(data: Path, out: Path | None) -> None:
    """Write how this host is, in Prometheus' text format. It says nothing of letters, visits or replies."""
    moment = Moment.of_this()
    with sentences():
        text = metrics_of(check_private_folder(data.resolve()), moment.today, moment.now, Machine())
        give_out(text, out, write_metrics)
