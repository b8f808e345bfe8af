"""What every command of the desk asks before all else: was its data brought up to date by a later version, or is an
upgrade going on?"""

from pathlib import Path

import click

from serving.named_commands import typed_words
from store.errors import StoreError
from store.newer import refuse_newer
from store.upgrade_going_on import refuse_meanwhile

MIGRATIONS = "store.desk.migrations"
DATABASE = "desk.sqlite"


# What changes nothing of the data that going back could undo. Not `collect`: the source host erases what was collected.
HARMLESS = frozenset(
    {
        "audit show",
        "audit verify",
        "backup",
        "check",
        "intake-key show",
        "metrics",
        "onion run",
        "onion show",
        "recovery-key",
        "restore",
        "reviewer list",
        "serve",
    }
)


def not_newer(context: click.Context, _option: click.Parameter, data: Path) -> Path:
    """Return the data folder that was given. Raises ClickException, with a sentence, for a later version's; and while
    an upgrade goes on, for a command that it could undo.
    """
    typed = typed_words(context)
    try:
        refuse_newer(data / DATABASE, MIGRATIONS, only_reads=typed == "metrics")
        refuse_meanwhile(data, typed, HARMLESS)
    except StoreError as reason:
        raise click.ClickException(str(reason)) from reason
    return data
