"""What the `metrics` of both hosts shares: where they go, and of which moment they are."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from serving.language import gettext as _

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=_("Into this file, replaced whole, for a collector of text files; without it, to standard output."),
)


@dataclass(frozen=True)
class Moment:
    """Now, in Unix seconds, and the day that it is in UTC, YYYY-MM-DD."""

    now: int
    today: str

    @classmethod
    def of_this(cls) -> "Moment":
        """Return this moment."""
        now = int(time.time())
        return cls(now, datetime.fromtimestamp(now, UTC).date().isoformat())


def give_out(text: str, out: Path | None, write: Callable[[Path, str], None]) -> None:
    """Have `write` put the text into the file `out`; print it if there is none."""
    if out is None:
        click.echo(text, nl=False)
    else:
        write(out, text)
