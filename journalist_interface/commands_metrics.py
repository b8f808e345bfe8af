"""`candour-desk metrics`: how this host is, for its administrator's monitoring; nothing of anybody who wrote."""

from pathlib import Path

import click

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import MIGRATIONS, DeskPaths
from journalist_interface.errors import FileNotWritten, SetUpRefused
from journalist_interface.metrics import metrics_of
from posture.machine import Machine
from serving.language import gettext as _
from serving.metrics_command import Moment, give_out, out_option
from store.folder import check_private_folder
from store.metrics import write_metrics
from store.only_reading import look_at


@click.command()
@data_option
@out_option
def metrics(data: Path, out: Path | None) -> None:
    """Write how this host is, in Prometheus' text format. It says nothing of letters, visits or replies.

    It reads and changes nothing: data of another version is refused, with a sentence, and FILE stays as it was.
    """
    moment = Moment.of_this()
    with sentences():
        paths = DeskPaths(check_private_folder(data.resolve()))
        if not paths.database.is_file():
            raise SetUpRefused(_("There is no desk in {path}. Run candour-desk init first.").format(path=data))
        text = look_at(
            paths.database,
            MIGRATIONS,
            lambda connection: metrics_of(paths, connection, moment.today, moment.now, Machine()),
        )
        give_out(text, out, _write)


def _write(out: Path, text: str) -> None:
    try:
        write_metrics(out, text)
    except OSError as reason:
        raise FileNotWritten(f"{reason.strerror}: {out}") from reason
