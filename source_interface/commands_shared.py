"""What all commands of the source host share: the data folder's option, and refusals told as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from keys.errors import IntakeKeyUnusable, OpenPGPFailed, SuccessionRefused
from onion.errors import OnionError
from serving.refusals import ServingRefused
from source_interface.drop_folder import DATABASE, MIGRATIONS, AlreadyMade, AlreadyServed
from source_interface.landing.facts import LandingRefused
from source_interface.pepper_changing import PepperRefused
from source_interface.settings import SettingRefused
from store.errors import StoreError
from store.newer import refuse_newer

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


def _not_newer(_context: click.Context, _option: click.Parameter, data: Path) -> Path:
    """Refuse the data of a later version, whatever the command is going to do with it."""
    try:
        refuse_newer(data / DATABASE, MIGRATIONS)
    except StoreError as reason:
        raise click.ClickException(str(reason)) from reason
    return data


data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    callback=_not_newer,
    help="Data folder of the source host.",
)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn a refusal into its sentence and exit code 1."""
    try:
        yield
    except _REFUSALS as reason:
        raise click.ClickException(str(reason)) from reason
    except OSError as reason:
        raise click.ClickException(f"{reason.strerror}: {reason.filename}") from reason
