"""What all commands of the source host share: the data folder's option, and refusals told as sentences."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from keys.errors import IntakeKeyUnusable, OpenPGPFailed, SuccessionRefused
from onion.errors import OnionError
from serving.data_folder import DataFolder
from serving.language import gettext as _
from serving.named_commands import typed_words
from serving.refusals import ServingRefused
from serving.system_refusals import no_room, refused_by_system
from source_interface.drop_folder import DATABASE, MIGRATIONS, AlreadyMade, AlreadyServed, DropFolder
from source_interface.landing.facts import LandingRefused
from source_interface.pepper_changing import PepperRefused
from source_interface.settings import SettingRefused
from source_interface.silenced import MARK, refuse_if_silenced
from store.errors import FolderExposed, NoRoom, StoreError
from store.newer import refuse_newer
from store.upgrade_going_on import refuse_meanwhile

_REFUSALS = (
    AlreadyMade,
    AlreadyServed,
    IntakeKeyUnusable,
    LandingRefused,
    OnionError,
    OpenPGPFailed,
    PepperRefused,
    ServingRefused,
    SettingRefused,
    StoreError,
    SuccessionRefused,
)


# What changes nothing of the data that going back could undo; `revoke-desk`, which is done again after it; and
# `silence`, which destroys the keys also in what going back would put in their place.
HARMLESS = frozenset(
    {
        "backup",
        "check",
        "door",
        "intake-key show",
        "landing",
        "metrics",
        "onion run",
        "onion show",
        "pepper show",
        "restore",
        "revoke-desk",
        "serve",
        "silence",
    }
)


_FIRST_YEAR = 2000
WHATEVER_VERSION = frozenset({"silence"})
# On a silenced host all else would say something untrue: that sources are told, where nobody comes any more.
EVEN_SILENCED = frozenset({"check", "intake-key show", "metrics", "silence"})


def _may_be_touched(context: click.Context, _option: click.Parameter, data: Path) -> Path:
    """Refuse the data of a later version, whatever the command is going to do with it, and changes in an upgrade."""
    typed = typed_words(context)
    try:
        # Who must be silent now has no time to look for the right version; and no row is read for it.
        if typed not in WHATEVER_VERSION:
            refuse_newer(data / DATABASE, MIGRATIONS, only_reads=typed == "metrics")
        refuse_meanwhile(data, typed, HARMLESS)
        # By lexists: of a folder that is another user's the command itself says so.
        if typed not in EVEN_SILENCED and os.path.lexists(data / MARK):
            refuse_if_silenced(data)
    except StoreError as reason:
        raise click.ClickException(str(reason)) from reason
    return data


data_option = click.option(
    "--data",
    type=DataFolder(),
    required=True,
    callback=_may_be_touched,
    help="Data folder of the source host.",
)


def refuse_if_no_host(root: Path) -> None:
    """Raise FolderExposed if nothing of a source host is in a folder: in a wrong one all would seem to be done."""
    folder = DropFolder(root)
    if not any(path.exists() for path in (folder.pepper, folder.database, folder.door_token)):
        raise FolderExposed(_("There is no source host in {path}. Nothing was changed.").format(path=root))


def first_day(typed: datetime | None) -> str | None:
    """Return the first day on which somebody else had something, YYYY-MM-DD in UTC; None if none was typed.

    Raises UsageError for a day that is still to come: of what it is a slip nobody can tell, and nothing would be since;
    and for one of no year that a note may name (keys.strict_json): it would be written, and believed by nobody.
    """
    if typed is None:
        return None
    day, today = typed.date(), datetime.now(UTC).date()
    if day.year < _FIRST_YEAR:
        raise click.UsageError(_("{day}: look at the year. Nothing was done: type the right day.").format(day=day))
    # Where it is tomorrow already, today is meant.
    if day > today + timedelta(days=1):
        raise click.UsageError(_("{day} is still to come. Nothing was done: type the right day.").format(day=day))
    return min(day, today).isoformat()


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a refusal into its sentence and exit code 1."""
    try:
        yield
    except NoRoom as reason:
        raise no_room() from reason
    except _REFUSALS as reason:
        raise click.ClickException(str(reason)) from reason
    except OSError as reason:
        raise refused_by_system(reason) from reason
