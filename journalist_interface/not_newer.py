"""What every command of the desk asks before all else: was its data brought up to date by a later version?"""

from pathlib import Path

import click

from store.errors import StoreError
from store.newer import refuse_newer

MIGRATIONS = "store.desk.migrations"
DATABASE = "desk.sqlite"


def not_newer(_context: click.Context, _option: click.Parameter, data: Path) -> Path:
    """Return the data folder that was given. Raises ClickException, with a sentence, for a later version's."""
    try:
        refuse_newer(data / DATABASE, MIGRATIONS)
    except StoreError as reason:
        raise click.ClickException(str(reason)) from reason
    return data
