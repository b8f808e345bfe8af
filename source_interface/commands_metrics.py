"""`candour-drop metrics`: how this host is, for its administrator's monitoring; nothing of anybody who wrote."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from posture.machine import Machine
from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.drop_folder import DropFolder
from source_interface.metrics import metrics_of
from store.blobs import BlobFolder
from store.folder import check_private_folder
from store.metrics import write_metrics


@click.command()
@data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=_("Into this file, replaced whole, for a collector of text files; without it, to standard output."),
)
def metrics(data: Path, out: Path | None) -> None:
    """Write how this host is, in Prometheus' text format. It says nothing of letters, visits or replies."""
    now = int(time.time())
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    with sentences():
        text = metrics_of(
            check_private_folder(data.resolve()),
            BlobFolder(DropFolder(data.resolve()).blobs).free_bytes(),
            today,
            now,
            Machine(),
        )
        if out is not None:
            write_metrics(out, text)
    if out is None:
        click.echo(text, nl=False)
