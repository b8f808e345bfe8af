"""`candour-desk metrics`: how this host is, for its administrator's monitoring; nothing of anybody who wrote."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import opened_desk
from journalist_interface.errors import FileNotWritten
from journalist_interface.metrics import metrics_of
from posture.machine import Machine
from serving.language import gettext as _
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
    with sentences(), opened_desk(data.resolve()) as desk:
        with desk.database.reading() as connection:
            text = metrics_of(desk, connection, today, now, Machine())
        if out is not None:
            _write(out, text)
    if out is None:
        click.echo(text, nl=False)


def _write(out: Path, text: str) -> None:
    try:
        write_metrics(out, text)
    except OSError as reason:
        raise FileNotWritten(f"{reason.strerror}: {out}") from reason
